"""Pinterest: only what changes is sent and compared; a Pin is proven gone by its board."""

from __future__ import annotations

from typing import Any

import httpx

from munadi.domain.failure import Effect, Reason
from munadi.domain.live_edit import Says, Shown
from tests.channels.case import Call, Case, Fails
from tests.channels.cases.pinterest import CHECK, LIST, NET, SALE
from tests.channels.cases.pinterest_removals import FOREIGN, MISSING, NO_BOARD, READ, board
from tests.channels.making import image
from tests.channels.network import answer, ok
from tests.channels.scene_pinterest import BOARD, OPTIONS, PINS, page, pin, refusal

R, S = Reason, Effect
UPDATE, OBJECT = f"PATCH {PINS}/813", f"813#{BOARD}"
NEW = {"text": "It has ended", "options": {**OPTIONS, "title": "The end"}}
WORDS = {"title": "The end", "description": "It has ended"}
LINKED = {"link": "https://acme.example/Sale"}
DESCRIBED = {"media": (image(0, alt="Teal, wet"),)}
GATED = refusal(401, 3, "Your application consumer type is not supported: restricted feature: pin_edit")


def edit(outcome: Any, reply: Any, sent: Any = WORDS, changes: Any = NEW) -> Case:
    call = Call(f"edit {OBJECT}", outcome, [(UPDATE, sent)])
    return Case(NET, SALE, [call], replies={UPDATE: reply}, edited=changes)


def read(outcome: Any, reply: Any, changes: Any = NEW, **replies: Any) -> Case:
    more = {CHECK: replies.get("board", board()), LIST: replies.get("listed", page())}
    return Case(NET, SALE, [Call(f"read {OBJECT}", outcome)], replies={READ: reply, **more}, edited=changes)


def says(says: Says, word: str = "") -> Shown:
    return Shown(says=says, word=word)


CASES = {
    "title and description": edit(None, ok(pin(**WORDS))),
    "a description alone": edit(None, ok(pin()), {"description": "It has ended"}, {"text": "It has ended"}),
    "a text that is removed": edit(None, ok(pin()), {"description": ""}, {"text": ""}),
    "a link": edit(None, ok(pin()), LINKED, LINKED),
    "an alt text": edit(None, ok(pin()), {"alt_text": "Teal, wet"}, DESCRIBED),
    "the answer is about another pin": edit(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), ok(pin("814"))),
    "a page of a proxy": edit(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), answer(200, "<html>")),
    "an app that may not edit": edit(Fails(R.APP_NOT_APPROVED, S.REJECTED, "401/3", words="pin_edit"), GATED),
    "the pin of another account": edit(Fails(R.EDIT_REFUSED, S.REJECTED, "403/29", words="its owner"), FOREIGN),
    "gone meanwhile": edit(Fails(R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN, "404/50"), MISSING),
    "a text that it refuses": edit(Fails(R.INVALID_FIELD, S.REJECTED, "400/1"), refusal(400, 1, "Invalid parameters.")),
    "a dead token": edit(Fails(R.TOKEN_EXPIRED, S.NOT_SENT), refusal(401, 2, "Authentication failed.")),
    "a minute's calls are used up": edit(
        Fails(R.RATE_LIMITED, S.NOT_SENT, wait=7), refusal(429, 8, "Slow down.", x_ratelimit_reset="7")
    ),
    "an outage": edit(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), answer(503, "<html>")),
    "no answer": edit(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), httpx.ReadTimeout("slow")),
    # reads
    "the new words": read(says(Says.NEW), ok(pin(**WORDS))),
    "the old words": read(says(Says.OLD), ok(pin())),
    "half of them": read(says(Says.OTHER), ok(pin(title="The end"))),
    "other words": read(says(Says.OTHER), ok(pin(description="Closed"))),
    "a title that a person changed is not ours to compare": read(
        says(Says.NEW), ok(pin(title="Theirs", description="It has ended")), {"text": "It has ended"}
    ),
    "the new link, in another form": read(says(Says.NEW), ok(pin(link="http://Acme.example/Sale/")), LINKED),
    "no link yet": read(says(Says.OLD), ok(pin()), LINKED),
    "another link": read(says(Says.OTHER), ok(pin(link="https://acme.example/sale")), LINKED),
    "the new alt text": read(says(Says.NEW), ok(pin(alt_text="Teal, wet")), DESCRIBED),
    "the old alt text": read(says(Says.OLD), ok(pin(alt_text="Teal")), DESCRIBED),
    "gone": read(says(Says.GONE, "404/50"), MISSING),
    "not found, but listed": read(says(Says.NOTHING, "404/50, but listed"), MISSING, listed=page(pin())),
    "not found, and its board is gone": read(
        says(Says.NOTHING, "404/50, and its board cannot be read"), MISSING, board=NO_BOARD
    ),
    "a pin of another account": read(Fails(R.TARGET_NOT_ACCESSIBLE, S.REJECTED), ok(pin(is_owner=False))),
    "an answer about another pin": read(Fails(code="NO_PROOF"), ok(pin("814"))),
    "a server that is down": read(Fails(R.PROVIDER_OUTAGE), answer(503, "<html>")),
}
