"""Mastodon and its like: what is shown without a token is what the public sees; the rest is read as the account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx

from munadi.channels.looking import NOT_READ
from munadi.channels.mastodon.looking import OWN_EYES
from munadi.domain.failure import Reason
from munadi.domain.reasons import REASONS
from munadi.domain.withdrawal import Verdict
from tests.channels.calls import NOW
from tests.channels.case import Call, Case, Fails
from tests.channels.cases.mastodon_removals import ABSENT, GOTOSOCIAL, ME, NET, OLD, seen
from tests.channels.network import answer, ok
from tests.channels.scene_mastodon import LISTED, SALE, STATUSES, WHO, refusal, status

V = Verdict
SEVERAL, LIST = f"GET {STATUSES}", f"GET {LISTED}"
SECURE = "This API requires an authenticated user"
EDITED = NOW.isoformat()
PICTURE = [{"id": "1"}]
LIVE = seen(V.LIVE)
STRANGE = seen(
    V.UNREADABLE,
    "PROVIDER_OUTAGE (NO_PROOF): the answer (HTTP 404) lacks the proof that the network gives of a success",
)


def eyes(public: Any, own: Any = ()) -> dict[str, Any]:
    """What the server answers without a token, and with one: posts, or an answer of its own."""

    def shown(request: httpx.Request) -> httpx.Response:
        found = own if "authorization" in request.headers else public
        if isinstance(found, httpx.Response):
            return httpx.Response(
                found.status_code, content=found.content, headers={"content-type": "application/json"}
            )
        wanted = request.url.params.get_list("id[]")
        if len(wanted) > 20:
            return refusal(422, "Too many ids")
        return ok([one for one in found if one["id"] in wanted])

    return {SEVERAL: shown}


def watch(outcome: Any, replies: dict[str, Any], ids: str = "117", who: Any = WHO, requests: Any = None) -> Case:
    return Case(NET, SALE, [Call(f"watch {ids}", outcome, requests)], replies=replies, account=who)


def ids_of(numbers: Sequence[int]) -> str:
    return " ".join(str(number) for number in numbers)


def page(*numbers: int) -> httpx.Response:
    return ok([status(str(number)) for number in numbers])


HUNDRED = list(range(200, 300))
BLURRED = {"sensitive": True, "media_attachments": PICTURE}
HISTORY = f"GET {STATUSES}/117/history"
# fmt: off
CASES = {
    "what the public sees is live": watch([LIVE], eyes([status()]), requests=[SEVERAL]),
    "a hundred posts are five calls": watch([LIVE] * 100, eyes([status(str(one)) for one in HUNDRED]), ids_of(HUNDRED),
        requests=[SEVERAL] * 5),
    "what only the account sees": watch([seen(V.LIMITED, "private")], eyes([], [status(visibility="private")]),
        requests=[SEVERAL] * 2),
    "public by its own word, and nobody sees it": watch([seen(V.LIMITED, OWN_EYES)], eyes([], [status()])),
    "a server that shows nothing without a log-in": watch([seen(V.LIMITED, SECURE)],
        eyes(refusal(401, SECURE), [status()])),
    "a server that just now shows nothing without a log-in": watch([LIVE], eyes(answer(503, {}), [status()])),
    "another refusal in its words": watch([LIVE], eyes(refusal(403, SECURE), [status()])),
    "a wall before the server": watch([LIVE], eyes(answer(403, {}), [status()])),
    "gone, and the account is there": watch([ABSENT], eyes([]), requests=[SEVERAL, SEVERAL, ME]),
    "gone, and another one is seen": watch([ABSENT, seen(V.LIMITED, "direct")],
        eyes([], [status("118", visibility="direct")]), "117 118", requests=[SEVERAL] * 2),
    "gone, and others are seen by all: the account itself is asked": watch([LIVE, ABSENT, LIVE],
        eyes([status("116"), status("118")]), "116 117 118", requests=[SEVERAL, SEVERAL, ME]),
    "gone, and the token is another's": watch([seen(V.UNREADABLE, "the token is another account's")],
        {**eyes([]), ME: ok({"id": "5"})}),
    "a lost permission says nothing": watch(Fails(Reason.MISSING_SCOPE),
        eyes([], refusal(403, "This action is outside the authorized scopes"))),
    "a lost permission spoils nothing that all see": watch(
        [LIVE, seen(V.UNREADABLE, f"MISSING_SCOPE (HTTP 403): Mastodon: {REASONS[Reason.MISSING_SCOPE].meaning}")],
        eyes([status("116")], refusal(403, "This action is outside the authorized scopes")), "116 117"),
    "unlisted is live": watch([LIVE], eyes([status(visibility="unlisted")])),
    "of a limited account": watch([seen(V.LIMITED, "limited")], eyes([status(account={"limited": True})])),
    "of a suspended account": watch([seen(V.REJECTED, "suspended")], eyes([status(account={"suspended": True})])),
    "blurred by its author": watch([LIVE], eyes([status(**BLURRED)], [status(**BLURRED)]), requests=[SEVERAL] * 2),
    "no words for why it shows nothing": watch([LIVE], eyes(refusal(401, "Unauthorized"), [status()])),
    "many are looked at as watched": Case(NET, SALE, [Call("look 117 118 119", [LIVE] * 3, [SEVERAL])],
        replies=eyes([status("117"), status("118"), status("119")])),
    "few are looked at by the account alone": Case(NET, SALE, [Call("look 117", [LIVE], [SEVERAL])],
        replies=eyes([], [status()])),
    "of an account that a moderator blurs": watch([seen(V.LIMITED, "sensitive")],
        eyes([status(**BLURRED)], [status(**BLURRED | {"sensitive": False})])),
    "blurred by a moderator's edit": watch([seen(V.LIMITED, "sensitive")],
        {**eyes([status(**BLURRED, edited_at=EDITED)], [status(**BLURRED, edited_at=EDITED)]),
         HISTORY: ok([{"sensitive": False}, {"sensitive": True}])}),
    "blurred by its author, and edited": watch([seen(V.LIVE, "edited")],
        {**eyes([status(**BLURRED, edited_at=EDITED)], [status(**BLURRED, edited_at=EDITED)]),
         HISTORY: ok([{"sensitive": True}, {"sensitive": True}])}),
    "blurred, and the account cannot be read": watch([LIVE], eyes([status(**BLURRED)], refusal(401, "no"))),
    "a removal is looked at by the account alone": Case(NET, SALE,
        [Call("look 117! 118! 119!", [LIVE, ABSENT, ABSENT], [SEVERAL])], replies=eyes([], [status()])),
    # servers without a call for several posts
    "older servers: a hundred posts are three pages": watch([LIVE] * 100,
        {LIST: [page(*reversed(HUNDRED[start:start + 40])) for start in (60, 20, 0)]}, ids_of(HUNDRED), OLD,
        [(LIST, {"limit": "40"}), (LIST, {"max_id": "260"}), (LIST, {"max_id": "220"})]),
    "older servers: by id what the list lacks": watch([LIVE, LIVE, LIVE, ABSENT],
        {LIST: page(118, 117), f"{SEVERAL}/116": ok(status("116")), f"{SEVERAL}/115": refusal(404, "Record not found")},
        "118 117 116 115", GOTOSOCIAL, [LIST, f"{SEVERAL}/116", f"{SEVERAL}/115"]),
    "older servers: no list, and by id": watch([LIVE] * 3,
        {LIST: answer(500, {}), **{f"{SEVERAL}/{one}": ok(status(str(one))) for one in (1, 2, 3)}}, "1 2 3", OLD),
    "older servers: one strange answer spoils no other": watch(
        [LIVE, STRANGE, LIVE],
        {LIST: page(), f"{SEVERAL}/1": ok(status("1")), f"{SEVERAL}/2": answer(404, "<html>"),
         f"{SEVERAL}/3": ok(status("3"))}, "1 2 3", OLD),
    "older servers: strange answers end no look": watch([LIVE, STRANGE, STRANGE, LIVE],
        {LIST: page(), f"{SEVERAL}/1": ok(status("1")), f"{SEVERAL}/2": answer(404, "<html>"),
         f"{SEVERAL}/3": answer(404, "<html>"), f"{SEVERAL}/4": ok(status("4"))}, "1 2 3 4", OLD),
    "older servers: what is not read in one look waits": watch([LIVE] * 9 + [NOT_READ] * 11,
        {LIST: page(), SEVERAL: lambda request: ok(status(request.url.path.rpartition("/")[2])),
         **{f"{SEVERAL}/{one}": ok(status(str(one))) for one in range(1, 21)}}, ids_of(range(1, 21)), OLD),
}
# fmt: on
