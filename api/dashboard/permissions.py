"""The permissions that the owner of an account left out: at a connected account, and in a connection that failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.channels.permissions import PUBLISH, Permission
from munadi.channels.registry import channel_permissions
from munadi.domain.channel import ChannelName
from munadi.domain.failure import Reason


def permissions_of(channel: str, login: str | None) -> tuple[Permission, ...]:
    """The permissions that a log-in asks for; empty where the network has none."""
    known = channel_permissions()[ChannelName(channel)]
    return known.get(login or "") or known.get("", ())


def missing_permissions(account: Mapping[str, Any]) -> tuple[Permission, ...]:
    """What a connected account, from the API's JSON, was not given. Nothing where the network did not say."""
    granted = account["scopes"]
    if not granted:
        return ()
    return tuple(each for each in permissions_of(account["channel"], account["login"]) if not each.is_in(granted))


def refused_permissions(connection: Mapping[str, Any]) -> tuple[Permission, ...]:
    """What the owner did not allow, of a connection that failed for it."""
    failure = connection["failure"] or {}
    if failure.get("reason") != Reason.MISSING_SCOPE:
        return ()
    by_login = channel_permissions()[ChannelName(connection["channel"])].values()
    known = {each.scope: each for permissions in by_login for each in permissions}
    return tuple(known.get(scope, Permission(scope, PUBLISH)) for scope in (failure["providerCode"] or "").split())
