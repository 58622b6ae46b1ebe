"""Mastodon and compatible servers, each account at a server of its own. Facts: docs/networks/mastodon.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.channel import Parts
from munadi.channels.http import ChannelTools
from munadi.channels.mastodon.accounts import MastodonAccounts
from munadi.channels.mastodon.api import Servers
from munadi.channels.mastodon.oauth import MastodonLogin
from munadi.channels.mastodon.publisher import MastodonChannel
from munadi.channels.mastodon.rules import MastodonRules
from munadi.channels.mastodon.spec import SPEC, Settings


def build(given: Mapping[str, Any], tools: ChannelTools) -> MastodonChannel:
    """The channel from the settings under `MUNADI_CHANNELS__MASTODON__`."""
    settings = Settings.model_validate(dict(given))
    spec, servers = settings.applied_to(SPEC, *SPEC.hosts), Servers(tools)
    parts = Parts(spec, MastodonRules(spec), MastodonAccounts(servers, MastodonLogin(servers, settings, tools.clock)))
    return MastodonChannel(parts, settings, servers, tools)
