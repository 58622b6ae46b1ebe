"""Discord: what each kind of post sends, and how a message is found after a lost answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from munadi.channels.discord.wire import file_names, id_at, nonce_of
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Ready, Unknown
from tests.channels.case import Call, Case, Fails, Live, Net, one
from tests.channels.making import NOW, PUBLICATION, publication
from tests.channels.network import answer, ok
from tests.channels.scene_discord import (
    ALL,
    BOT,
    BY_HOOK,
    CHANNEL,
    GUILD,
    HOOK,
    HOOK_TOKEN,
    MEMBER,
    MESSAGE,
    MESSAGES,
    PICTURE,
    ROLES,
    SALE,
    SETTINGS,
    THREAD,
    WHO,
    channel,
    message,
    refusal,
)

R, S = Reason, Effect
POST, LIST, GET = f"POST {MESSAGES}", f"GET {MESSAGES}", f"GET /channels/{CHANNEL}"
HOOK_POST, HOOK_GET = f"POST /webhooks/{HOOK}/{HOOK_TOKEN}", f"GET /webhooks/{HOOK}/{HOOK_TOKEN}"
THREAD_POST, THREAD_GET = f"POST /channels/{THREAD}/messages", f"GET /channels/{THREAD}"
SILENT = {"parse": []}
# Of the sale. A version that made another one could double a post whose answer was lost before an upgrade.
NONCE = "c5n7stxxovbq5gepxeytbehfx"
RIGHTS = {ROUTE: ok(body) for ROUTE, body in (
    (f"GET {ROLES}", [{"id": GUILD, "permissions": str(ALL)}]),
    (f"GET {MEMBER}", {"user": {"id": BOT}, "roles": []}),
)}  # fmt: skip
NET = Net("discord", WHO, {POST: ok(message()), GET: ok(channel()), LIST: ok([]), **RIGHTS}, SETTINGS)
HOOKED = Net("discord", BY_HOOK, {HOOK_POST: ok(message(webhook_id=HOOK)),
    HOOK_GET: ok({"id": HOOK, "type": 1, "channel_id": CHANNEL, "guild_id": GUILD})}, SETTINGS)  # fmt: skip
CHAINED = SALE.model_copy(update={"parts": ("Two", "Three")})
SECOND, THIRD = (id_at(NOW + timedelta(seconds=number)) for number in (1, 2))
NAMES = file_names(PUBLICATION, PICTURE.media)
ROLE = "1300000000000000050"
OPTIONS = {
    "mentions": {"everyone": True, "roles": [ROLE]},
    "embed": {"title": "Sale", "description": "Until noon", "url": "https://acme.com", "color": 255},
    "silent": True,
    "hidePreviews": True,
}


def body(step: str = "post", text: str = SALE.text, parent: str | None = None, options: Any = None, **more: Any) -> Any:
    """The body of a bot's message, with the key of what it says."""
    said = {"text": text, "files": [], "parent": parent, "options": options or {}}
    key = {"nonce": nonce_of(PUBLICATION, step, CHANNEL, said), "enforce_nonce": True}
    return {"content": text, "allowed_mentions": SILENT, **key, **more}


def optioned(**options: Any) -> Any:
    return SALE.model_copy(update={"options": options})


def answering(parent: str) -> dict[str, Any]:
    reference = {"message_id": parent, "fail_if_not_exists": True}
    return {"message_reference": reference, "allowed_mentions": {"parse": [], "replied_user": False}}


def listed(*rows: dict[str, Any]) -> dict[str, Any]:
    return {LIST: ok(list(rows))}


def find(outcome: Any, *rows: dict[str, Any], draft: Any = SALE, **replies: Any) -> Case:
    return one("find", NET, draft, outcome, {**listed(*rows), **replies})


def full(**last: Any) -> list[dict[str, Any]]:
    others = [message(str(int(MESSAGE) + number), author={"id": "1"}) for number in range(1, 100)]
    return [message(**last), *others]


