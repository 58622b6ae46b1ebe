"""Instagram for professional accounts, connected directly or through their Page. Facts: instagram.md, 2026-11."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.http import ChannelTools
from munadi.channels.instagram.adapter import Instagram
from munadi.channels.instagram.hosts import graphs_of
from munadi.channels.instagram.oauth import InstagramLogin
from munadi.channels.instagram.spec import Settings
from munadi.ports import Authorizer, Channel


def build(settings: Mapping[str, Any], tools: ChannelTools) -> Channel:
    """The channel from what stands under `MUNADI_CHANNELS__INSTAGRAM__`."""
    return Instagram(Settings.model_validate(dict(settings)), tools)


def build_authorizer(settings: Mapping[str, Any], tools: ChannelTools) -> Authorizer:
    """Both log-ins from the same settings."""
    given = Settings.model_validate(dict(settings))
    return InstagramLogin(given, graphs_of(given, tools), tools.clock)
