"""Every channel there is. A new one is a folder beside this file and a line in `ChannelName`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from pydantic import BaseModel

from munadi.channels.callbacks import ReportRule
from munadi.channels.http import ChannelTools
from munadi.channels.permissions import Permissions
from munadi.channels.settings import AppSettings
from munadi.domain.brand_app import AppCredentials
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
def channel_reports() -> Mapping[ChannelName, ReportRule]:
    """How networks report what an owner did there; without those that report nothing."""
    found = {name: getattr(import_module(f"{module}.spec"), "REPORTS", None) for name, module in REGISTRY.items()}
    return {name: rule for name, rule in found.items() if rule is not None}


def app_secrets(settings: Mapping[str, Mapping[str, Any]]) -> dict[ChannelName, set[str]]:
    """The secrets that each network may sign reports with; empty where no app is set up."""
    found: dict[ChannelName, set[str]] = {}
    for name, rule in channel_reports().items():
        given = settings.get(name.value, {})
        found[name] = {str(given[each]) for each in rule.secrets if given.get(each)}
    return found


@cache
def takes_apps(name: ChannelName) -> bool:
    """Whether the network knows us as an app with an id and a secret, so that a brand can have its own."""
    return issubclass(import_module(f"{REGISTRY[name]}.spec").Settings, AppSettings)


def with_app(name: ChannelName, given: Mapping[str, Any], app: AppCredentials) -> dict[str, Any]:
    """The settings of a channel with an app of a brand in place of the installation's, for the app's log-in alone."""
    prefixes = getattr(import_module(f"{REGISTRY[name]}.spec"), "APPS_OF_LOGINS", {})
    prefix = prefixes.get(app.login, "")
    secret = app.client_secret.get_secret_value()
    return {**given, f"{prefix}client_id": app.client_id, f"{prefix}client_secret": secret}


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
