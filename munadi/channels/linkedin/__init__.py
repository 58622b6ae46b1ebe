"""LinkedIn: posts of members and of pages through the versioned API. Facts: docs/networks/linkedin.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.channel import Parts
from munadi.channels.http import ChannelTools
from munadi.channels.linkedin.accounts import LinkedInAccounts
from munadi.channels.linkedin.api import Api
from munadi.channels.linkedin.oauth import LinkedInLogin
from munadi.channels.linkedin.publisher import LinkedInChannel
from munadi.channels.linkedin.rules import LinkedInRules
from munadi.channels.linkedin.spec import SPEC, Settings


def build(given: Mapping[str, Any], tools: ChannelTools) -> LinkedInChannel:
    """The channel from the settings under `MUNADI_CHANNELS__LINKEDIN__`."""
    settings = Settings.model_validate(dict(given))
    hosts = settings.hosts
    spec, api = settings.applied_to(SPEC, hosts.api, hosts.auth, hosts.upload), Api(settings, tools)
    parts = Parts(spec, LinkedInRules(spec), LinkedInAccounts(api, LinkedInLogin(settings, api, tools.clock)))
    return LinkedInChannel(parts, settings, api, tools)
