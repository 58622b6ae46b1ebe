"""Pinterest: image, carousel and video pins on boards, through API v5. Facts: docs/networks/pinterest.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.channel import Parts
from munadi.channels.http import ChannelTools
from munadi.channels.pinterest.accounts import PinterestAccounts
from munadi.channels.pinterest.api import Api
from munadi.channels.pinterest.publisher import PinterestChannel
from munadi.channels.pinterest.rules import PinterestRules
from munadi.channels.pinterest.spec import SENDING, SPEC, Settings


def build(given: Mapping[str, Any], tools: ChannelTools) -> PinterestChannel:
    """The channel from the settings under `MUNADI_CHANNELS__PINTEREST__`."""
    settings = Settings.model_validate(dict(given))
    hosts = settings.hosts
    spec, api = settings.applied_to(SPEC, hosts.api, hosts.auth, hosts.upload), Api(settings, tools)
    if settings.send_images:
        spec = spec.model_copy(update=SENDING)
    rules = PinterestRules(spec, carousels=settings.carousels)
    parts = Parts(spec, rules, PinterestAccounts(settings, api, tools.clock))
    return PinterestChannel(parts, settings, api, tools)
