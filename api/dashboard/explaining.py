"""Adds to the causes of stopped posts what their accounts know: why they wait, and how access is given again."""

from __future__ import annotations

from collections.abc import Sequence

from api.dashboard.causes import Cause
from api.dashboard.reconnecting import connecting_again, reconnecting
from api.process.services import Services
from munadi.db.accounts.disconnected import accounts_by_id
from munadi.db.accounts.rows import successors
from munadi.db.contents.holds import hold_causes


async def explain(services: Services, causes: Sequence[Cause]) -> None:
    """Fill in `why`, `is_back` and `again` of causes whose posts the viewer may see."""
    gone = {cause.account_id for cause in causes if cause.is_disconnected}
    held = {each for cause in causes for each in cause.held_ids}
    async with services.database.read() as session:
        back = await successors(session, gone)
        accounts = await accounts_by_id(session, gone)
        why = await hold_causes(session, held)
    for cause in causes:
        cause.is_back = cause.account_id in back
        cause.why = next((why[each] for each in cause.held_ids if each in why), None)
        if not cause.reconnects:
            continue
        if not cause.is_disconnected:
            cause.again = reconnecting(cause.account_id)
        elif cause.account_id in accounts:
            cause.again = connecting_again(services, accounts[cause.account_id])
