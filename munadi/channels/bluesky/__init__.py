"""Bluesky, over any AT Protocol PDS. Facts: bluesky.md, 2026-11."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.bluesky.adapter import Bluesky, xrpc_of
from munadi.channels.bluesky.client import ClientKeys
from munadi.channels.bluesky.grants import Granting
from munadi.channels.bluesky.identity import Identities
from munadi.channels.bluesky.oauth import BlueskyLogin
from munadi.channels.bluesky.spec import Settings
from munadi.channels.http import ChannelTools
from munadi.ports import Authorizer, Channel


def build(settings: Mapping[str, Any], tools: ChannelTools) -> Channel:
    """The channel from what stands under `MUNADI_CHANNELS__BLUESKY__`."""
    return Bluesky(Settings.model_validate(dict(settings)), tools)


def build_authorizer(settings: Mapping[str, Any], tools: ChannelTools) -> Authorizer:
    """AT Protocol's OAuth from the same settings."""
    given = Settings.model_validate(dict(settings))
    xrpc = xrpc_of(given, tools)
    granting = Granting(xrpc, tools.clock, ClientKeys(tools.derive))
    return BlueskyLogin(Identities(xrpc, given.hosts.plc), granting, given.hosts.entryway)
