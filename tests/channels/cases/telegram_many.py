"""Telegram: each message is asked for by itself, another one of its chat is the control, and the pace is bounded."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import httpx

from munadi.channels.telegram.looking import NAMELESS, NO_CONTROL, NO_ID
from munadi.domain.failure import Reason
from munadi.domain.reasons import REASONS
from munadi.domain.withdrawal import Seen, Verdict
from tests.channels.case import Call, Case, Fails
from tests.channels.cases.telegram_removals import ABSENT, LOOK, MOVED, NET
from tests.channels.network import answer
from tests.channels.scene_telegram import ANOTHERS, CHAT, MISSING, OWN, SALE, refusal

V = Verdict
LIVE, GONE = Seen(verdict=V.LIVE), Seen(verdict=V.GONE, word=ABSENT)
FEW = ["11", "12", "13", "14"]
KICKED = refusal(403, "Forbidden: bot was kicked from the channel chat")
FROZEN = refusal(400, "Bad Request: FROZEN_METHOD_INVALID")
STRANGE = refusal(400, "Bad Request: MESSAGE_ID_INVALID")


def chat(own: Collection[str], elsewhere: Collection[str] = (), **answers: httpx.Response) -> dict[str, Any]:
    """A bot whose messages these are, in the account's chat and in the one that it became."""

    def probed(request: httpx.Request) -> httpx.Response:
        where, one = request.url.params["chat_id"], request.url.params["message_id"]
        named = answers.get(f"m{one}") or answers.get("moved" if where == MOVED else "all")
        found = named or (OWN if one in (elsewhere if where == MOVED else own) else ANOTHERS if one == "1" else MISSING)
        return httpx.Response(found.status_code, content=found.content, headers=found.headers)

    return {LOOK: probed}


def look(outcome: Any, replies: dict[str, Any], given: Collection[str], asked: Any = None) -> Case:
    requests = asked and [(LOOK, {"chat_id": where, "message_id": number}) for where, number in asked]
    return Case(NET, SALE, [Call(f"look {' '.join(given)}", outcome, requests)], replies=replies)


def unread(reason: Reason, code: str) -> Seen:
    return Seen(verdict=V.UNREADABLE, word=f"{reason} ({code}): Telegram: {REASONS[reason].meaning}")


NO_ACCESS = Seen(
    verdict=V.UNREADABLE,
    word="TARGET_NOT_ACCESSIBLE (bot_was_kicked_from_the_channel_chat): Telegram: the bot cannot reach the chat: add "
    "it there again",
)
UNKNOWN, DOWN = unread(Reason.UNKNOWN_PROVIDER_ERROR, "MESSAGE_ID_INVALID"), unread(Reason.PROVIDER_OUTAGE, "HTTP 502")


# fmt: off
CASES = {
    "messages of many posts, one of which is gone": look([LIVE, GONE, LIVE, LIVE], chat(["11", "13", "14"]), FEW,
        [(CHAT, one) for one in FEW]),
    "all are gone, and the chat's first message is there": look([GONE] * 4, chat([]), FEW,
        [*((CHAT, one) for one in FEW), (CHAT, "1")]),
    "no message of the chat can be read": look([NO_CONTROL] * 4, chat([], all=MISSING), FEW,
        [*((CHAT, one) for one in FEW), (CHAT, "1")]),
    "a message that is named twice is asked for once": look([LIVE, LIVE], chat(["11"]), ["11", "11"], [(CHAT, "11")]),
    "the same number in another chat is another message": look([LIVE, GONE], chat(["11"]), ["11", f"11#{MOVED}"],
        [(CHAT, "11"), (MOVED, "11"), (MOVED, "1")]),
    "a chat without access spoils no other chat": look(
        [NO_ACCESS] * 2 + [LIVE],
        chat(["11"], moved=KICKED), [f"21#{MOVED}", f"22#{MOVED}", "11"], [(MOVED, "21"), (CHAT, "11")]),
    "a chat that is restricted spoils no other chat": look([unread(Reason.ACCOUNT_RESTRICTED, "CHAT_RESTRICTED"), LIVE],
        chat(["11"], moved=refusal(400, "Bad Request: CHAT_RESTRICTED")), [f"21#{MOVED}", "11"],
        [(MOVED, "21"), (CHAT, "11")]),
    "a bot that is frozen": look(Fails(Reason.ACCOUNT_RESTRICTED), chat(FEW, all=FROZEN), FEW, [(CHAT, "11")]),
    "access that is lost during a look": look(
        [LIVE, *[NO_ACCESS] * 3], chat(["11"], m13=KICKED), FEW,
        [(CHAT, "11"), (CHAT, "12"), (CHAT, "13")]),
    "a strange answer about one spoils no other": look([LIVE, UNKNOWN,
        LIVE, GONE], chat(["11", "13"], m12=STRANGE), FEW),
    "what is no id is not asked for": look([NO_ID, NAMELESS, LIVE], chat(["11"]), ["x7", "0", "11"], [(CHAT, "11")]),
    "one outage spoils its own message": look([LIVE, DOWN, LIVE, LIVE],
        chat(FEW, m12=answer(502, "<html>")), FEW, [(CHAT, one) for one in FEW]),
    "a second outage ends the look": look([LIVE, *[DOWN] * 3],
        chat(FEW, m12=answer(502, "<html>"), m13=answer(502, "<html>")), FEW, [(CHAT, one) for one in FEW[:3]]),
    "too fast": look(Fails(Reason.RATE_LIMITED, wait=7),
        chat(FEW, all=refusal(429, "Too Many Requests: retry after 7", retry_after=7)), FEW, [(CHAT, "11")]),
    "a dead token": look(Fails(Reason.TOKEN_EXPIRED), chat(FEW, all=refusal(401, "Unauthorized")), FEW, [(CHAT, "11")]),
}
# fmt: on
