"""Which chat an account is, and what the bot may do there. Source: docs/networks/telegram.md, section 2.

A bot has one token for all its chats; it has no end and no renewal, and nothing but an import connects it.
"""

from __future__ import annotations

import re
from typing import Any

from munadi.channels.answers import text_in
from munadi.channels.channel import Accounts
from munadi.channels.http import given_id
from munadi.channels.telegram.api import Api
from munadi.channels.telegram.errors import failure
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.failure import ChannelError, Effect, FieldRefused, Reason
from munadi.ports import AccountImport, Connection

TARGET = re.compile(r"-?[0-9]{1,20}|@[A-Za-z0-9_]{4,32}")
KINDS = ("channel", "supergroup", "group")
# The rights of a group's members, by what a post needs.
RIGHTS = {
    "texts": "can_send_messages",
    "photos": "can_send_photos",
    "videos": "can_send_videos",
    "documents": "can_send_documents",
    "animations": "can_send_other_messages",
    "polls": "can_send_polls",
}
LACKS, KIND, USERNAME, PROBED = "lacks", "type", "username", "probed"


class TelegramAccounts(Accounts):
    """Channels and groups, each with the bot that posts there."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def verify(self, given: AccountImport) -> Connection:
        """getMe, getChat, getChatMember. Raises ChannelError, also where the bot may not post."""
        if given.access_token is None:
            raise failure(Reason.MISSING_FIELD, "give the bot's token as accessToken", Effect.REJECTED)
        if not given.external_id:
            message, pointer = "Telegram: give the chat's id or @name as externalId", "/externalId"
            raise FieldRefused(Reason.MISSING_FIELD, Effect.REJECTED, message, pointer=pointer, rule="missing")
        token, target = given.access_token.get_secret_value(), given.external_id
        if not TARGET.fullmatch(target):
            raise _wrong("chat_id", "externalId is the chat's id or @name", "-1001234567890 or @name", target)
        bot = await self._api.read(token, "getMe")
        chat = await self._api.read(token, "getChat", chat_id=target)
        bot_id, chat_id, kind = given_id(bot.get("id")), given_id(chat.get("id")), text_in(chat, "type")
        if bot_id is None or chat_id is None or kind is None:
            raise failure(Reason.UNKNOWN_PROVIDER_ERROR, "getMe or getChat has no id", Effect.UNKNOWN)
        if not target.startswith("@") and target != chat_id:
            raise _wrong("credentials_of_external_id", f"the chat is {chat_id}, not {target}", target, chat_id)
        if kind not in KINDS:
            raise _wrong("chat_type", f"takes channels and groups; this is a {kind} chat", ", ".join(KINDS), kind)
        member = await self._api.read(token, "getChatMember", chat_id=chat_id, user_id=bot_id)
        name, title = text_in(chat, "username"), text_in(chat, "title")
        profile = Profile(
            external_id=chat_id,
            handle=name or title or chat_id,
            display_name=title,
            facts={
                KIND: kind,
                USERNAME: name,
                LACKS: _lacking(kind, chat, member),
                PROBED: _is_probed(kind, member),
                "bot": text_in(bot, "username"),
            },
        )
        return Connection(profile, Credentials(access_token=given.access_token))

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """A token that Telegram refuses cannot be renewed. Raises ChannelError."""
        raise failure(Reason.TOKEN_REVOKED, "the bot's token is not valid any more: import the new one")


def chat_fact(account: ConnectedAccount | None, name: str) -> str | None:
    """A fact of the account's chat that is text."""
    return text_in(account.facts, name) if account else None


def lacking(account: ConnectedAccount | None) -> list[str]:
    """What the bot may not post in the account's chat: names of RIGHTS."""
    found = account.facts.get(LACKS) if account else None
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _lacking(kind: str, chat: dict[str, Any], member: dict[str, Any]) -> list[str]:
    """What of RIGHTS the bot lacks. Raises ChannelError where it may not post at all."""
    status = member.get("status")
    if status not in ("administrator", "member", "restricted", "creator"):
        raise failure(Reason.TARGET_NOT_ACCESSIBLE, "the bot is not in the chat: add it there", Effect.REJECTED)
    if kind == "channel" and not (status == "administrator" and member.get("can_post_messages") is True):
        message = "make the bot an administrator of the channel that may post messages, and nothing more"
        raise failure(Reason.MISSING_SCOPE, message, Effect.REJECTED, "can_post_messages")
    if kind == "channel" or status in ("administrator", "creator"):
        return []
    rights = member if status == "restricted" else chat.get("permissions")
    lacks = [what for what, right in RIGHTS.items() if isinstance(rights, dict) and rights.get(right) is False]
    if len(lacks) == len(RIGHTS):
        raise failure(Reason.MISSING_SCOPE, "the group lets the bot post nothing", Effect.REJECTED, "can_send_messages")
    return lacks


def _is_probed(kind: str, member: dict[str, Any]) -> bool:
    """Whether message ids tell the bot's own posts from others' (docs/networks/telegram.md, section 7)."""
    sees_all = kind != "group" and member.get("status") == "administrator"
    return sees_all and member.get("can_edit_messages") is not True


def _wrong(rule: str, message: str, limit: str, actual: str) -> ChannelError:
    return FieldRefused(
        Reason.INVALID_FIELD,
        Effect.REJECTED,
        f"Telegram: {message}",
        pointer="/externalId",
        rule=rule,
        limit=limit,
        actual=actual,
    )
