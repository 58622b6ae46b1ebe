"""Facebook Pages: posts, photos, videos, reels and stories. Facts: facebook.md, 2026-11."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.facebook.adapter import Facebook
from munadi.channels.facebook.spec import Settings
from munadi.channels.http import ChannelTools
from munadi.ports import Channel


def build(settings: Mapping[str, Any], tools: ChannelTools) -> Channel:
    """The channel from what stands under `MUNADI_CHANNELS__FACEBOOK__`."""
    return Facebook(Settings.model_validate(dict(settings)), tools)
