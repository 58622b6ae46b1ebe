"""How an account that lost our access, or was disconnected, is connected again: the request that a button sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from api.process.services import Services
from munadi.db.tables import AccountRow
from munadi.domain.channel import ChannelName

Json = dict[str, Any]


@dataclass(frozen=True)
class WayBack:
    """A POST whose answer has the `connectUrl` where the profile's owner begins."""

    path: str
    body: Mapping[str, Any] = field(default_factory=dict)


def reconnecting(account_id: str) -> WayBack:
    """For an account that is still one of the brand's."""
    return WayBack(f"/v1/accounts/{account_id}/reconnect")


def connecting_again(services: Services, account: AccountRow) -> WayBack | None:
    """For a disconnected account: its profile as a new one. None where the network has no log-in in a browser."""
    channel = ChannelName(account.channel)
    if channel not in services.channels.authorizers:
        return None
    own_server = services.channels[channel].spec.own_server
    login = {"login": account.login} if account.login else {}
    place = {"serviceUrl": account.service_url} if own_server else {"hint": account.external_id}
    return WayBack(f"/v1/brands/{account.brand_ref}/accounts/connect", {"channel": account.channel, **place, **login})
