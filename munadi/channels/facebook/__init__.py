"""Facebook Pages: posts, photos, videos, reels and stories. Facts: docs/networks/facebook.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.channel import Parts
from munadi.channels.facebook.accounts import FacebookAccounts
from munadi.channels.facebook.errors import explain
from munadi.channels.facebook.graph import PageGraph
from munadi.channels.facebook.publisher import FacebookChannel
from munadi.channels.facebook.rules import FacebookRules
from munadi.channels.facebook.spec import SPEC, Settings
from munadi.channels.http import ChannelTools


def build(given: Mapping[str, Any], tools: ChannelTools) -> FacebookChannel:
    """The channel from the settings under `MUNADI_CHANNELS__FACEBOOK__`."""
    settings, http = Settings.model_validate(dict(given)), tools.http(explain)
    base = f"{settings.hosts.graph.rstrip('/')}/{settings.version}"
    graph = PageGraph(SPEC.title, http, base, base, settings, tools)
    spec = settings.applied_to(SPEC, settings.hosts.graph)
    parts = Parts(spec, FacebookRules(spec), FacebookAccounts(graph))
    return FacebookChannel(parts, graph)
