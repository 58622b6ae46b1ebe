"""Which channel an account is, and who posts there. Source: docs/networks/discord.md, section 2.

Either a bot, which has one token for all its channels, and the channel's id; or a webhook, whose URL is all there is.
Neither has an end or a renewal, and nothing but an import connects it.
"""

from __future__ import annotations

import re
from typing import Any

from munadi.channels.answers import text_in
from munadi.channels.channel import Accounts
from munadi.channels.discord.api import Api, Webhook
from munadi.channels.discord.errors import failure
from munadi.channels.discord.permissions import THREAD_TYPES, missing
from munadi.channels.discord.spec import SNOWFLAKE
from munadi.channels.http import given_id
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.failure import ChannelError, Effect, FieldRefused, Reason
from munadi.ports import AccountImport, Connection

# Channels where a message can be posted, with their types.
KINDS = {0: "text", 5: "announcement", **dict.fromkeys(THREAD_TYPES, "thread")}
BOT, WEBHOOK = "bot", "webhook"
POSTS_AS, BOT_ID, GUILD, CHANNEL = "postsAs", "botId", "guild", "channel"


class DiscordAccounts(Accounts):
    """Channels, each with the bot or the webhook that posts there."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def verify(self, given: AccountImport) -> Connection:
        """Read whose the credential is, and whether a bot may post. Raises ChannelError."""
        if given.access_token is None:
            message = "give the bot's token, or a webhook's URL, as accessToken"
            raise failure(Reason.MISSING_FIELD, message, Effect.REJECTED)
        credential = given.access_token.get_secret_value()
        caller = self._api.caller(credential)
        if caller.webhook is not None:
            profile = await self._webhook(credential, caller.webhook, given.external_id)
        elif "://" in credential or "/" in credential:
            message = "is no URL of a webhook: https://discord.com/api/webhooks/<id>/<token>"
            raise _wrong("webhook_url", message, "/accessToken")
        else:
            profile = await self._bot(credential, given.external_id)
        return Connection(profile, Credentials(access_token=given.access_token))

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """What Discord refuses cannot be renewed. Raises ChannelError."""
        what = "webhook" if is_webhook(account) else "bot's token"
        raise failure(Reason.TOKEN_REVOKED, f"the {what} is not valid any more: import the new one")

    async def _webhook(self, credential: str, hook: Webhook, wanted: str | None) -> Profile:
        found = await self._api.read(self._api.caller(credential), hook.path)
        channel, guild = given_id(found.get("channel_id")), given_id(found.get("guild_id"))
        if given_id(found.get("id")) != hook.id or channel is None or guild is None:
            raise failure(Reason.UNKNOWN_PROVIDER_ERROR, "the webhook has no id or no channel", Effect.UNKNOWN)
        if wanted and wanted != hook.id:
            message = f"the URL is that of the webhook {hook.id}"
            raise _wrong("credentials_of_external_id", message, limit=wanted, actual=hook.id)
        name = text_in(found, "name")
        facts = {POSTS_AS: WEBHOOK, GUILD: guild, CHANNEL: channel}
        return Profile(external_id=hook.id, handle=name or hook.id, display_name=name, facts=facts)

    async def _bot(self, token: str, target: str | None) -> Profile:
        if not target:
            message = "Discord: give the channel's id as externalId"
            raise FieldRefused(Reason.MISSING_FIELD, Effect.REJECTED, message, pointer="/externalId", rule="missing")
        if not re.fullmatch(SNOWFLAKE, target):
            raise _wrong("channel_id", "externalId is the channel's id", limit="1234567890123456789", actual=target)
        caller = self._api.caller(token)
        bot = await self._api.read(caller, "users/@me")
        channel = await self._api.read(caller, f"channels/{target}")
        bot_id, channel_id, guild = given_id(bot["id"]), given_id(channel["id"]), given_id(channel.get("guild_id"))
        kind = channel.get("type")
        if bot_id is None or channel_id != target:
            raise failure(Reason.UNKNOWN_PROVIDER_ERROR, "Discord answered with another channel", Effect.UNKNOWN)
        if kind not in KINDS or guild is None:
            message = "takes text and announcement channels of a server, and threads; a forum's posts are threads"
            raise _wrong("channel_type", message, limit=", ".join(KINDS.values()), actual=str(kind))
        if lacks := await missing(self._api, caller, channel, bot_id):
            message = f"the bot lacks permissions in this channel: {', '.join(lacks)}"
            raise failure(Reason.MISSING_SCOPE, message, Effect.REJECTED, lacks[0])
        name = text_in(channel, "name")
        facts = {POSTS_AS: BOT, BOT_ID: bot_id, GUILD: guild, CHANNEL: channel_id, "type": KINDS[kind]}
        facts["bot"] = text_in(bot, "username") or ""
        return Profile(external_id=channel_id, handle=name or channel_id, display_name=name, facts=facts)


def is_webhook(account: ConnectedAccount | None) -> bool:
    """Whether a webhook posts, and not a bot."""
    return fact(account, POSTS_AS) == WEBHOOK


def fact(account: ConnectedAccount | None, name: str) -> str | None:
    """A fact of the account that is text."""
    return text_in(account.facts, name) if account else None


def _wrong(rule: str, message: str, pointer: str = "/externalId", **more: Any) -> ChannelError:
    return FieldRefused(
        Reason.INVALID_FIELD, Effect.REJECTED, f"Discord: {message}", pointer=pointer, rule=rule, **more
    )
