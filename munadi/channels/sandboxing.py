"""Gives every channel what is called for test brands: the same channel with the sandbox's addresses and apps.

Each network says in its `spec.py` where the sandbox has its hosts (`SANDBOX`). A network that the sandbox does not
emulate has none, and no test brand has accounts there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

from pydantic import BaseModel

from munadi.channels.http import ChannelTools
from munadi.channels.registry import REGISTRY, build_channels
from munadi.channels.settings import InSandbox
from munadi.domain.channel import ChannelName
from munadi.domain.server import origin_of
from munadi.ports import Channels
from munadi.ports.sandboxed import Sandboxed

# The sandbox takes any id and secret of an app; its consent pages call this one Munadi.
APP = "sandbox"
_OF_AN_APP = ("client_id", "client_secret")


def add_sandbox(
    channels: Channels, url: str, settings: Mapping[str, Mapping[str, Any]], tools: ChannelTools
) -> Channels:
    """The channels, which now call the sandbox at `url` for test brands."""
    server = origin_of(url)
    assert server is not None, "munadi.process.settings checks the address"
    for name, channel in channels.by_name.items():
        given = sandbox_settings(name, url, settings.get(name.value, {}))
        if given is not None:
            own = build_channels({name.value: given}, _tools(tools), names=[name])[name]
            channel.sandboxed = Sandboxed(own, server)
    return channels


def sandbox_settings(name: ChannelName, url: str, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """The settings of a channel, with the sandbox's hosts and an app of the sandbox; None where it has no such network.

    Nothing that identifies the operator's own app is left in them.
    """
    spec = import_module(f"{REGISTRY[name]}.spec")
    where: InSandbox | None = getattr(spec, "SANDBOX", None)
    if where is None:
        return None
    model: type[BaseModel] = spec.Settings
    app = {field: APP for field in model.model_fields if field.endswith(_OF_AN_APP)}
    kept = {field: value for field, value in given.items() if field not in (*where.without, "hosts", *app)}
    hosts = {role: f"{url.rstrip('/')}/{name.value}/{path}" for role, path in where.hosts.items()}
    return {**kept, **app, **({"hosts": hosts} if hosts else {})}


def _tools(tools: ChannelTools) -> ChannelTools:
    """An account's own server is the sandbox's, too, so it needs no public address and no directory of identities."""
    return replace(tools, guarded=tools.client, is_development=True)
