"""Every channel there is. A new one is a folder beside this file and a line in `ChannelName`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from pydantic import BaseModel

from munadi.channels.http import ChannelTools
from munadi.channels.permissions import Permissions
from munadi.domain.channel import ChannelName, ChannelSpec, ChannelView
from munadi.ports import AnyChannel, Channels

# Each name has a folder with `build(settings, tools) -> NetworkChannel`; the list of names is the registry.
REGISTRY: Mapping[ChannelName, str] = {name: f"munadi.channels.{name.value}" for name in ChannelName}


def build_channels(
    settings: Mapping[str, Mapping[str, Any]],
    tools: ChannelTools,
    *,
    names: Iterable[ChannelName] = tuple(REGISTRY),
) -> Channels:
    """Build every registered channel, or those of `names`.

    `settings` has per channel what stands under MUNADI_CHANNELS__<CHANNEL>__.
    """
    built: dict[ChannelName, AnyChannel] = {}
    for name in names:
        build: Callable[[Mapping[str, Any], ChannelTools], AnyChannel] = import_module(REGISTRY[name]).build
        built[name] = build(settings.get(name.value, {}), tools)
    return Channels(built)


def channel_options() -> dict[ChannelName, type[BaseModel]]:
    """Every channel's model of its options."""
    return {name: import_module(f"{module}.spec").Options for name, module in REGISTRY.items()}


@cache
def channel_permissions() -> dict[ChannelName, Permissions]:
    """What each network's log-ins ask for; empty where owners grant everything or nothing."""
    return {name: getattr(import_module(f"{module}.spec"), "PERMISSIONS", {}) for name, module in REGISTRY.items()}


@cache
def spec_of(name: ChannelName) -> ChannelSpec:
    """A channel's limits as they are without settings."""
    spec: ChannelSpec = import_module(f"{REGISTRY[name]}.spec").SPEC
    return spec


def channel_specs() -> list[ChannelSpec]:
    """Every channel's limits as they are without settings, for the docs."""
    return [spec_of(name) for name in REGISTRY]


def channel_views() -> list[ChannelView]:
    """Every channel as the API describes it where no setting changes it, for `channels describe` offline."""
    options = channel_options()
    return [ChannelView.of(spec, options[spec.name]) for spec in channel_specs()]
