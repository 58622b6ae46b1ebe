"""Telegram: a text, or the caption of a file; an equal edit is refused, which proves that the message says so."""

from __future__ import annotations

from typing import Any

import httpx

from munadi.domain.failure import Effect, Reason
from munadi.domain.live_edit import Says, Shown
from tests.channels.case import Call, Case, Fails
from tests.channels.cases.telegram_removals import ABSENT, LOOK, NET
from tests.channels.network import answer, ok
from tests.channels.scene_telegram import ALBUM, CHAT, MISSING, OWN, SALE, refusal, sent

R, S = Reason, Effect
TEXT, CAPTION = "POST /editMessageText", "POST /editMessageCaption"
NEW = {"text": "The monsoon sale has ended"}
OURS = {"chat_id": CHAT, "message_id": "117"}
EQUAL = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a "
    "current content and reply markup of the message"
)


def edit(outcome: Any, reply: Any, draft: Any = SALE, request: Any = TEXT, **edited: Any) -> Case:
    replies = dict.fromkeys((TEXT, CAPTION), reply)
    return Case(NET, draft, [Call("edit 117", outcome, [request])], replies=replies, edited=edited or NEW)


def read(outcome: Any, replies: Any) -> Case:
    return Case(NET, SALE, [Call("read 117", outcome)], replies={LOOK: replies}, edited=NEW)


CASES = {
    "a text": edit(None, sent(117), request=(TEXT, {**OURS, **NEW})),
    "the caption of an album": edit(None, sent(117), ALBUM, (CAPTION, {**OURS, "caption": NEW["text"]})),
    "no caption": edit(None, sent(117), ALBUM, (CAPTION, {**OURS, "caption": ""}), text=""),
    "equal: it says so already": edit(None, refusal(400, EQUAL)),
    "the answer is about another message": edit(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), sent(118)),
    "a page of a proxy": edit(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), answer(200, "<html>")),
    "gone, or a chat that cannot be read": edit(
        Fails(R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN, ABSENT), refusal(400, "Bad Request: message to edit not found")
    ),
    "another's": edit(Fails(R.EDIT_REFUSED, S.REJECTED), refusal(400, "Bad Request: message can't be edited")),
    "too long": edit(Fails(R.TEXT_TOO_LONG, S.REJECTED), refusal(400, "Bad Request: message is too long")),
    "throttled": edit(Fails(R.RATE_LIMITED, S.NOT_SENT), refusal(429, "Too Many Requests: retry after 30")),
    "an outage": edit(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), answer(502, "<html>")),
    "no answer": edit(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), httpx.ReadTimeout("slow")),
    # reads
    "what it says is shown to no bot": read(Shown(says=Says.NOTHING, blind=True), OWN),
    "it is gone": read(Shown(says=Says.GONE, word=ABSENT), [MISSING, OWN]),
    "a server that is down": read(Fails(R.PROVIDER_OUTAGE), answer(503, "<html>")),
    "an answer that is none": read(Fails(code="NO_PROOF"), ok({"ok": True, "result": True})),
}
