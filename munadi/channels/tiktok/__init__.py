"""TikTok: direct posts through the Content Posting API. Facts: docs/networks/tiktok.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.channel import ComposedChannel
from munadi.channels.http import ChannelTools
from munadi.channels.tiktok.accounts import TikTokAccounts
from munadi.channels.tiktok.api import Api
from munadi.channels.tiktok.oauth import TikTokLogin
from munadi.channels.tiktok.publisher import TikTokPublisher
from munadi.channels.tiktok.rules import TikTokRules
from munadi.channels.tiktok.spec import SPEC, Options, Settings


def build(given: Mapping[str, Any], tools: ChannelTools) -> ComposedChannel[Options]:
    """The channel from the settings under `MUNADI_CHANNELS__TIKTOK__`."""
    settings = Settings.model_validate(dict(given))
    hosts, notices = settings.hosts, () if settings.audited else SPEC.notices
    spec = settings.applied_to(SPEC, hosts.api, hosts.auth, hosts.upload).model_copy(update={"notices": notices})
    api = Api(settings, tools)
    return ComposedChannel(
        spec,
        Options,
        TikTokRules(spec, settings.chunk_bytes),
        TikTokPublisher(settings, api, tools),
        TikTokAccounts(api, TikTokLogin(settings, api, tools.clock)),
        api.http.explain,
    )
