"""Discord emulated: the API under `/discord/api/v10/…`, messages' addresses under `/discord/site/channels/…`.

Source: docs/networks/discord.md, section 8. A profile is a channel of a server with a bot, a webhook and a thread of
its own. Not emulated: forum posts, crossposts, polls, components, slow mode, files of boosted servers, shared limits.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from munadi.sandbox.clock import MINUTE
from munadi.sandbox.discord import changing, messages, reads
from munadi.sandbox.discord.changes import CHANGES
from munadi.sandbox.discord.model import EPOCH, PROBLEMS, SHIFT, Channel, Message, Nonce, refuse, refuse_if
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.model import PostView
from munadi.sandbox.platform import Platform, Run, site
from munadi.sandbox.storage import Table

# Published on purpose: they open nothing real.
DEFAULT_TOKEN = "sandboxMunadi.Discord.BotTokenAAAAAAAAAAAAAAAAAAAAAAAAAA"
DEFAULT = Channel(
    "1300000000000000001",
    "munadi-sandbox",
    "1300000000000000000",
    "1300000000000000002",
    "1300000000000000003",
    "sandboxMunadiDiscordWebhookTokenAAAAAAAAAAAA",
    "1300000000000000004",
)
AGENT = "DiscordBot ("
BANNED = "<!DOCTYPE html><title>Access denied | discord.com used Cloudflare to restrict access</title>"


class Discord(Platform[Channel]):
    channel = "discord"
    title = "Discord"
    problems = PROBLEMS
    refusal, throttling = {"error": "permission"}, {"error": "rate"}
    app_credentials = ()  # bots and webhooks need no app here
    hosts = {"API": "api", "SITE": "site"}
    default_limits = {
        "messagesPer5Seconds": 5,
        "webhookPerMinute": 30,
        "invalidPer10Minutes": 10_000,
        "fileBytes": 10 * 1024 * 1024,
        "requestBytes": 25 * 1024 * 1024,
        "nonceSeconds": 60,
    }
    default_switches = {"othersPost": False, "nonceInReads": False}
    statuses = {
        "active",
        "kicked",
        "may_not_post",
        "no_history",
        "channel_gone",
        "webhook_gone",
        "announcement",
        "forum",
    }
    changes = CHANGES
    default_profile = DEFAULT
    visible = frozenset({"create_message", "execute_webhook"})
    routes = {
        "GET api/*/users/@me": ("get_me", reads.get_me),
        "GET api/*/channels/*": ("get_channel", reads.get_channel),
        "GET api/*/guilds/*/roles": ("get_roles", reads.get_roles),
        "GET api/*/guilds/*/members/*": ("get_member", reads.get_member),
        "GET api/*/channels/*/messages": ("list_messages", reads.list_messages),
        "POST api/*/channels/*/messages": ("create_message", messages.create),
        "GET api/*/channels/*/messages/*": ("get_message", reads.get_message),
        "PATCH api/*/channels/*/messages/*": ("edit_message", changing.edit),
        "DELETE api/*/channels/*/messages/*": ("delete_message", changing.delete),
        "GET api/*/webhooks/*/*": ("get_webhook", reads.get_webhook),
        "POST api/*/webhooks/*/*": ("execute_webhook", messages.execute),
        "GET api/*/webhooks/*/*/messages/*": ("get_webhook_message", reads.get_message),
        "PATCH api/*/webhooks/*/*/messages/*": ("edit_webhook_message", changing.edit),
        "DELETE api/*/webhooks/*/*/messages/*": ("delete_webhook_message", changing.delete),
        "GET site/**": ("site", site),
    }

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._last_id = 0
        self.messages: Table[Message] = self.table("message", Message)
        self.nonces: Table[Nonce] = self.table("nonce", Nonce)

    async def play(self, name: str, run: Run, call: Call) -> Answer:
        """Refuse clients without Discord's own header, and addresses of which too many calls were refused."""
        if name == "site":
            return await run(self, call)
        if len(self.recent("invalid", 10 * MINUTE)) >= self.limits["invalidPer10Minutes"]:
            return Answer(403, BANNED)
        refuse_if(not call.headers.get("user-agent", "").startswith(AGENT), "blocked")
        return await run(self, call)

    def count_invalid(self) -> None:
        """Count a refused call, of which an address may have so many."""
        self.recent("invalid", 10 * MINUTE).append(self.clock.now())

    def next_id(self) -> str:
        """A snowflake: larger than all before, and as old as it says."""
        now = (int(self.clock.now() * 1000) - EPOCH) << SHIFT
        self._last_id = max(now, self._last_id + 1)
        return str(self._last_id)

    def profile_of(self, call: Call) -> str | None:
        if hook := _webhook_of(call):
            return next((one.id for one in self.accounts if one.webhook_id == hook[0]), None)
        token = self.issuer.tokens.get(_bot_token(call))
        return token.profile_id if token else None

    def logged_path(self, call: Call) -> str:
        hook = _webhook_of(call)
        return super().logged_path(call).replace(hook[1] if hook else "\0", "…")

    def caller(self, call: Call) -> Channel:
        """The channel of the call's bot or webhook."""
        if hook := _webhook_of(call):
            found = next((one for one in self.accounts if one.webhook_id == hook[0]), None)
            if found is None or found.status in ("webhook_gone", "channel_gone"):
                raise refuse("webhook")
            refuse_if(hook[1] != found.webhook_token, "webhook_token")
            return found
        token = self.issuer.live(_bot_token(call))
        if token is None:
            self.count_invalid()
            raise refuse("token")
        return self.profile(token.profile_id)

    def by_webhook(self, call: Call) -> bool:
        """Whether a webhook calls."""
        return _webhook_of(call) is not None

    def rate_facts(self, most: int, seconds: float, ends: float) -> dict[str, Any]:
        """429 says three times how long to wait."""
        wait = max(ends - self.clock.now(), 0.001)
        self.count_invalid()
        headers = {"retry-after": str(int(wait) + 1), "x-ratelimit-scope": "user", "x-ratelimit-remaining": "0"}
        headers |= {"x-ratelimit-limit": str(most), "x-ratelimit-reset-after": f"{wait:.3f}"}
        return {"headers": headers, "retry_after": round(wait, 3)}

    def seed_tokens(self, profile: Channel) -> None:
        self.issuer.issue("", profile.id, [], None, value=DEFAULT_TOKEN)

    def new_profile(self, name: str | None, beside: Channel | None) -> Channel:
        ids = [self.next_id() for _ in range(5)]
        name = self.new_username(name, signs="-_", joint="-")
        return replace(
            DEFAULT,
            id=ids[0],
            username=name,
            guild_id=ids[1],
            bot_id=ids[2],
            webhook_id=ids[3],
            webhook_token=secrets.token_urlsafe(48),
            thread_id=ids[4],
        )

    def new_tokens(self, profile: Channel) -> dict[str, Any]:
        token = self.issuer.issue("sandbox.bot.", profile.id, [], None)
        return {"accessToken": token.value}

    def credentials(self, profile: Channel, base_url: str) -> dict[str, Any]:
        """With the webhook's URL, which can be connected instead of the bot, and the id of the thread."""
        path = f"api/webhooks/{profile.webhook_id}/{profile.webhook_token}"
        more = {"webhookUrl": f"{base_url}/discord/{path}", "threadId": profile.thread_id}
        return super().credentials(profile, base_url) | more

    def rows_of(self, post: PostView) -> list[tuple[Table[Any], str]]:
        return [(self.messages, post.id)]

    def permalink(self, row: Message, base_url: str) -> str:
        return f"{base_url}/discord/site/channels/{self.profile(row.profile_id).guild_id}/{row.place}/{row.id}"

    def posts(self, base_url: str) -> list[PostView]:
        """Each message of a bot or a webhook in its channel."""
        return [self._view(one, base_url) for one in self.messages if one.kind != "other"]

    def _view(self, message: Message, base_url: str) -> PostView:
        notes = ["in the thread"] if message.place != message.profile_id else []
        notes += [f"as {message.username}"] if message.username else []
        notes += [
            " · ".join(str(one[part]) for part in ("title", "description") if part in one) for one in message.embeds
        ]
        notes += messages.notified(message)
        return self.view(
            message,
            base_url,
            kind="reply" if message.reply_to else message.kind,
            media=self.shown_media(
                [one["digest"] for one in message.files], [one["description"] for one in message.files]
            ),
            notes=notes,
        )


def _bot_token(call: Call) -> str:
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme == "Bot" else ""


def _webhook_of(call: Call) -> tuple[str, str] | None:
    """The id and the token in the address, which is `api/v10/webhooks/<id>/<token>`."""
    parts = call.path.split("/")
    at = parts.index("webhooks") if "webhooks" in parts else len(parts)
    return (parts[at + 1], parts[at + 2]) if len(parts) > at + 2 else None
