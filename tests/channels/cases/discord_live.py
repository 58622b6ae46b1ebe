"""Discord: messages are removed, edited and looked at by their ids, by a bot or a webhook, in a channel or a thread."""

from __future__ import annotations

from typing import Any

import httpx

from munadi.domain.failure import Effect, Reason
from munadi.domain.live_edit import Says, Shown
from munadi.domain.withdrawal import Seen, Verdict
from tests.channels.case import Call, Case, Fails, Net
from tests.channels.cases.discord import SECOND
from tests.channels.network import answer, ok
from tests.channels.scene_discord import (
    BY_HOOK,
    HOOK,
    HOOK_TOKEN,
    MESSAGE,
    MESSAGES,
    SALE,
    SETTINGS,
    THREAD,
    WHO,
    message,
    refusal,
)

R, S, V = Reason, Effect, Verdict
ONE, OTHER = f"{MESSAGES}/{MESSAGE}", f"{MESSAGES}/{SECOND}"
IN_THREAD, BY_WEBHOOK = f"/channels/{THREAD}/messages/{MESSAGE}", f"/webhooks/{HOOK}/{HOOK_TOKEN}/messages/{MESSAGE}"
NET, HOOKED = Net("discord", WHO, settings=SETTINGS), Net("discord", BY_HOOK, settings=SETTINGS)
GONE = refusal(404, 10008, "Unknown Message")
EDITED = {"edited_timestamp": "2026-12-01T00:00:00Z"}
NEW = {"text": "The monsoon sale has ended"}
BODY: dict[str, Any] = {"content": NEW["text"], "embeds": [], "allowed_mentions": {"parse": []}}
BOXED = {"text": SALE.text, "options": {"embed": {"title": "Open"}}}


def remove(outcome: Any, reply: Any, path: str = ONE, given: str = MESSAGE, net: Net = NET) -> Case:
    at, _, _ = path.partition("?")
    return Case(net, SALE, [Call(f"withdraw {given}", outcome, [f"DELETE {path}"])], replies={f"DELETE {at}": reply})


def edit(outcome: Any, reply: Any, body: Any = BODY, edited: Any = NEW, path: str = ONE, given: str = MESSAGE) -> Case:
    calls = [Call(f"edit {given}", outcome, [(f"PATCH {path}", body)])]
    return Case(NET, SALE, calls, replies={f"PATCH {path}": reply}, edited=edited)


def read(says: Says, reply: Any, edited: Any = NEW, word: str = "") -> Case:
    return Case(NET, SALE, [Call(f"read {MESSAGE}", Shown(says=says, word=word))], replies={f"GET {ONE}": reply},
        edited=edited)  # fmt: skip


def look(outcome: Any, *replies: Any, ids: str = MESSAGE, **more: Any) -> Case:
    paths = (ONE, OTHER)
    script = {f"GET {path}": reply for path, reply in zip(paths, replies, strict=False)}
    return Case(NET, SALE, [Call(f"look {ids}", outcome)], replies={**script, **more})


def seen(verdict: Verdict, word: str = "") -> Seen:
    return Seen(verdict=verdict, word=word)


BOTH = f"{MESSAGE} {SECOND}"
# fmt: off
CASES = {
    # removals
    "a message": remove(None, httpx.Response(204)),
    "a message in a thread": remove(None, httpx.Response(204), IN_THREAD, f"{MESSAGE}#{THREAD}"),
    "a webhook's message": remove(None, httpx.Response(204), BY_WEBHOOK, net=HOOKED),
    "a webhook's message in a thread": remove(None, httpx.Response(204), f"{BY_WEBHOOK}?thread_id={THREAD}",
        f"{MESSAGE}#{THREAD}", HOOKED),
    "a page of a proxy": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), answer(200, "<html>")),
    "a second time": remove(Fails(R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN, "10008"), GONE),
    "another's": remove(Fails(R.WITHDRAWAL_REFUSED, S.REJECTED, "50005"), refusal(403, 50005)),
    "the bot is gone": remove(Fails(R.TARGET_NOT_ACCESSIBLE, S.REJECTED, "50001"), refusal(403, 50001)),
    "too fast": remove(Fails(R.RATE_LIMITED, S.NOT_SENT, wait=9), answer(429, {"message": "x", "retry_after": 8.1})),
    "no answer": remove(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN), httpx.ReadTimeout("slow")),
    # edits
    "a text": edit(None, ok(message(content=NEW["text"], **EDITED))),
    "an embed": edit(None, ok(message()), {**BODY, "content": SALE.text, "embeds": [{"title": "Open"}]}, BOXED),
    "a text in a thread": edit(None, ok(message()), path=IN_THREAD, given=f"{MESSAGE}#{THREAD}"),
    "the answer is about another message": edit(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), ok(message("7"))),
    "gone meanwhile": edit(Fails(R.TARGET_NOT_ACCESSIBLE, S.UNKNOWN, "10008"), GONE),
    "an edit of another's": edit(Fails(R.EDIT_REFUSED, S.REJECTED, "50005"), refusal(403, 50005)),
    "too many edits": edit(Fails(R.RATE_LIMITED, S.NOT_SENT, "30046", wait=3600), refusal(400, 30046)),
    # what it says
    "the new text": read(Says.NEW, ok(message(content=NEW["text"], **EDITED)), word="edited"),
    "the old text": read(Says.OLD, ok(message())),
    "another text": read(Says.OTHER, ok(message(content="Closed"))),
    "the old text with another embed": read(Says.OTHER, ok(message(embeds=[{"type": "rich", "title": "Shut"}])), BOXED),
    "the new embed": read(Says.NEW, ok(message(embeds=[{"type": "rich", "title": "Open"}])), BOXED),
    "gone": read(Says.GONE, GONE, word="10008"),
    # looks
    "there": look([seen(V.LIVE)], ok(message())),
    "there, and edited": look([seen(V.LIVE, "edited")], ok(message(**EDITED))),
    "one is gone": look([seen(V.LIVE), seen(V.GONE, "10008")], ok(message()), GONE, ids=BOTH),
    "no id of Discord": look([seen(V.LIVE), seen(V.UNREADABLE, "no id of Discord")], ok(message()),
        ids=f"{MESSAGE} ../x"),
    "nothing can be read": look(Fails(R.TARGET_NOT_ACCESSIBLE, S.REJECTED, "50001"), refusal(403, 50001)),
    "another message is no proof": look(Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), ok(message("7"))),
    "a dead token ends the look": look(Fails(R.TOKEN_EXPIRED, S.NOT_SENT), refusal(401, 0), ids=BOTH),
}