# fmt: off
CASES = {
    # what is sent
    "a text notifies nobody and has a nonce": one("publish", NET, SALE,
        Live(MESSAGE, url=f"https://site.example/channels/{GUILD}/{CHANNEL}/{MESSAGE}"),
        requests=[(POST, {**body(), "nonce": NONCE})]),
    "every option of a text": one("publish", NET, optioned(**OPTIONS), Live(MESSAGE),
        requests=[(POST, {**body(options=OPTIONS), "allowed_mentions": {"parse": ["everyone"], "roles": [ROLE]},
            "embeds": [OPTIONS["embed"]], "flags": 4 | 4096})]),
    "parts are replies": Case(NET, CHAINED, [Call(step, Live(message_id),
            [(POST, body(step.partition(" ")[2] or "post", text, parent, **more))])
        for step, message_id, text, parent, more in (
            ("publish", MESSAGE, SALE.text, None, {}),
            ("publish part-2", SECOND, "Two", MESSAGE, answering(MESSAGE)),
            ("publish part-3", THIRD, "Three", SECOND, answering(SECOND)))],
        replies={POST: [ok(message()), ok(message(SECOND)), ok(message(THIRD))]}),
    "a part without its parent is not sent": one("publish part-2", NET, CHAINED,
        Fails(R.PROVIDER_OUTAGE, S.NOT_SENT, "PARENT_UNKNOWN", wait=5), {**listed()}),
    "a thread is its own place": Case(NET, optioned(threadId=THREAD), [
            Call("prepare", Ready, [THREAD_GET]),
            Call("publish", Live(MESSAGE, url=f"https://site.example/channels/{GUILD}/{THREAD}/{MESSAGE}"),
                [THREAD_POST])],
        replies={THREAD_POST: ok(message()), THREAD_GET: ok(channel(id=THREAD, type=11, parent_id=CHANNEL))}),
    "another channel's thread is refused before the visible call": one("prepare", NET, optioned(threadId=THREAD),
        Fails(R.INVALID_FIELD, S.REJECTED, words=THREAD), {THREAD_GET: ok(channel(id=THREAD, type=11, parent_id="7"))}),
    "so is a channel that is no thread": one("prepare", NET, optioned(threadId=THREAD),
        Fails(R.INVALID_FIELD, S.REJECTED), {THREAD_GET: ok(channel(id=THREAD))}),
    "a channel that is gone is known before the visible call": one("prepare", NET, SALE,
        Fails(R.TARGET_NOT_ACCESSIBLE, S.REJECTED, "10003"), {GET: refusal(404, 10003)}),
    # refusals
    "the field that is wrong is named": one("publish", NET, SALE,
        Fails(R.INVALID_FIELD, S.REJECTED, "50035", said="Invalid Form Body; embeds.0.title: Must be 256 or fewer"),
        {POST: refusal(400, 50035, "Invalid Form Body",
            errors={"embeds": {"0": {"title": {"_errors": [{"code": "X", "message": "Must be 256 or fewer"}]}}}})}),
    "a nonce of a message that was deleted since may be ours": one("publish", NET, SALE,
        Fails(R.DUPLICATE_CONTENT, S.REJECTED, "10008", ours=True), {POST: refusal(404, 10008)}),
    "a wait in the body": one("publish", NET, SALE, Fails(R.RATE_LIMITED, S.NOT_SENT, wait=3),
        {POST: answer(429, {"message": "slow", "retry_after": 2.13, "global": False})}),
    "a wait in a header": one("publish", NET, SALE, Fails(R.RATE_LIMITED, S.NOT_SENT, wait=65),
        {POST: answer(429, {"message": "slow", "retry_after": 64.57, "global": True}, {"retry-after": "65"})}),
    "a message without its channel proves nothing": one("publish", NET, SALE,
        Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"), {POST: ok({"id": MESSAGE})}),
    # a lost answer of a bot
    "by the nonce": find(Live(SECOND), message(), message(SECOND, nonce=NONCE)),
    "by its text it is only alike": find(Live(MESSAGE, alike=True), message()),
    "blanks and composed characters make no difference": find(Live(MESSAGE, alike=True),
        message(content="cafe\u0301  now"), draft=publication("café now ")),
    "by the names of its files": find(Live(MESSAGE), message(content="stripped", attachments=[{"filename": NAMES[0]}]),
        draft=PICTURE),
    "files with other names are alike": find(Live(MESSAGE, alike=True),
        message(content="Hello", attachments=[{"filename": "image.jpg"}]), draft=PICTURE),
    **{f"not {name}": find(Absent, row, draft=draft) for name, row, draft in (
        ("another bot's", message(author={"id": "1300000000000000051"}), SALE),
        ("another nonce", message(nonce="other"), SALE),
        ("another text", message(content="Closed"), SALE),
        ("a reply", message(message_reference={"message_id": "1300000000000000052"}), SALE),
        ("with an embed", message(embeds=[{"type": "rich", "title": "Sale"}]), SALE),
        ("without its files", message(content="Hello"), PICTURE),
        ("another post's files",
            message(content="Hello", attachments=[{"filename": "image-0123456789ab-0.jpg"}]), PICTURE))},
    "a preview of a link is no embed": find(Live(MESSAGE, alike=True),
        message(embeds=[{"type": "link", "title": "x"}])),
    "two that are alike": find(Unknown, message(), message(SECOND)),
    "a part by its parent": Case(NET, CHAINED, [Call("find part-2", Live(SECOND, alike=True))],
        state={"posts": {"post": {"id": MESSAGE}}},
        replies=listed(message(SECOND, content="Two", message_reference={"message_id": MESSAGE}))),
    "an empty list, and the bot may read": one("find", NET, SALE, Absent,
        requests=[(LIST, {"after": id_at(NOW - timedelta(seconds=5)), "limit": "100"}), GET, f"GET {MEMBER}",
            f"GET {ROLES}"]),
    "an empty list, and the bot may not read": find(Unknown, **{f"GET {ROLES}": ok([{"id": GUILD,
        "permissions": str(ALL & ~(1 << 16))}])}),
    "an empty list of a channel that forbids it to the bot": find(Unknown, **{GET: ok(channel(permission_overwrites=[
        {"id": GUILD, "allow": "0", "deny": str(1 << 16)}]))}),
    "what everyone may not, a bot may": find(Absent, **{GET: ok(channel(permission_overwrites=[
        {"id": GUILD, "allow": "0", "deny": str(1 << 16)}, {"id": BOT, "allow": str(1 << 16), "deny": "0"}]))}),
    "an administrator may read all": find(Absent, **{f"GET {ROLES}": ok([{"id": GUILD, "permissions": "8"}])}),
    "more new messages than one list": find(Unknown, *full()),
    "but one of them has our nonce": find(Live(MESSAGE), *full(nonce=NONCE)),
    "no list": one("find", NET, SALE, Unknown, {LIST: ok({"messages": []})}),
    "a list that cannot be read": one("find", NET, SALE, Unknown, {LIST: answer(502, "<html>")}),
    # a webhook
    "a webhook is read before the visible call": one("prepare", HOOKED, SALE, Ready, requests=[HOOK_GET]),
    "a webhook that was deleted": one("prepare", HOOKED, SALE, Fails(R.TOKEN_REVOKED, S.NOT_SENT, "10015"),
        {HOOK_GET: refusal(404, 10015)}),
    "a webhook waits for its message, and has no nonce": one("publish", HOOKED, optioned(username="Acme"),
        Live(MESSAGE, url=f"https://site.example/channels/{GUILD}/{CHANNEL}/{MESSAGE}"), requests=[
            (f"{HOOK_POST}?wait=true", {"content": SALE.text, "allowed_mentions": SILENT, "username": "Acme"})]),
    "204 says nothing": one("publish", HOOKED, SALE, Fails(R.PROVIDER_OUTAGE, S.UNKNOWN, "NO_PROOF"),
        {HOOK_POST: httpx.Response(204)}),
    "a webhook's lost message is not looked for": Case(HOOKED, SALE, [
            Call("publish", Fails(R.PROVIDER_OUTAGE, S.UNKNOWN)), Call("find", Unknown, [])],
        replies={HOOK_POST: httpx.ReadTimeout("slow")}),
}
