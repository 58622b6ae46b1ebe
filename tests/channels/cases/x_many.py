"""X: a hundred posts are read by one call, each that is shown costs money, and one strange id spoils no other."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import httpx

from munadi.channels.x.removing import NO_ID
from munadi.domain.failure import Reason
from munadi.domain.reasons import REASONS
from munadi.domain.withdrawal import Seen, Verdict
from tests.channels.case import Call, Case, Fails
from tests.channels.cases.x_removals import FORBIDDEN, GONE, LIST, NET, READ, TYPES, found, problem, seen
from tests.channels.network import answer, ok
from tests.channels.scene_x import SALE, page, refusal, tweet

V = Verdict
LIVE = seen(V.LIVE)
HUNDRED = [str(number) for number in range(1000, 1100)]
FOREIGN = {"errors": [problem("5", FORBIDDEN)], "meta": {"result_count": 0}}
DOWN = f"PROVIDER_OUTAGE (HTTP 503): X: {REASONS[Reason.PROVIDER_OUTAGE].meaning}"


def posts(*shown: str, **changes: Any) -> Any:
    """A network that shows these, knows no others, and takes a hundred ids at most."""

    def read(request: httpx.Request) -> httpx.Response:
        wanted = request.url.params["ids"].split(",")
        if len(wanted) > 100 or not all(one.isdecimal() and len(one) < 20 for one in wanted):
            return refusal(400, "One or more parameters to your request was invalid.", f"{TYPES}invalid-request")
        rows = [tweet(one, **changes) for one in wanted if one in shown]
        return found(*rows, errors=[problem(one) for one in wanted if one not in shown])

    return read


def look(outcome: Any, reply: Any, ids: Collection[str], requests: Any = None, **replies: Any) -> Case:
    more = {LIST: replies["listed"]} if "listed" in replies else {}
    return Case(NET, SALE, [Call(f"look {' '.join(ids)}", outcome, requests)], replies={READ: reply, **more})


# fmt: off
CASES = {
    "a hundred posts are one call": look([LIVE] * 100, posts(*HUNDRED), HUNDRED,
        [(READ, {"ids": ",".join(HUNDRED)})]),
    "one of a hundred is gone, and the others are the control": look([GONE, *[LIVE] * 99], posts(*HUNDRED[1:]), HUNDRED,
        [READ]),
    "more than a hundred are several calls": look([LIVE] * 100 + [GONE], posts(*HUNDRED), [*HUNDRED, "9"], [READ] * 2),
    "a post that is named twice is paid once": look([LIVE, LIVE], posts("7"), ["7", "7"], [(READ, {"ids": "7"})]),
    "what is no id spoils no other": look([NO_ID, LIVE, NO_ID, NO_ID], posts("7"), ["urn:7", "7", "7" * 20, "٧"],
        [(READ, {"ids": "7"})]),
    "nothing but what is no id": look([NO_ID], posts(), ["x"], []),
    "all are missing, and another one is listed": look([GONE] * 3, posts(), ["1", "2", "3"], [READ, LIST]),
    "all are missing, and the list has errors": look(Fails(code="NO_PROOF"), posts(), ["1", "2", "3"], [READ, LIST],
        listed=ok(FOREIGN)),
    "all are missing, and one is listed": look(
        [GONE, seen(V.UNREADABLE, "resource-not-found, but listed")], posts(), ["1", "2"], listed=page(tweet("2"))),
    "a suspended account": look([seen(V.UNREADABLE, "Authorization Error")] * 2,
        found(errors=[problem(one, FORBIDDEN, "Authorization Error") for one in ("1", "2")]), ["1", "2"], [READ]),
    "a call that fails spoils no other call": look([LIVE] * 100 + [seen(V.UNREADABLE, DOWN)],
        [found(*map(tweet, HUNDRED)), refusal(503, "Service Unavailable")], [*HUNDRED, "9"], [READ] * 2),
    "no money ends the look": look(Fails(Reason.QUOTA_EXCEEDED), refusal(402, "x", f"{TYPES}credits-depleted"),
        [*HUNDRED, "9"], [READ]),
    "too fast": look(Fails(Reason.RATE_LIMITED), refusal(429, "Too Many Requests", f"{TYPES}rate-limit"), HUNDRED),
    "a token without the scope": look(Fails(Reason.MISSING_SCOPE),
        refusal(403, "x", f"{TYPES}unsupported-authentication"), HUNDRED),
    "the page of a proxy": look(Fails(code="NO_PROOF"), answer(200, "<html>"), HUNDRED),
    # who sees it
    "sensitive": look([seen(V.LIMITED, "possibly_sensitive")], posts("7", possibly_sensitive=True), ["7"]),
    "not sensitive": look([LIVE], posts("7", possibly_sensitive=False), ["7"]),
    "withheld for its copyright": look([seen(V.LIMITED, "withheld for copyright: XX")],
        posts("7", withheld={"copyright": True, "country_codes": ["XX"], "scope": "tweet"}), ["7"]),
    "withheld in so many countries that the word is cut": look(
        [Seen(verdict=V.LIMITED, word=f"withheld: {', '.join(HUNDRED)}")],
        posts("7", withheld={"copyright": False, "country_codes": HUNDRED}), ["7"]),
}
# fmt: on
