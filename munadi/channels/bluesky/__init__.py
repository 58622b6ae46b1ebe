"""Bluesky, over any AT Protocol server (PDS). Facts: docs/networks/bluesky.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.bluesky.accounts import BlueskyAccounts
from munadi.channels.bluesky.client import ClientKeys
from munadi.channels.bluesky.grants import Granting
from munadi.channels.bluesky.identity import Identities
from munadi.channels.bluesky.oauth import BlueskyLogin
from munadi.channels.bluesky.proving import Proving
from munadi.channels.bluesky.publisher import BlueskyChannel
from munadi.channels.bluesky.rules import BlueskyRules
from munadi.channels.bluesky.spec import SPEC, Settings
from munadi.channels.bluesky.xrpc import Xrpc
from munadi.channels.channel import Parts
from munadi.channels.http import ChannelTools


def build(given: Mapping[str, Any], tools: ChannelTools) -> BlueskyChannel:
    """The channel from the settings under `MUNADI_CHANNELS__BLUESKY__`."""
    settings = Settings.model_validate(dict(given))
    hosts = settings.hosts
    spec = settings.applied_to(SPEC, *filter(None, hosts.model_dump().values()), SPEC.hosts[-1])
    xrpc = Xrpc(hosts, tools)
    identities = Identities(xrpc, hosts.plc)
    login = BlueskyLogin(identities, Granting(xrpc, tools.clock, ClientKeys(tools.derive)))
    parts = Parts(
        spec, BlueskyRules(spec), BlueskyAccounts(xrpc, Proving(identities, xrpc.entryway, tools.is_development), login)
    )
    return BlueskyChannel(parts, settings, xrpc, tools)
