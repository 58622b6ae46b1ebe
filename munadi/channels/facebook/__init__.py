"""Facebook Pages: posts, photos, videos, reels and stories. Facts: facebook.md, 2026-11."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.facebook.adapter import Facebook
from munadi.channels.facebook.graph import graph_of
from munadi.channels.facebook.oauth import FacebookLogin
from munadi.channels.facebook.spec import Settings
from munadi.channels.http import ChannelTools
from munadi.ports import Authorizer, Channel


def build(settings: Mapping[str, Any], tools: ChannelTools) -> Channel:
    """The channel from what stands under `MUNADI_CHANNELS__FACEBOOK__`."""
    return Facebook(Settings.model_validate(dict(settings)), tools)


def build_authorizer(settings: Mapping[str, Any], tools: ChannelTools) -> Authorizer:
    """Facebook Login from the same settings."""
    given = Settings.model_validate(dict(settings))
    return FacebookLogin(given, graph_of(given, tools))
