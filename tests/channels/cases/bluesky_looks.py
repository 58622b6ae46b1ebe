"""Bluesky: the account's server is the authority on what is there, the AppView on what people see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx

from munadi.channels.bluesky.looking import HIDING, OMITTED
from munadi.channels.looking import NOT_READ
from munadi.domain.failure import Reason
from munadi.domain.reasons import REASONS
from munadi.domain.withdrawal import Seen, Verdict
from tests.channels.bluesky import servers
from tests.channels.bluesky.servers import BROKEN, DID, MISSING, OTHER, refusal, uri
from tests.channels.calls import NOW
from tests.channels.case import Call, Case, Fails, Net
from tests.channels.cases.bluesky import DRAFT, NET
from tests.channels.network import answer, ok

V = Verdict
GET = f"GET {servers.GET}"
LIST = "GET /xrpc/com.atproto.repo.listRecords"
STATUS = "GET /xrpc/com.atproto.sync.getRepoStatus"
DESCRIBE = "GET /xrpc/com.atproto.repo.describeRepo"
VIEWS = "GET view.example/bluesky/xrpc/app.bsky.feed.getPosts"
EYES = VIEWS.replace("view.example/bluesky", "")
OLD = (NOW - timedelta(days=1)).isoformat()
GATE = f"at://{DID}/app.bsky.feed.threadgate/3k1"
WATCHED = Net("bluesky", NET.account, settings={"hosts": {"appview": "https://view.example/bluesky"}})
ACTIVE = ok({"did": DID, "active": True, "rev": "3"})


def key(number: int) -> str:
    return f"3k{number:03}"


def record(number: int, made: str = OLD) -> dict[str, Any]:
    return {"uri": uri(key(number)), "cid": f"c{number}", "value": {"createdAt": made, "text": "Hello"}}


def pages(*listed: Sequence[int], more: bool = False) -> list[httpx.Response]:
    """Pages of records, each but the last with the place where the next begins."""
    rows = [(numbers, place < len(listed) or more) for place, numbers in enumerate(listed, 1)]
    return [ok({"records": [record(one) for one in found], **({"cursor": key(found[-1])} if on else {})})
            for found, on in rows]  # fmt: skip


def by_key(*there: int, made: str = OLD, otherwise: httpx.Response = MISSING) -> Any:
    """getRecord of a repository that has these."""
    known = {key(number): record(number, made) for number in there}
    return lambda request: ok(known[name]) if (name := request.url.params["rkey"]) in known else otherwise


def view(number: int, labels: Sequence[Any] = (), of_author: Sequence[Any] = (), cid: str = "") -> dict[str, Any]:
    author = {"did": DID, "labels": list(of_author)}
    return {"uri": uri(key(number)), "cid": cid or f"c{number}", "author": author, "labels": list(labels)}


def label(value: str, src: str = OTHER, **more: Any) -> dict[str, Any]:
    return {"src": src, "uri": uri(key(1)), "val": value, "cts": OLD, **more}


def eyes(*shown: dict[str, Any]) -> Any:
    def posts(request: httpx.Request) -> httpx.Response:
        wanted = request.url.params.get_list("uris")
        if len(wanted) > 25:
            return refusal("InvalidRequest", message="Error: uris must not have more than 25 elements")
        return ok({"posts": [one for one in shown if one["uri"] in wanted]})

    return posts


def shown(*numbers: int) -> Any:
    return eyes(*(view(one) for one in numbers))


def named(*numbers: int) -> str:
    return " ".join(f"{uri(key(one))}#c{one}" for one in numbers)


def seen(verdict: Verdict, word: str = "") -> Seen:
    return Seen(verdict=verdict, word=word)


def watch(outcome: Any, replies: dict[str, Any], given: str = "", requests: Any = None, net: Net = WATCHED) -> Case:
    return Case(net, DRAFT, [Call(f"watch {given or named(1)}", outcome, requests)], replies=replies)


def labelled(outcome: Seen, *labels: Any, of_author: Sequence[Any] = ()) -> Case:
    return watch([outcome], {GET: by_key(1), EYES: eyes(view(1, labels, of_author))})


OUTAGE = REASONS[Reason.PROVIDER_OUTAGE].meaning
LIVE, GONE, UNSEEN = seen(V.LIVE), seen(V.GONE, "RecordNotFound"), seen(V.UNSEEN, OMITTED)
HUNDRED = range(100, 200)
# fmt: off
CASES = {
    "there and shown": watch([LIVE], {GET: by_key(1), EYES: shown(1)}, requests=[GET, VIEWS]),
    "a hundred posts are one list and four calls of the AppView": watch([LIVE] * 100,
        {LIST: pages([*reversed(HUNDRED)]), EYES: shown(*HUNDRED)}, named(*HUNDRED),
        [LIST, *[VIEWS] * 4]),
    "many and many pages": watch([LIVE] * 150,
        {LIST: pages([*range(299, 199, -1)], [*range(199, 149, -1)]), EYES: shown(*range(150, 300))},
        named(*range(150, 300)), [(LIST, {"limit": "100"}), (LIST, {"cursor": key(200)}), *[VIEWS] * 6]),
    "a list ends where nothing wanted is left": watch([LIVE] * 4,
        {LIST: pages([9, 8, 7], more=True), GET: by_key(1), EYES: shown(1, 7, 8, 9)},
        named(9, 8, 7, 1), [LIST, GET, VIEWS]),
    "a list that has passed them all is left": watch([LIVE] * 6,
        {LIST: pages([9, 8, 7], more=True), GET: by_key(20, 21, 22), EYES: shown(7, 8, 9, 20, 21, 22)},
        named(7, 8, 9, 20, 21, 22), [LIST, *[GET] * 3, VIEWS]),
    "what a list lacks is read by its key": watch([LIVE, LIVE, LIVE, LIVE],
        {LIST: pages([4, 3, 1]), GET: by_key(2), EYES: shown(1, 2, 3, 4)}, named(1, 2, 3, 4)),
    "gone: missing twice, in an active repository": watch([LIVE, GONE, LIVE],
        {LIST: pages([3, 1]), GET: by_key(), STATUS: ACTIVE, EYES: shown(1, 3)}, named(1, 2, 3),
        [LIST, GET, STATUS, VIEWS]),
    "no list": watch([LIVE] * 3, {LIST: BROKEN, GET: by_key(1, 2, 3), EYES: shown(1, 2, 3)},
        named(1, 2, 3)),
    "a list that is none": watch([LIVE] * 3, {LIST: ok({}), GET: by_key(1, 2, 3), EYES: shown(1, 2, 3)},
        named(1, 2, 3)),
    "a gate is a record that people do not see": watch([LIVE], {GET: ok({"uri": GATE, "cid": "g"})}, f"{GATE}#g",
        [GET]),
    # what proves that it is gone
    **{f"missing in a repository that is {status}": watch([seen(V.UNREADABLE, status)],
        {GET: MISSING, STATUS: ok({"did": DID, "active": False, "status": status})}, requests=[GET, STATUS])
       for status in ("takendown", "deactivated", "suspended")},
    "missing in a repository without a status": watch([seen(V.UNREADABLE, "the repository is not active")],
        {GET: MISSING, STATUS: ok({"did": DID})}),
    "missing in a repository that is not there": watch(Fails(Reason.UNKNOWN_PROVIDER_ERROR, code="RepoNotFound"),
        {GET: MISSING, STATUS: refusal("RepoNotFound")}),
    "missing, and the status is down": watch(Fails(Reason.PROVIDER_OUTAGE), {GET: MISSING, STATUS: BROKEN}),
    "missing, and the status is down: the others are known": watch(
        [LIVE, seen(V.UNREADABLE, f"PROVIDER_OUTAGE (InternalServerError): Bluesky: {OUTAGE}")],
        {GET: by_key(1), STATUS: BROKEN, EYES: shown(1)}, named(1, 2)),
    "an older server describes an active repository": watch([GONE],
        {GET: MISSING, STATUS: refusal("MethodNotImplemented", 501), DESCRIBE: ok({"did": DID})},
        requests=[GET, STATUS, DESCRIBE]),
    "an older server describes another one": watch([seen(V.UNREADABLE, "the repository is not active")],
        {GET: MISSING, STATUS: refusal("MethodNotImplemented", 501), DESCRIBE: ok({"did": OTHER})}),
    "an older server describes no other": watch(Fails(Reason.INVALID_FIELD),
        {GET: MISSING, STATUS: refusal("MethodNotImplemented", 501), DESCRIBE: refusal("InvalidRequest")}),
    "a repository that moved says nothing": watch(Fails(Reason.INVALID_FIELD), {GET: refusal("InvalidRequest")}),
    "one bad key spoils no other": watch(
        [LIVE, seen(V.UNREADABLE, "INVALID_FIELD (InvalidRequest): Bluesky: The network refused a field of the post."),
         LIVE],
        {LIST: pages([]), GET: by_key(1, 3, otherwise=refusal("InvalidRequest")), EYES: shown(1, 3)},
        named(1, 2, 3)),
    "what is not read in one look waits": watch([*[LIVE] * 9, *[NOT_READ] * 11],
        {LIST: pages([]), GET: by_key(*range(1, 21)), EYES: shown(*range(1, 21))},
        named(*range(1, 21))),
    # what people see
    **{f"labelled {name}": labelled(seen(V.LIMITED, name), label("spam"), label(name)) for name in HIDING},
    **{f"an author labelled {name}": labelled(seen(V.LIMITED, name), of_author=[label(name)]) for name in HIDING},
    "an author who hides from those without a log-in": labelled(seen(V.LIMITED, "!no-unauthenticated"),
        of_author=[label("!no-unauthenticated", DID)]),
    "the author's own label": labelled(LIVE, label("porn", DID)),
    "another label": labelled(LIVE, label("spam")),
    "a label that was taken back": labelled(LIVE, label("!hide", neg=True)),
    "a label that has ended": labelled(LIVE, label("!hide", exp=OLD)),
    "a label that ends": labelled(seen(V.LIMITED, "!hide"), label("!hide", exp=(NOW + timedelta(days=1)).isoformat())),
    "labels of another shape": labelled(LIVE, "!hide", {"val": 7}),
    "omitted twice": watch([UNSEEN], {GET: by_key(1), EYES: eyes()}, requests=[GET, VIEWS, VIEWS]),
    "omitted once": watch([LIVE], {GET: by_key(1), EYES: [ok({"posts": []}), ok({"posts": [view(1)]})]}),
    "omitted within its first hour": watch([seen(V.PROCESSING, OMITTED)],
        {GET: by_key(1, made=(NOW - timedelta(minutes=59)).isoformat()), EYES: eyes()}),
    "omitted, while others are shown": watch([LIVE, UNSEEN, LIVE], {LIST: pages([3, 2, 1]), EYES: shown(1, 3)},
        named(1, 2, 3), [LIST, VIEWS, VIEWS]),
    "another version is there": watch([seen(V.LIVE, "edited")], {GET: by_key(1), EYES: shown(1)},
        f"{uri(key(1))}#old"),
    "another version is shown": watch([seen(V.LIVE, "edited")], {GET: by_key(1), EYES: eyes(view(1, cid="new"))}),
    **{f"the AppView spoils nothing: {number}": watch([LIVE], {GET: by_key(1), EYES: reply})
       for number, reply in enumerate((BROKEN, answer(200, "<html>"), ok({}), httpx.ReadTimeout("slow"),
                                       refusal("RateLimitExceeded", 429), [ok({"posts": []}), BROKEN]))},
    "an installation without an AppView": watch([LIVE], {GET: by_key(1)}, requests=[GET],
        net=Net("bluesky", NET.account, settings={"hosts": {"appview": ""}})),
    # withdrawals
    "a removal is looked at on the server alone": Case(WATCHED, DRAFT,
        [Call("look " + " ".join(f"{uri(key(one))}!" for one in (1, 2, 3)), [LIVE, GONE, GONE], [*[GET] * 3, STATUS])],
        replies={GET: by_key(1), STATUS: ACTIVE}),
    "few are looked at on the server alone": Case(WATCHED, DRAFT, [Call(f"look {named(1)}", [LIVE], [GET])],
        replies={GET: by_key(1)}),
}
# fmt: on
