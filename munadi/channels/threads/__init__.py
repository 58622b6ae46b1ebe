"""Threads: posts and reply chains of one profile, through the Threads API. Facts: threads.md, 2026-11."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.http import ChannelTools
from munadi.channels.threads.adapter import Threads, graph_of
from munadi.channels.threads.oauth import ThreadsLogin
from munadi.channels.threads.spec import Settings
from munadi.ports import Authorizer, Channel


def build(settings: Mapping[str, Any], tools: ChannelTools) -> Channel:
    """The channel from what stands under `MUNADI_CHANNELS__THREADS__`."""
    return Threads(Settings.model_validate(dict(settings)), tools)


def build_authorizer(settings: Mapping[str, Any], tools: ChannelTools) -> Authorizer:
    """Threads Login from the same settings."""
    given = Settings.model_validate(dict(settings))
    return ThreadsLogin(given, graph_of(given, tools), tools.clock)
