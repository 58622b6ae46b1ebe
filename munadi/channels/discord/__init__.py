"""Discord: channels and threads through a bot or a webhook. Facts: docs/networks/discord.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.channel import Parts
from munadi.channels.discord.accounts import DiscordAccounts
from munadi.channels.discord.api import Api
from munadi.channels.discord.publisher import DiscordChannel
from munadi.channels.discord.rules import DiscordRules
from munadi.channels.discord.spec import SPEC, Settings
from munadi.channels.http import ChannelTools


def build(given: Mapping[str, Any], tools: ChannelTools) -> DiscordChannel:
    """The channel from the settings under `MUNADI_CHANNELS__DISCORD__`."""
    settings = Settings.model_validate(dict(given))
    spec, api = settings.applied_to(SPEC, settings.hosts.api), Api(settings, tools)
    return DiscordChannel(Parts(spec, DiscordRules(spec), DiscordAccounts(api)), settings, api, tools)
