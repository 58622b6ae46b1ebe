"""Threads: posts and reply chains of one profile, through the Threads API. Facts: docs/networks/threads.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.channel import Parts
from munadi.channels.http import ChannelTools
from munadi.channels.meta.graph import Graph
from munadi.channels.threads.accounts import ThreadsAccounts
from munadi.channels.threads.errors import explain
from munadi.channels.threads.publisher import ThreadsChannel
from munadi.channels.threads.rules import ThreadsRules
from munadi.channels.threads.spec import SPEC, Settings


def build(given: Mapping[str, Any], tools: ChannelTools) -> ThreadsChannel:
    """The channel from the settings under `MUNADI_CHANNELS__THREADS__`."""
    settings = Settings.model_validate(dict(given))
    host, token_host = settings.hosts.graph.rstrip("/"), settings.hosts.token.rstrip("/")
    graph = Graph(SPEC.title, tools.http(explain), f"{host}/{settings.version}", token_host)
    spec = settings.applied_to(SPEC, *dict.fromkeys((settings.hosts.graph, settings.hosts.token)))
    parts = Parts(spec, ThreadsRules(spec), ThreadsAccounts(settings, graph, tools.clock))
    return ThreadsChannel(parts, settings, graph, tools)
