"""TikTok: direct posts through the Content Posting API. Facts: docs/networks/tiktok.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.channel import Parts
from munadi.channels.http import ChannelTools
from munadi.channels.tiktok.accounts import TikTokAccounts
from munadi.channels.tiktok.api import Api
from munadi.channels.tiktok.publisher import TikTokChannel
from munadi.channels.tiktok.rules import TikTokRules
from munadi.channels.tiktok.spec import SPEC, Settings


def build(given: Mapping[str, Any], tools: ChannelTools) -> TikTokChannel:
    """The channel from the settings under `MUNADI_CHANNELS__TIKTOK__`."""
    settings = Settings.model_validate(dict(given))
    hosts, notices = settings.hosts, () if settings.audited else SPEC.notices
    spec = settings.applied_to(SPEC, hosts.api, hosts.auth, hosts.upload).model_copy(update={"notices": notices})
    api = Api(settings, tools)
    parts = Parts(spec, TikTokRules(spec, settings.chunk_bytes), TikTokAccounts(settings, api, tools.clock))
    return TikTokChannel(parts, settings, api, tools)
