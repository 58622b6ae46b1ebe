"""YouTube: one video, uploaded as private and made visible by one call. Facts: youtube.md, 2026-11."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.http import ChannelTools
from munadi.channels.youtube.accounts import Accounts
from munadi.channels.youtube.adapter import YouTube
from munadi.channels.youtube.api import Api
from munadi.channels.youtube.oauth import GoogleLogin
from munadi.channels.youtube.spec import Settings
from munadi.ports import Authorizer, Channel


def build(settings: Mapping[str, Any], tools: ChannelTools) -> Channel:
    """The channel from what stands under `MUNADI_CHANNELS__YOUTUBE__`."""
    return YouTube(Settings.model_validate(dict(settings)), tools)


def build_authorizer(settings: Mapping[str, Any], tools: ChannelTools) -> Authorizer:
    """Google's consent from the same settings."""
    given = Settings.model_validate(dict(settings))
    api = Api(given, tools)
    return GoogleLogin(given, api, Accounts(api, given, tools), tools.clock)
