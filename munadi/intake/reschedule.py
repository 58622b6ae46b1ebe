"""Checks a new time for a post: that it can be read, and that the accounts stay connected until then."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, select

from munadi.crypto import KeyRing
from munadi.db.tables import AccountRow
from munadi.domain.publication import WAITING
from munadi.domain.time import check_window
from munadi.intake.account_expiry import expiry_before
from munadi.intake.accounts import expiry_warning, report_expiry
from munadi.intake.duplicates import recheck_duplicates
from munadi.intake.problems import ProblemCollector
from munadi.intake.requests import RescheduleRequest
from munadi.intake.times import read_times
from munadi.intake.warnings import WarningCode
from munadi.ports import Channels
from munadi.publishing import changes
from munadi.publishing.content import LockedContent

POINTER = "/scheduledAt"
_OF_THE_TIME_BEFORE = (WarningCode.TOKEN_EXPIRES_BEFORE_SLOT, WarningCode.TIMEZONE_WITHOUT_TIME)


async def reschedule(locked: LockedContent, request: RescheduleRequest, channels: Channels, keyring: KeyRing) -> None:
    """Move a locked post to another time. Raises ProblemsFound, and ChangeRefused when it is too late."""
    problems = ProblemCollector()
    zone = request.timezone
    due, publish_by = read_times(request.scheduled_at, zone, request.fold, request.publish_by, locked.now, problems)
    if due is not None:
        problems.extend(check_window(due, publish_by, locked.now))
        await _check_expiry(locked, due, channels, keyring, problems)
    problems.raise_if_any()
    waiting = [row for row in locked.publications if row.status in WAITING]
    await recheck_duplicates(locked, waiting, due or locked.now, POINTER, channels)
    try:
        await changes.reschedule(locked, due or locked.now, zone, publish_by, zone_given=zone is not None)
    except changes.ChangeRefused as refusal:
        if refusal.code != "PUBLISH_BY_NOT_AFTER_DUE":
            raise
        problems.add("/publishBy", refusal.code, str(refusal))
        problems.raise_if_any()


async def _check_expiry(
    locked: LockedContent, due: datetime, channels: Channels, keyring: KeyRing, problems: ProblemCollector
) -> None:
    """Report accounts whose connection surely ends before `due`; replace the post's warnings of those that may."""
    waiting = {row.account_id for row in locked.publications if row.status in WAITING}
    query = select(AccountRow).where(col(AccountRow.id).in_(waiting)).order_by(col(AccountRow.id))
    warnings = [one for one in locked.draft.warnings if one["code"] not in _OF_THE_TIME_BEFORE]
    for row in (await locked.session.exec(query)).all() if waiting else ():
        spec = channels[row.channel].spec
        expiry = expiry_before(row, due, spec, locked.now, keyring)
        if expiry is not None and expiry.is_final:
            report_expiry(problems, POINTER, row, spec, expiry, due)
        elif expiry is not None:
            warnings.append(expiry_warning(row, spec, expiry, POINTER).stored())
    if warnings != locked.draft.warnings:
        locked.draft.warnings = warnings
