"""Accounts in groups: a brand with many finds one by its network, and what needs a person without looking for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.dashboard.permissions import missing_permissions
from munadi.domain.account import AccountStatus

Json = Mapping[str, Any]
# More accounts than these are a table, and a list to search in Compose.
FEW = 6


@dataclass(frozen=True)
class Group:
    """Accounts of one network; `channel` is None for those of any that need a person."""

    channel: str | None
    accounts: Sequence[Json]


def needs_a_person(account: Json) -> bool:
    """Whether its owner has to give access again, or somebody has to look at its profile."""
    if account["status"] != AccountStatus.CONNECTED or account["unshownSince"] is not None:
        return True
    return bool(missing_permissions(account))


def by_network(accounts: Sequence[Json]) -> list[Group]:
    """A group for each network, in the order of its first account."""
    names = dict.fromkeys(each["channel"] for each in accounts)
    return [Group(name, [each for each in accounts if each["channel"] == name]) for name in names]


def problems_first(accounts: Sequence[Json]) -> list[Group]:
    """Those that need a person, then the others by network."""
    first = [each for each in accounts if needs_a_person(each)]
    rest = [each for each in accounts if not needs_a_person(each)]
    return ([Group(None, first)] if first else []) + by_network(rest)
