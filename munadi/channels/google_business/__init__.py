"""Google Business Profile: posts of a location on Search and Maps. Facts: docs/networks/google_business.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.channel import Parts
from munadi.channels.google_business.accounts import BusinessAccounts
from munadi.channels.google_business.api import Api
from munadi.channels.google_business.publisher import BusinessChannel
from munadi.channels.google_business.rules import BusinessRules
from munadi.channels.google_business.spec import SPEC, Settings
from munadi.channels.http import ChannelTools


def build(given: Mapping[str, Any], tools: ChannelTools) -> BusinessChannel:
    """The channel from the settings under `MUNADI_CHANNELS__GOOGLE_BUSINESS__`."""
    settings = Settings.model_validate(dict(given))
    hosts = settings.hosts
    spec, api = settings.applied_to(SPEC, hosts.api, hosts.locations, hosts.accounts, hosts.token), Api(settings, tools)
    parts = Parts(spec, BusinessRules(spec), BusinessAccounts(settings, api, tools.clock))
    return BusinessChannel(parts, settings, api, tools)
