"""The hosts of the two log-ins. Source: facts, section 1."""

from __future__ import annotations

from collections.abc import Mapping

from munadi.channels.http import ChannelHttp, ChannelTools
from munadi.channels.instagram.errors import TITLE, explain
from munadi.channels.instagram.spec import Login, Settings
from munadi.channels.meta.graph import Graph

Graphs = Mapping[Login, Graph]


def graphs_of(settings: Settings, tools: ChannelTools) -> Graphs:
    """A Graph for each log-in."""
    http = ChannelHttp(tools.client, lambda answer: explain(answer, tools.clock.now()))
    hosts = {Login.DIRECT: settings.hosts.graph.rstrip("/"), Login.PAGE: settings.hosts.fb_graph.rstrip("/")}
    return {login: Graph(TITLE, http, f"{host}/{settings.version}", host) for login, host in hosts.items()}
