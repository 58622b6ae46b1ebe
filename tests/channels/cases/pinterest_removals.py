"""Pinterest: a pin is removed once, and proven gone by its board."""

from __future__ import annotations

from typing import Any

import httpx

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import PostedId, Published
from munadi.domain.withdrawal import Seen, Verdict
from tests.channels.calls import NOW
from tests.channels.case import Call, Case, Fails, one
from tests.channels.cases.pinterest import CHECK, LIST, NET, SALE
from tests.channels.network import answer, ok
from tests.channels.scene_pinterest import BOARD, PINS, page, pin, refusal

R, S, V = Reason, Effect, Verdict
DELETE, READ = f"DELETE {PINS}/813", f"GET {PINS}/813"
MISSING, FOREIGN = (
    refusal(404, 50, "Pin not found."),
    refusal(403, 29, "You are not permitted to access that resource."),
)
NO_BOARD = refusal(404, 40, "Board not found.")
URL = "https://site.example/pin/pin/813/"


def remove(outcome: Any, reply: Any) -> Case:
    return Case(NET, SALE, [Call(f"withdraw 813#{BOARD}", outcome, [DELETE])], replies={DELETE: reply})


def look(outcome: Any, reply: Any, requests: Any = None, given: str = f"813#{BOARD}", **replies: Any) -> Case:
    more = {CHECK: replies.get("board", board()), LIST: replies.get("listed", page())}
    return Case(NET, SALE, [Call(f"look {given}", outcome, requests)], replies={READ: reply, **more})


def board(privacy: str = "PUBLIC") -> httpx.Response:
    return ok({"id": BOARD, "name": "Umbrellas", "privacy": privacy})


def saw(verdict: Verdict, word: str = "") -> list[Seen]:
    return [Seen(verdict=verdict, word=word)]


CASES = {
    "a pin is kept with its board": one(
        "publish",
        NET,
        SALE,
        Published(post_id="813", url=URL, published_at=NOW, objects=(PostedId(id="813", version=BOARD),)),
    ),
    "a pin is removed": remove(None, httpx.Response(204)),
    "a success without its proof": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), answer(200, "<html>")),
    "a second time": remove(Fails(R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN, "404/50"), MISSING),
    "the pin of another account": remove(Fails(R.WITHDRAWAL_REFUSED, S.REJECTED, "403/29", words="its owner"), FOREIGN),
    "a minute's calls are used up": remove(
        Fails(R.RATE_LIMITED, S.NOT_SENT, wait=7), refusal(429, 8, "Slow down.", x_ratelimit_reset="7")
    ),
    "a dead token": remove(Fails(R.TOKEN_EXPIRED, S.NOT_SENT), refusal(401, 2, "Authentication failed.")),
    "an outage": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), answer(503, "<html>")),
    "no answer": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), httpx.ReadTimeout("slow")),
    # looks
    "it is there": look(saw(V.LIVE), ok(pin(is_owner=True)), [READ, CHECK]),
    **{
        f"it is there, on a board that is {privacy}": look(
            saw(V.LIMITED, f"board {privacy}"), ok(pin()), board=board(privacy)
        )
        for privacy in ("SECRET", "PROTECTED")
    },
    "it is there, on a board that is not shown": look(
        saw(V.LIMITED, "board not shown to this connection"), ok(pin()), board=FOREIGN
    ),
    "a pin of another account of the board is left alone": look(
        Fails(R.TARGET_NOT_ACCESSIBLE, S.REJECTED, words="another account"), ok(pin(is_owner=False))
    ),
    "it is gone, and its board is there": look(saw(V.GONE, "404/50"), MISSING, [READ, CHECK, LIST]),
    "not found, but still listed": look(saw(V.UNREADABLE, "404/50, but listed"), MISSING, listed=page(pin())),
    **{
        f"not found, and {name}": look(saw(V.UNREADABLE, "404/50, and its board cannot be read"), MISSING, **more)
        for name, more in (
            ("its board is gone", {"board": NO_BOARD}),
            ("its board is hidden", {"board": FOREIGN}),
            ("its board is not known", {"given": "813"}),
        )
    },
    "not found, and the list cannot be read": look(Fails(R.PROVIDER_OUTAGE), MISSING, listed=answer(503, "<html>")),
    "a 404 of a proxy says nothing": look(Fails(R.UNKNOWN_PROVIDER_ERROR), answer(404, "<html>")),
    "a pin that may not be read": look(Fails(R.TARGET_NOT_ACCESSIBLE), FOREIGN),
    "an answer that is no pin": look(Fails(R.PROVIDER_OUTAGE, code="NO_PROOF"), ok({})),
}
