"""Every channel there is. A new one is a folder beside this file and a line in `ChannelName`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from pydantic import BaseModel

from munadi.channels.http import ChannelTools
from munadi.domain.channel import ChannelName, ChannelSpec
from munadi.ports import Channel, Channels

# Each name has a folder with `build(settings, tools) -> Channel`; the list of names is the registry.
REGISTRY: Mapping[ChannelName, str] = {name: f"munadi.channels.{name.value}" for name in ChannelName}


def build_channels(settings: Mapping[str, Mapping[str, Any]], tools: ChannelTools) -> Channels:
    """Build every registered channel; `settings` has per channel what stands under MUNADI_CHANNELS__<CHANNEL>__."""
    built: dict[ChannelName, Channel] = {}
    for name, module in REGISTRY.items():
        build: Callable[[Mapping[str, Any], ChannelTools], Channel] = import_module(module).build
        built[name] = build(settings.get(name.value, {}), tools)
    return Channels(built)


def channel_options() -> dict[ChannelName, type[BaseModel]]:
    """Every channel's model of its options."""
    return {name: import_module(f"{module}.spec").Options for name, module in REGISTRY.items()}


def channel_specs() -> list[ChannelSpec]:
    """Every channel's limits as they are without settings, for the docs and for `channels describe` offline."""
    return [import_module(f"{module}.spec").SPEC for module in REGISTRY.values()]
