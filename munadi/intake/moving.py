"""Whether the accounts of a content live until the time it is moved to."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, select

from munadi.crypto import KeyRing
from munadi.db.tables import AccountRow
from munadi.domain.publication import WAITING
from munadi.intake.endings import ending_before
from munadi.intake.problems import Findings
from munadi.intake.resolve import require_life
from munadi.intake.warnings import WarningCode, token_warning
from munadi.ports import Channels
from munadi.publishing.content import LockedContent

POINTER = "/scheduledAt"


async def check_life(
    story: LockedContent, due: datetime, channels: Channels, keyring: KeyRing, found: Findings
) -> None:
    """Report an account that surely ends before `due` as a problem, another that may end as a warning of the content.

    The warnings of the same kind that the content had, for its time before, are replaced.
    """
    waiting = {row.account_id for row in story.publications if row.status in WAITING}
    query = select(AccountRow).where(col(AccountRow.id).in_(waiting)).order_by(col(AccountRow.id))
    warnings = [one for one in story.draft.warnings if one["code"] != WarningCode.TOKEN_EXPIRES_BEFORE_SLOT]
    for row in (await story.session.exec(query)).all() if waiting else ():
        spec = channels[row.channel].spec
        ending = ending_before(row, due, spec, story.now, keyring)
        if ending is not None and ending.is_final:
            require_life(found, POINTER, row, spec, ending, due)
        elif ending is not None:
            warnings.append(token_warning(row, spec, ending, POINTER).model_dump(mode="json"))
    if warnings != story.draft.warnings:
        story.draft.warnings = warnings
