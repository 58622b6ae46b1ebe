"""Makes the tables of settings from the models that read them: variable, default, meaning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from importlib import import_module
from typing import Any

from pydantic import BaseModel

from munadi.channels.registry import REGISTRY, channel_specs
from munadi.channels.settings import ChannelSettings
from munadi.config import Settings
from scripts.markdown import table

SHARED = {
    "publish_deadline": "how long a visible call may take",
    "margin": "how much longer its effect may become visible",
    "absence_window": "how long the network is checked before a post counts as absent",
    "long_absence": "the same where a copy would be taken as a second post and only a list shows the first one",
}
CHANNELS = """
## Channels

The app's id and secret come from the network's developer portal: [going live](../going-live/index.md). `HOSTS__…` let
another server stand in, such as the sandbox; a value may carry a path and never an API version.

Every channel has these, in seconds or ISO 8601; unset, they are what its spec says:

"""


def settings() -> str:
    """Every setting, with its default; then those of each channel."""
    parts = ["# Settings\n\nEnvironment variables.\n\n", table(["variable", "default", "meaning"], _settings())]
    parts.append(CHANNELS)
    shared = [(f"`MUNADI_CHANNELS__<CHANNEL>__{name.upper()}`", SHARED[name]) for name in ChannelSettings.model_fields]
    parts.append(table(["variable", "meaning"], shared))
    for spec in channel_specs():
        model: type[BaseModel] = import_module(f"{REGISTRY[spec.name]}.spec").Settings
        parts.append(f"\n### {spec.title}\n\n{' '.join((model.__doc__ or '').split())}\n\n")
        parts.append(
            table(["variable", "default"], _of_channel(model, f"MUNADI_CHANNELS__{spec.name.value.upper()}__"))
        )
    return "".join(parts)


def _settings() -> Iterator[tuple[str, str, str]]:
    for name, default, meaning in fields_of(Settings, "MUNADI_"):
        shown = "see [Channels](#channels)" if name == "MUNADI_CHANNELS" else meaning
        yield f"`{name}`", default, shown


def _of_channel(model: type[BaseModel], prefix: str) -> Iterable[tuple[str, str]]:
    shared = {f"{prefix}{name.upper()}" for name in ChannelSettings.model_fields}
    return [(f"`{name}`", default) for name, default, _ in fields_of(model, prefix) if name not in shared]


def fields_of(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str, str]]:
    """Per variable its name, its default as a reader writes it, and what its model says of it."""
    for name, info in model.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from fields_of(kind, f"{prefix}{name.upper()}__")
            continue
        yield f"{prefix}{name.upper()}", _shown(info.get_default(call_default_factory=True)), info.description or ""


def _shown(value: Any) -> str:
    if value is None or (isinstance(value, Mapping) and not value):
        return "–"
    if isinstance(value, timedelta):
        return f"`{value.total_seconds():g}`"
    return f"`{value.value if isinstance(value, StrEnum) else value}`"
