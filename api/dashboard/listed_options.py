"""Names in place of ids: what a person chooses in, where an account knows the values of an option."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.process.services import Services
from munadi.db.accounts.disconnected import accounts_by_id

Json = Mapping[str, Any]


async def listed_options(services: Services, accounts: Sequence[Json]) -> dict[str, dict[str, list[list[str]]]]:
    """By account and option: pairs of an id and its name, in the order of the names. Only what is known."""
    channels = {each["id"]: services.channels[each["channel"]] for each in accounts}
    wanted = [account_id for account_id, channel in channels.items() if channel.listed_options]
    async with services.database.read() as session:
        rows = await accounts_by_id(session, wanted)
    found = {account_id: channels[account_id].listed(row.facts or {}) for account_id, row in rows.items()}
    return {
        account_id: {option: _by_name(names) for option, names in options.items()}
        for account_id, options in found.items()
        if options
    }


def _by_name(names: Mapping[str, str]) -> list[list[str]]:
    return [[each, name] for each, name in sorted(names.items(), key=lambda item: item[1].casefold())]
