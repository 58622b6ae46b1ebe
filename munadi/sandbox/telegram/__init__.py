"""Telegram emulated: the Bot API under `/telegram/api/bot<token>/<method>`, messages' addresses under `/telegram/site`.

Source: docs/networks/telegram.md, section 8. A profile is a chat with a bot of its own. All bots may store files in
one private chat; calls that send there are operations of their own, `store_…`. Not emulated: copies, topics,
updates, basic groups, files by URL, effects long after a lost connection, limits of all chats together.
"""

from __future__ import annotations

import secrets
from typing import Any

from munadi.sandbox.exchange import Call
from munadi.sandbox.model import PostView
from munadi.sandbox.platform import Platform, Run, site
from munadi.sandbox.storage import Table
from munadi.sandbox.telegram import editing, messages, removal
from munadi.sandbox.telegram.changes import CHANGES
from munadi.sandbox.telegram.model import PROBLEMS, STORAGE_CHAT, Chat, File, Message, parameters, refuse

DEFAULT = Chat("-1002000000001", "munadi_sandbox", 7_100_000_001)
# Published on purpose: it opens nothing real.
DEFAULT_TOKEN = "7100000001:sandboxMunadiTelegramBotTokenAAAAA"
SENDS = ("sendMessage", "sendPhoto", "sendVideo", "sendAnimation", "sendDocument", "sendMediaGroup", "sendPoll")
READS: dict[str, Run] = {
    "getMe": messages.get_me,
    "getChat": messages.get_chat,
    "getChatMember": messages.get_member,
    "stopMessageLiveLocation": messages.stop_live_location,
    "deleteMessage": removal.delete_one,
    "deleteMessages": removal.delete,
}


class Telegram(Platform[Chat]):
    channel = "telegram"
    title = "Telegram"
    problems = PROBLEMS
    refusal, throttling = {"error": "right"}, {"error": "rate"}
    app_credentials = ()  # bots need no app
    hosts = {"API": "api", "SITE": "site"}
    default_limits = {"messagesPerMinute": 20, "photoBytes": 10_000_000, "fileBytes": 50_000_000}
    default_switches = {"othersPost": False, "queueVideos": False}
    statuses = {"active", "kicked", "may_not_post", "may_edit", "group", "upgraded", "chat_gone", "frozen"}
    changes = CHANGES
    default_profile = DEFAULT
    visible = frozenset(SENDS)
    routes = {
        **{f"* api/*/{name}": (name, run) for name, run in READS.items()},
        **{f"POST api/*/{name}": (name, messages.send) for name in SENDS},
        **{f"POST api/*/{name}": (name, editing.edit) for name in ("editMessageText", "editMessageCaption")},
        "POST api/*/forwardMessage": ("forwardMessage", messages.forward),
        "GET site/**": ("site", site),
    }
    variants = {f"store_{name}": messages.send for name in SENDS}

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.messages: Table[Message] = self.table("message", Message)
        self.files: Table[File] = self.table("file", File)

    def variant(self, name: str, call: Call) -> str:
        """What is sent to a storage chat is not the visible call."""
        if name not in self.visible:
            return name
        return f"store_{name}" if parameters(call).get("chat_id") == STORAGE_CHAT else name

    def profile_of(self, call: Call) -> str | None:
        token = self.issuer.tokens.get(_token(call))
        return token.profile_id if token else None

    def logged_path(self, call: Call) -> str:
        return super().logged_path(call).replace(_token(call) or "\0", "…")

    def caller(self, call: Call) -> Chat:
        """The chat of the call's bot."""
        token = self.issuer.live(_token(call))
        if token is None:
            raise refuse("token")
        return self.profile(token.profile_id)

    def rate_facts(self, most: int, seconds: float, ends: float) -> dict[str, Any]:
        """429 has the seconds three times."""
        wait = int(ends - self.clock.now()) + 1
        text = f"Too Many Requests: retry after {wait}"
        return {"text": text, "headers": {"retry-after": str(wait)}, "parameters": {"retry_after": wait}}

    def seed_tokens(self, profile: Chat) -> None:
        self.issuer.issue("", profile.id, [], None, value=DEFAULT_TOKEN)
        profile.last = {}
        messages.other(self, profile, "Channel created")

    def new_profile(self, name: str | None, beside: Chat | None) -> Chat:
        number = secrets.randbelow(10**9) + 10**9
        chat = Chat(f"-100{number}", self.new_username(name, signs="_", joint="_"), 6 * 10**9 + number)
        messages.other(self, chat, "Channel created")
        return chat

    def new_tokens(self, profile: Chat) -> dict[str, Any]:
        token = self.issuer.issue(f"{profile.bot_id}:", profile.id, [], None)
        return {"accessToken": token.value}

    def rows_of(self, post: PostView) -> list[tuple[Table[Any], str]]:
        """The message, or all of an album."""
        first = self.messages.get(f"{post.profile}/chat/{post.id}")
        album = [one.key for one in self.messages if first and one.group and one.group == first.group]
        return [(self.messages, key) for key in album or [f"{post.profile}/chat/{post.id}"]]

    def permalink(self, row: Message, base_url: str) -> str:
        return f"{base_url}/telegram/site/{self.profile(row.profile_id).username}/{row.number}"

    def posts(self, base_url: str) -> list[PostView]:
        """Each message of a bot in its chat; an album is one post."""
        return [self._view(one, base_url) for one in self.messages if one.own and one.is_first and not one.stored]

    def _view(self, message: Message, base_url: str) -> PostView:
        album = [one for one in self.messages if one.group and one.group == message.group] or [message]
        notes = [f"Poll: {' · '.join(message.poll)}"] if message.poll else []
        notes += [name for name, value in message.shown.items() if value]
        return self.view(
            message,
            base_url,
            id=str(message.number),
            kind="reply" if message.reply_to else message.kind,
            media=self.shown_media([one.digest for one in album], []),
            notes=notes,
        )


def _token(call: Call) -> str:
    """The token in the address, which is `api/bot<token>/<method>`."""
    parts = call.path.split("/")
    return parts[1].removeprefix("bot") if len(parts) > 1 else ""
