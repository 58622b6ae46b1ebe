"""X: posts, threads and media through API v2. Facts: docs/networks/x.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.channel import Parts
from munadi.channels.http import ChannelTools
from munadi.channels.x.accounts import XAccounts
from munadi.channels.x.api import Api
from munadi.channels.x.publisher import XChannel
from munadi.channels.x.rules import XRules
from munadi.channels.x.spec import SPEC, Settings


def build(given: Mapping[str, Any], tools: ChannelTools) -> XChannel:
    """The channel from the settings under `MUNADI_CHANNELS__X__`."""
    settings = Settings.model_validate(dict(given))
    hosts = settings.hosts
    spec, api = settings.applied_to(SPEC, hosts.api, hosts.auth, hosts.upload), Api(settings, tools)
    rules = XRules(spec, self_serve=settings.self_serve)
    return XChannel(Parts(spec, rules, XAccounts(settings, api, tools.clock)), settings, api, tools)
