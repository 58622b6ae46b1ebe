"""What a person needs to know of a network's profiles: what connects one by hand, and where it is seen."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, final
from urllib.parse import quote

from munadi.domain.account import ConnectedAccount
from munadi.domain.choices import OptionChoice
from munadi.ports.bounded import bounded
from munadi.ports.live_posts import LivePosts


class PastedAs(StrEnum):
    """What a person pastes to connect an account by an import."""

    TOKEN = "token"
    BOT_AND_CHAT = "bot_and_chat"  # a bot's token, and the chat that it posts to
    BOT_OR_WEBHOOK = "bot_or_webhook"  # a bot's token and a channel, or the address of a webhook
    APP_PASSWORD = "app_password"
    SECRET_KEY = "secret_key"  # a key that signs, and the address of a server that takes what it signs


class Profiles(LivePosts):
    """Part of a channel. `profile_at` is where people see a profile, with {handle} and {id}; empty where an account
    does not tell that. `listed_options`: options whose values the network lists by name, each with the option
    whose value they belong to, or None."""

    pasted_as: PastedAs = PastedAs.TOKEN
    profile_at: str = ""
    listed_options: Mapping[str, str | None] = {}

    def profile_page(self, handle: str, external_id: str, server: str | None) -> str | None:
        """The public address of a profile; None where it is not known from its account."""
        shown = {"handle": quote(handle.lstrip("@"), safe="."), "id": quote(external_id, safe="")}
        return self.profile_at.format(**shown) or None

    def listed(self, facts: Mapping[str, Any]) -> Mapping[str, Mapping[str, str]]:
        """The names of what an account has, by option and id, as its last check found them. Unknown ones are absent."""
        return {}

    @final
    async def choices(self, account: ConnectedAccount, option: str, of: str | None) -> tuple[OptionChoice, ...]:
        """The values of one of `listed_options` as the network lists them now, below the value `of` where they belong
        to one. Empty where there are more than are read. Raises ChannelError."""
        async with self._boundary("choices", account) as called:
            network: Any = called
            found: tuple[OptionChoice, ...] = bounded(await network._choices(account, option, of))
            return found

    async def _choices(self, account: ConnectedAccount, option: str, of: str | None) -> tuple[OptionChoice, ...]:
        raise NotImplementedError(option)
