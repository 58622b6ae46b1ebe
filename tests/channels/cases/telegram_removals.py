"""Telegram: a message is deleted within 48 hours; it is gone where another message of the chat can be read."""

from __future__ import annotations

from typing import Any

import httpx

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import PostedId, Published
from munadi.domain.withdrawal import Seen, Verdict
from tests.channels.case import Call, Case, Fails, Net, one
from tests.channels.network import answer, ok
from tests.channels.scene_telegram import (
    ALBUM,
    ANOTHERS,
    CHAT,
    MISSING,
    OWN,
    PROBE,
    SALE,
    SEND,
    SETTINGS,
    WHO,
    refusal,
    sent,
    stored,
)

R, S, V = Reason, Effect, Verdict
DELETE, LOOK, GROUP = "POST /deleteMessage", f"GET {PROBE}", "POST /sendMediaGroup"
NET = Net("telegram", WHO, {LOOK: MISSING, GROUP: sent(117, 118), f"POST {SEND}": sent(119)}, SETTINGS)
DONE, FALSE = ok({"ok": True, "result": True}), ok({"ok": True, "result": False})
ABSENT = "message_to_edit_not_found"
MOVED = "-1007"


def remove(outcome: Any, reply: Any, given: str = "117", requests: Any = None) -> Case:
    wanted = [(DELETE, {"chat_id": CHAT, "message_id": "117"})] if requests is None else requests
    return Case(NET, SALE, [Call(f"withdraw {given}", outcome, wanted)], replies={DELETE: reply})


def look(outcome: Any, replies: Any, given: str = "117", asked: Any = None) -> Case:
    requests = asked and [(LOOK, {"chat_id": chat, "message_id": number}) for chat, number in asked]
    return Case(NET, SALE, [Call(f"look {given}", outcome, requests)], replies={LOOK: replies})


def made(*ids: str, version: str | None = None) -> Published:
    url = f"https://site.example/t/acme/{ids[0]}"
    return Published(post_id=ids[0], url=url, objects=tuple(PostedId(id=each, version=version) for each in ids))


def seen(verdict: Verdict, word: str = "", *, blind: bool = False) -> Seen:
    return Seen(verdict=verdict, word=word, blind=blind)


UNREAD = seen(V.UNREADABLE, f"{ABSENT}, and no other message can be read", blind=True)
NAMELESS = Fails(R.WITHDRAWAL_REFUSED, S.REJECTED, words="never named the id")
# fmt: off
CASES = {
    # what a post is made of
    "each message of an album": Case(NET, ALBUM, [Call("find", made("117", "118"), [])],
        state={**stored("a", "b").state, "posts": {"post": {"id": "117", "url": "https://site.example/t/acme/117",
            "objects": [{"id": "117"}, {"id": "118"}]}}}),
    "an album is kept with its messages": one("publish", NET, ALBUM, Published, state=stored("a", "b"),
        saved={"posts.post.objects": [{"id": "117", "version": None}, {"id": "118", "version": None}]}),
    "in a group that moved": one("publish", NET, SALE, Published, state={"chat": MOVED},
        saved={"posts.post.objects": [{"id": "119", "version": MOVED}]}),
    # removals
    "a message": remove(None, DONE),
    "a message of a group that moved": remove(None, DONE, f"117#{MOVED}",
        [(DELETE, {"chat_id": MOVED, "message_id": "117"})]),
    "a message whose id was never named": remove(NAMELESS, DONE, "0", []),
    "not done": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), FALSE),
    "a second time, or a chat that cannot be read": remove(
        Fails(R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN, "message_to_delete_not_found"),
        refusal(400, "Bad Request: message to delete not found")),
    **{f"too old, in a {kind}": remove(Fails(R.WITHDRAWAL_REFUSED, S.REJECTED, words="48 hours"),
            refusal(400, f"Bad Request: message can't be deleted{words}"))
        for kind, words in (("channel", ""), ("group", " for everyone"))},
    "without access": remove(Fails(R.TARGET_NOT_ACCESSIBLE, S.REJECTED),
        refusal(403, "Forbidden: bot was kicked from the channel chat")),
    "without the right": remove(Fails(R.MISSING_SCOPE, S.REJECTED),
        refusal(400, "Bad Request: need administrator rights in the channel chat")),
    "too fast": remove(Fails(R.RATE_LIMITED, S.NOT_SENT, wait=7),
        refusal(429, "Too Many Requests: retry after 7", retry_after=7)),
    "a dead token": remove(Fails(R.TOKEN_EXPIRED, S.NOT_SENT), refusal(401, "Unauthorized")),
    "the server fails": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), refusal(500, "Internal Server Error: restart")),
    "a page of a proxy": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), answer(200, "<html>")),
    "no answer": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), httpx.ReadTimeout("slow")),
    # looks
    "it is there": look([seen(V.LIVE)], OWN, asked=[(CHAT, "117")]),
    "a poll is there": look([seen(V.LIVE)], ANOTHERS),
    "gone, and the chat's first message is there": look([seen(V.GONE, ABSENT)], [MISSING, ANOTHERS],
        asked=[(CHAT, "117"), (CHAT, "1")]),
    "one of an album is gone": look([seen(V.LIVE), seen(V.GONE, ABSENT)], [OWN, MISSING], "117 118",
        [(CHAT, "117"), (CHAT, "118")]),
    "no message can be read": look([UNREAD], MISSING, asked=[(CHAT, "117"), (CHAT, "1")]),
    "in a group that moved, another chat is no control": look([seen(V.LIVE), UNREAD], [OWN, MISSING, MISSING],
        f"117 118#{MOVED}", [(CHAT, "117"), (MOVED, "118"), (MOVED, "1")]),
    "an id that was never named": look([seen(V.LIVE), seen(V.UNREADABLE, "Telegram did not name its id", blind=True)],
        OWN, "117 0", [(CHAT, "117")]),
    "access is lost": look(Fails(R.TARGET_NOT_ACCESSIBLE),
        refusal(403, "Forbidden: bot is not a member of the channel chat")),
    "the look fails": look(Fails(R.PROVIDER_OUTAGE), refusal(502, "Bad Gateway")),
}
