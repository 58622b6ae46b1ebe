"""Checks a new time for a locked post: that it can be read, that the accounts stay connected until then, and that no
account gets the same post twice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import col, select

from munadi.crypto import KeyRing
from munadi.db.contents.duplicates import Wanted, find_duplicates
from munadi.db.tables import AccountRow, PublicationRow
from munadi.domain.brand import Duplicates
from munadi.domain.problem import ProblemsFound
from munadi.domain.problem_collector import ProblemCollector
from munadi.domain.publication import WAITING
from munadi.domain.time import check_window
from munadi.intake.account_trouble import ACCOUNT_CODES, refuses_unusable, troubles_of
from munadi.intake.duplicates import CODE, duplicates_of, problem_of, warning_of
from munadi.intake.requests import RescheduleRequest
from munadi.intake.times import read_times
from munadi.intake.warnings import WarningCode
from munadi.ports import Channels
from munadi.publishing import changes
from munadi.publishing.content import LockedContent
from munadi.publishing.ending import recheck
from munadi.publishing.states import ChangeRefused

POINTER = "/scheduledAt"
# Refusals that are about a field of the request.
_OF_A_FIELD = {
    "PUBLISH_BY_NOT_AFTER_DUE": "/publishBy",
    "WITHDRAW_AT_NOT_AFTER_DUE": POINTER,
    "WITHDRAW_AT_BEFORE_PUBLISH_BY": "/publishBy",
}
_OF_THE_TIME_BEFORE = ACCOUNT_CODES | {WarningCode.TIMEZONE_WITHOUT_TIME.value}


async def reschedule(
    locked: LockedContent,
    request: RescheduleRequest,
    channels: Channels,
    keyring: KeyRing,
    *,
    by_approver: bool = False,
) -> None:
    """Move a locked post to another time. Raises ProblemsFound, and ChangeRefused when it is too late.

    `by_approver`: who moves it may approve it, so an approval stays.
    """
    problems = ProblemCollector()
    zone = request.timezone
    due, publish_by = read_times(request.scheduled_at, zone, request.fold, request.publish_by, locked.now, problems)
    if due is not None:
        problems.extend(check_window(due, publish_by, locked.now))
    await check_time(locked, due, channels, keyring, problems)
    try:
        given = zone is not None
        await changes.reschedule(locked, due or locked.now, zone, publish_by, zone_given=given, by_approver=by_approver)
    except ChangeRefused as refusal:
        if refusal.code not in _OF_A_FIELD:
            raise
        problems.add(_OF_A_FIELD[refusal.code], refusal.code, str(refusal))
        problems.raise_if_any()


async def check_time(
    locked: LockedContent, due: datetime | None, channels: Channels, keyring: KeyRing, problems: ProblemCollector
) -> None:
    """Check a locked post for another time, and replace the warnings about its time. Raises ProblemsFound. `due` is
    None where the time cannot be read, which is a problem already."""
    if due is not None:
        await _check_accounts(locked, due, channels, keyring, problems)
    problems.raise_if_any()
    waiting = [row for row in locked.publications if row.status in WAITING]
    await recheck_duplicates(locked, waiting, due or locked.now, POINTER, channels)
    await recheck(locked, channels, due)


async def recheck_duplicates(
    locked: LockedContent, rows: Iterable[PublicationRow], due: datetime, pointer: str, channels: Channels
) -> None:
    """Check a locked post before these of its publications become due at another time; replaces their warnings.

    ProblemsFound if the brand refuses duplicates. Exact in a transaction that holds the brand's lock.
    """
    connection, alike = await locked.session.connection(), [row for row in rows if row.fingerprint is not None]
    wanted = [Wanted(row.account_id, row.fingerprint or "") for row in alike]
    found = await connection.run_sync(find_duplicates, wanted, due, locked.content.id)
    places = [(channels[row.channel].spec, pointer, found[row.account_id]) for row in alike if row.account_id in found]
    if places and await connection.run_sync(duplicates_of, locked.content.brand_ref) is Duplicates.REFUSE:
        raise ProblemsFound([problem_of(*place) for place in places])
    checked = {row.channel for row in alike}
    warnings = [one for one in locked.draft.warnings if one["code"] != CODE or one["channel"] not in checked]
    warnings += [warning_of(*place).stored() for place in places]
    if warnings != locked.draft.warnings:
        locked.draft.warnings = warnings


async def _check_accounts(
    locked: LockedContent, due: datetime, channels: Channels, keyring: KeyRing, problems: ProblemCollector
) -> None:
    """Replace the post's warnings about its accounts. An end of a connection before the new time is a problem, where
    the brand refuses it."""
    waiting = {row.account_id for row in locked.publications if row.status in WAITING}
    query = select(AccountRow).where(col(AccountRow.id).in_(waiting)).order_by(col(AccountRow.id))
    rows = (await locked.session.exec(query)).all() if waiting else ()
    found = [
        trouble for row in rows for trouble in troubles_of(row, channels[row.channel].spec, due, locked.now, keyring)
    ]
    ending = [one for one in found if one.is_certain and one.code == WarningCode.TOKEN_EXPIRES_BEFORE_SLOT]
    connection = await locked.session.connection()
    refuse = await connection.run_sync(refuses_unusable, locked.content.brand_ref) if ending else False
    for trouble in ending if refuse else ():
        trouble.report(problems, POINTER)
    warnings = [one for one in locked.draft.warnings if one["code"] not in _OF_THE_TIME_BEFORE]
    warnings += [trouble.warning(POINTER).stored() for trouble in found]
    if warnings != locked.draft.warnings:
        locked.draft.warnings = warnings
