"""YouTube: one video, uploaded as private and made visible by one call. Facts: youtube.md, 2026-11."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.http import ChannelTools
from munadi.channels.youtube.adapter import YouTube
from munadi.channels.youtube.spec import Settings
from munadi.ports import Channel


def build(settings: Mapping[str, Any], tools: ChannelTools) -> Channel:
    """The channel from what stands under `MUNADI_CHANNELS__YOUTUBE__`."""
    return YouTube(Settings.model_validate(dict(settings)), tools)
