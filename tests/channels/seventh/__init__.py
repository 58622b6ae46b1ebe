"""A seventh network, as small as possible: a text at a key that we choose. Its test copies it into a tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.channel import Parts
from munadi.channels.http import ChannelTools
from munadi.channels.rules import Rules
from munadi.channels.seventh.accounts import SeventhAccounts
from munadi.channels.seventh.errors import explain
from munadi.channels.seventh.publisher import SeventhChannel
from munadi.channels.seventh.spec import SPEC, Options, Settings


def build(given: Mapping[str, Any], tools: ChannelTools) -> SeventhChannel:
    """The channel from the settings under `MUNADI_CHANNELS__SEVENTH__`."""
    settings, http = Settings.model_validate(dict(given)), tools.http(explain)
    spec, base = settings.applied_to(SPEC, settings.api), settings.api.rstrip("/")
    parts = Parts(spec, Rules[Options](spec), SeventhAccounts(http, base))
    return SeventhChannel(parts, tools, http, base)
