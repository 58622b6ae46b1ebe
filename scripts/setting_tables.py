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
from munadi.domain.channel import ChannelSpec
from munadi.secret_files import MAX_BYTES, SUFFIX, is_secret
from scripts.markdown import table

SHARED = {
    "publish_deadline": "how long a visible call may take",
    "margin": "how much longer its effect may become visible",
    "absence_window": "how long the network is checked before a post counts as absent",
    "long_absence": "the same where a copy would be taken as a second post and only a list shows the first one",
}
FILES = f"""
## Secrets from files

Each of these can be in a file: the variable with `_FILE` behind its name has the file's path, as Docker and Kubernetes
mount secrets (`MUNADI_SECRET_KEYS_FILE=/run/secrets/munadi-keys`). The file has one line of UTF-8 text, {MAX_BYTES}
bytes at most; newlines at its end do not count. A process does not start if the file is missing, empty or cannot be
read, or if both variables are set. Of a channel, `CLIENT_ID` and the other settings can be in files too.

"""
CHANNELS = """
## Channels

The app's id and secret come from the network's developer portal: [going live](../going-live/index.md). `HOSTS__…` let
another server stand in, such as the sandbox; a value may carry a path and never an API version.

Every channel has these, in seconds or ISO 8601; unset, they are what its spec says:

"""


def settings() -> str:
    """Every setting, with its default; then those of each channel."""
    parts = ["# Settings\n\nEnvironment variables.\n\n", table(["variable", "default", "meaning"], _settings())]
    parts += [FILES, *(f"- `{name}{SUFFIX}`\n" for name in secret_variables()), CHANNELS]
    shared = [(f"`MUNADI_CHANNELS__<CHANNEL>__{name.upper()}`", SHARED[name]) for name in ChannelSettings.model_fields]
    parts.append(table(["variable", "meaning"], shared))
    for spec in channel_specs():
        model = _model_of(spec)
        parts.append(f"\n### {spec.title}\n\n{' '.join((model.__doc__ or '').split())}\n\n")
        parts.append(table(["variable", "default"], _of_channel(model, _prefix_of(spec))))
    return "".join(parts)


def secret_variables() -> Iterator[str]:
    """The variables of all secrets, those of channels included."""
    yield from _secrets(Settings, "MUNADI_")
    for spec in channel_specs():
        yield from _secrets(_model_of(spec), _prefix_of(spec))


def _secrets(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, info in model.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _secrets(kind, f"{prefix}{name.upper()}__")
        elif is_secret(info):
            yield f"{prefix}{name.upper()}"


def _model_of(spec: ChannelSpec) -> type[BaseModel]:
    found: type[BaseModel] = import_module(f"{REGISTRY[spec.name]}.spec").Settings
    return found


def _prefix_of(spec: ChannelSpec) -> str:
    return f"MUNADI_CHANNELS__{spec.name.value.upper()}__"


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
