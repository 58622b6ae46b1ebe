"""YouTube: one video, uploaded as private and made visible by one call. Facts: docs/networks/youtube.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.channel import Parts
from munadi.channels.http import ChannelTools
from munadi.channels.youtube.accounts import YouTubeAccounts
from munadi.channels.youtube.api import Api
from munadi.channels.youtube.publisher import YouTubeChannel
from munadi.channels.youtube.rules import YouTubeRules
from munadi.channels.youtube.spec import SPEC, Settings


def build(given: Mapping[str, Any], tools: ChannelTools) -> YouTubeChannel:
    """The channel from the settings under `MUNADI_CHANNELS__YOUTUBE__`."""
    settings = Settings.model_validate(dict(given))
    spec = settings.applied_to(SPEC, settings.hosts.api, settings.hosts.token)
    api = Api(settings, tools)
    parts = Parts(spec, YouTubeRules(spec), YouTubeAccounts(settings, api, tools.clock))
    return YouTubeChannel(parts, settings, api, tools)
