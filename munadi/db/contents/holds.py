"""Why publications wait: what the network said when it last refused, or what ended our access to the account."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.tables import AccountRow, PublicationRow
from munadi.domain.failure import Reason
from munadi.domain.publication import HoldReason
from munadi.domain.reasons import REASONS


class HoldCause(NamedTuple):
    """The failure behind a hold: its reason, and what happened in one sentence."""

    reason: Reason
    message: str


async def hold_causes(session: AsyncSession, publication_ids: Collection[str]) -> dict[str, HoldCause]:
    """Per held publication, the failure behind the hold. Those of which none is known are missing.

    For a token it is the account's: the account may have lost its access before this publication was due.
    """
    if not publication_ids:
        return {}
    row = PublicationRow
    query = (
        select(row.id, row.hold_reason, row.hold_cause, AccountRow.last_failure)
        .join(AccountRow, col(AccountRow.id) == col(row.account_id))
        .where(col(row.id).in_(publication_ids), col(row.hold_reason).is_not(None))
    )
    found: dict[str, HoldCause] = {}
    for publication_id, hold, cause, of_account in (await session.exec(query)).all():
        failure = (of_account or cause) if hold == HoldReason.TOKEN.value else cause
        if failure:
            reason = Reason(failure["reason"])
            found[publication_id] = HoldCause(reason, failure["message"] or REASONS[reason].meaning)
    return found
