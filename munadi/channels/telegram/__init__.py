"""Telegram: channels and groups through a bot. Facts: docs/networks/telegram.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.channel import Parts
from munadi.channels.http import ChannelTools
from munadi.channels.telegram.accounts import TelegramAccounts
from munadi.channels.telegram.api import Api
from munadi.channels.telegram.publisher import TelegramChannel
from munadi.channels.telegram.rules import TelegramRules
from munadi.channels.telegram.spec import SPEC, Settings


def build(given: Mapping[str, Any], tools: ChannelTools) -> TelegramChannel:
    """The channel from the settings under `MUNADI_CHANNELS__TELEGRAM__`."""
    settings = Settings.model_validate(dict(given))
    spec, api = settings.specified(SPEC), Api(settings, tools)
    parts = Parts(spec, TelegramRules(spec, settings), TelegramAccounts(api))
    return TelegramChannel(parts, settings, api, tools)
