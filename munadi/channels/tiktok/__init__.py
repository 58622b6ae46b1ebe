"""TikTok, direct posts through the Content Posting API. Facts: tiktok.md, 2026-11."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.http import ChannelTools
from munadi.channels.tiktok.accounts import Accounts
from munadi.channels.tiktok.adapter import TikTok
from munadi.channels.tiktok.api import Api
from munadi.channels.tiktok.oauth import TikTokLogin
from munadi.channels.tiktok.spec import Settings
from munadi.ports import Authorizer, Channel


def build(settings: Mapping[str, Any], tools: ChannelTools) -> Channel:
    """The channel from what stands under `MUNADI_CHANNELS__TIKTOK__`."""
    return TikTok(Settings.model_validate(dict(settings)), tools)


def build_authorizer(settings: Mapping[str, Any], tools: ChannelTools) -> Authorizer:
    """Login Kit from the same settings."""
    given = Settings.model_validate(dict(settings))
    api = Api(given, tools)
    return TikTokLogin(given, api, Accounts(api, given, tools), tools.clock)
