"""LinkedIn: a page's list shows fifty posts at once; what it lacks is read by its id, several at once where allowed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import unquote

import httpx

from munadi.channels.linkedin.looking import COMMENTS, NO_CONTROL, NO_ID, NOT_READ
from munadi.domain.failure import Reason
from munadi.domain.reasons import REASONS
from munadi.domain.withdrawal import Seen, Verdict
from tests.channels.case import Call, Case, Fails
from tests.channels.cases.linkedin import LIST, NET, ORGANIZATION, SALE, URN
from tests.channels.network import answer, ok
from tests.channels.scene_linkedin import MEMBER, PAGE, POSTS, page, refusal, shown

V = Verdict
MISSING = refusal(404, "NOT_FOUND")
LIVE, GONE = Seen(verdict=V.LIVE), Seen(verdict=V.GONE, word="NOT_FOUND")
HUNDRED = [f"urn:li:share:{number}" for number in range(1000, 1100)]
OLD = [f"urn:li:ugcPost:{number}" for number in range(1, 61)]
FIRST, SECOND, THIRD, FOURTH = OLD[:4]
FINDER, SEVERAL = {"x-restli-method": "FINDER"}, {"x-restli-method": "BATCH_GET"}
STANDARD = {"batch_get": True}


def seen(verdict: Verdict, word: str) -> Seen:
    return Seen(verdict=verdict, word=word)


def pages(*listed: str, by_id: Collection[str] = (), refuses: httpx.Response | None = None) -> dict[str, Any]:
    """A page with these posts in its list, newest first; `by_id` are others that it has."""
    known = {*listed, *by_id}

    def several(request: httpx.Request) -> httpx.Response:
        query = request.url.query.decode()
        if "ids=" in query:
            assert request.headers["x-restli-method"] == "BATCH_GET"
            wanted = query.partition("ids=List(")[2].partition(")")[0].split(",")
            assert all("%3A" in one and "%25" not in one for one in wanted), "each is encoded once, the list is not"
            urns = [unquote(one) for one in wanted]
            if refuses is not None or len(urns) > 50:
                return refuses or refusal(400, "INVALID_VALUE_FOR_FIELD")
            results = {urn: shown(urn) for urn in urns if urn in known}
            errors = {urn: {"status": 404, "code": "NOT_FOUND"} for urn in urns if urn not in known}
            return ok({"results": results, "errors": errors, "statuses": {}})
        start, count = int(request.url.params["start"]), int(request.url.params["count"])
        rows = listed[start : start + count]
        return page(*map(shown, rows)) if listed else refusal(404, "NOT_FOUND")

    one = {f"GET {POSTS}/{urn}": ok(shown(urn)) if urn in known else MISSING for urn in (*OLD, *HUNDRED)}
    return {LIST: several, ORGANIZATION: ok({"vanityName": "acme"}), **one}


def look(outcome: Any, replies: dict[str, Any], ids: Collection[str], requests: Any = None, **settings: Any) -> Case:
    return Case(NET, SALE, [Call(f"look {' '.join(ids)}", outcome, requests)], replies=replies, settings=settings)


def named(*urns: str) -> list[str]:
    return [f"GET {POSTS}/{urn}" for urn in urns]


def listing(number: int = 0) -> Any:
    query = {"q": "author", "author": PAGE, "count": "50", "start": str(50 * number), "viewContext": "AUTHOR"}
    return (LIST, query, FINDER)


def batch(*urns: str) -> Any:
    return (f"{LIST}?ids=List({','.join(urns)})&viewContext=AUTHOR", None, SEVERAL)


def rows(*changed: dict[str, Any]) -> dict[str, Any]:
    """A list with these rows."""
    return {LIST: page(*changed)}


DENIED = refusal(403, "ACCESS_DENIED")
DOWN = seen(V.UNREADABLE, f"PROVIDER_OUTAGE (HTTP 503): LinkedIn: {REASONS[Reason.PROVIDER_OUTAGE].meaning}")
STATES = [
    ({"visibility": "CONNECTIONS"}, seen(V.LIMITED, "CONNECTIONS")),
    ({"visibility": "LOGGED_IN"}, seen(V.LIMITED, "LOGGED_IN")),
    ({"distribution": {"feedDistribution": "NONE"}}, seen(V.LIMITED, "feedDistribution NONE")),
    ({"distribution": {"feedDistribution": "MAIN_FEED"}}, LIVE),
    ({"lifecycleState": "PUBLISH_REQUESTED"}, seen(V.PROCESSING, "PUBLISH_REQUESTED")),
    ({"lifecycleState": "PUBLISH_FAILED"}, seen(V.REJECTED, "PUBLISH_FAILED")),
    ({"lifecycleStateInfo": {"isEditedByAuthor": True}}, seen(V.LIVE, "edited")),
]
# fmt: off
CASES = {
    "a hundred posts are two pages of the list": look([LIVE] * 100, pages(*HUNDRED), HUNDRED, [listing(0), listing(1)]),
    "a list shows who sees each post": look([found for _, found in STATES],
        rows(*(shown(urn, **changes) for urn, (changes, _) in zip(HUNDRED, STATES, strict=False))),
        HUNDRED[:len(STATES)], [listing()]),
    "two posts are read by their ids": look([LIVE, GONE], pages(*HUNDRED, by_id=[FIRST]), [FIRST, SECOND],
        named(FIRST, SECOND)),
    "what the list lacks is read by its id": look([LIVE, LIVE, LIVE, LIVE, GONE],
        pages(*HUNDRED, by_id=[FIRST]), [*HUNDRED[:3], FIRST, SECOND], [listing(), *named(FIRST, SECOND)]),
    "a post that the list shows is not read by its id": look([LIVE] * 3, {**pages(*HUNDRED), **{
        f"GET {POSTS}/{urn}": MISSING for urn in HUNDRED}}, HUNDRED[:3], [listing()]),
    "a look makes four requests, and the rest waits": look([LIVE] * 3 + [NOT_READ] * 7,
        pages(*HUNDRED, by_id=OLD), OLD[:10], [listing(), *named(*OLD[:3])]),
    "a page without another post proves nothing": look([NO_CONTROL] * 2, pages(), [FIRST, SECOND],
        [*named(FIRST, SECOND), listing(), ORGANIZATION]),
    "not found, but listed": look(
        [seen(V.UNREADABLE, "NOT_FOUND, but listed"), GONE],
        {**pages(FIRST, *HUNDRED), named(FIRST)[0]: MISSING}, [FIRST, SECOND], [*named(FIRST, SECOND), listing()]),
    "what is no id of a post is not asked for": look([NO_ID, COMMENTS, LIVE],
        pages(FIRST), ["urn:li:person:7", f"comment={URN}", FIRST], named(FIRST)),
    "a comment alone": look([COMMENTS], pages(), [f"comment={URN}"], []),
    "one that may not be read spoils no other": look(
        [LIVE, seen(V.UNREADABLE, "PROVIDER_OUTAGE (NO_PROOF): the answer (HTTP 200) lacks the proof that the network "
            "gives of a success")], {**pages(by_id=[FIRST]), named(SECOND)[0]: ok({})}, [FIRST, SECOND]),
    "a list that is down spoils nothing that is read by its id": look([LIVE] * 3,
        {**pages(by_id=OLD), LIST: answer(503, "<html>")}, OLD[:3], [LIST, *named(*OLD[:3])]),
    "a network that is down": look(Fails(Reason.PROVIDER_OUTAGE),
        {LIST: answer(503, "<html>"), **dict.fromkeys(named(*OLD), answer(503, "<html>"))}, OLD, [LIST, *named(FIRST)]),
    "a role that was lost": look(Fails(Reason.MISSING_SCOPE), {LIST: DENIED}, HUNDRED, [LIST]),
    "a day's calls are used up": look(Fails(Reason.RATE_LIMITED), {LIST: refusal(429, "TOO_MANY_REQUESTS")}, HUNDRED,
        [LIST]),
    "a version that has ended": look(Fails(Reason.PROVIDER_OUTAGE),
        {LIST: refusal(426, "NONEXISTENT_VERSION"), **dict.fromkeys(named(*OLD), refusal(426, "NONEXISTENT_VERSION"))},
        OLD, [LIST, *named(FIRST)]),
    "members' posts are never looked at": Case(NET, SALE,
        [Call(f"look {' '.join(HUNDRED)}", [Seen(verdict=V.UNREADABLE, blind=True)] * 100, [])], account=MEMBER),
    # the Standard tier
    "several by their ids": look([GONE, LIVE], pages(*HUNDRED, by_id=[SECOND]), [FIRST, SECOND],
        [batch(FIRST, SECOND)], **STANDARD),
    "sixty old posts are two calls more": look([LIVE] * 59 + [GONE], pages(*HUNDRED, by_id=OLD[:59]), OLD,
        [listing(), batch(*OLD[:50]), batch(*OLD[50:])], **STANDARD),
    "an app that may not read several reads one by one": look([LIVE, GONE],
        pages(*HUNDRED, by_id=[FIRST], refuses=DENIED), [FIRST, SECOND], [batch(FIRST, SECOND), *named(FIRST, SECOND)],
        **STANDARD),
    "several that are down": look(Fails(Reason.PROVIDER_OUTAGE), pages(refuses=answer(503, "<html>")), [FIRST, SECOND],
        [batch(FIRST, SECOND)], **STANDARD),
    "an answer that lacks one": look([LIVE, seen(V.UNREADABLE, "not returned")],
        {LIST: ok({"results": {FIRST: shown(FIRST)}, "errors": {}, "statuses": {}})}, [FIRST, SECOND], **STANDARD),
    "another refusal of one": look([LIVE, seen(V.UNREADABLE, "ACCESS_DENIED")],
        {LIST: ok({"results": {FIRST: shown(FIRST)}, "errors": {SECOND: {"status": 403, "code": "ACCESS_DENIED"}}})},
        [FIRST, SECOND], **STANDARD),
}
# fmt: on
