"""Instagram for professional accounts, connected directly or through their Page. Facts: docs/networks/instagram.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.channel import Parts
from munadi.channels.http import ChannelTools
from munadi.channels.instagram.accounts import InstagramAccounts
from munadi.channels.instagram.errors import explain
from munadi.channels.instagram.publisher import InstagramChannel
from munadi.channels.instagram.rules import InstagramRules
from munadi.channels.instagram.spec import SPEC, Login, Settings
from munadi.channels.meta.graph import Graph


def build(given: Mapping[str, Any], tools: ChannelTools) -> InstagramChannel:
    """The channel from the settings under `MUNADI_CHANNELS__INSTAGRAM__`. Each log-in has a host of its own."""
    settings, http = Settings.model_validate(dict(given)), tools.http(explain)
    hosts = {Login.DIRECT: settings.hosts.graph.rstrip("/"), Login.PAGE: settings.hosts.fb_graph.rstrip("/")}
    graphs = {login: Graph(SPEC.title, http, f"{host}/{settings.version}", host) for login, host in hosts.items()}
    spec = settings.applied_to(SPEC, settings.hosts.graph, settings.hosts.fb_graph)
    parts = Parts(spec, InstagramRules(spec), InstagramAccounts(settings, graphs, tools.clock))
    return InstagramChannel(parts, settings, graphs, tools)
