"""Bluesky, over any AT Protocol PDS. Facts: bluesky.md, 2026-11."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.bluesky.adapter import Bluesky
from munadi.channels.bluesky.spec import Settings
from munadi.channels.http import ChannelTools
from munadi.ports import Channel


def build(settings: Mapping[str, Any], tools: ChannelTools) -> Channel:
    """The channel from what stands under `MUNADI_CHANNELS__BLUESKY__`."""
    return Bluesky(Settings.model_validate(dict(settings)), tools)
