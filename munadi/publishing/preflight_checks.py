"""The preflight check: would a publication fail, or have to wait, if it were published now?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from munadi.crypto import KeyRing, SealBroken
from munadi.db.accounts.rows import connected_account
from munadi.db.sealing.secrets import open_credentials
from munadi.domain.account import AccountStatus
from munadi.domain.failure import ChannelError, Failure, Reason
from munadi.domain.problem import Problem
from munadi.domain.reasons import failure_of
from munadi.intake.account_expiry import expiry_before
from munadi.intake.account_trouble import missing_scope
from munadi.intake.daily_quota import daily_total
from munadi.media.reach import PublicAddress
from munadi.ports import AnyChannel, Channels, MediaReader
from munadi.publishing.preflights import DuePublication


@dataclass(frozen=True)
class PreflightCheck:
    """Checks a publication some time before it is due."""

    channels: Channels
    media: MediaReader
    reach: PublicAddress
    keyring: KeyRing

    async def failure(self, ahead: DuePublication, planned: int, now: datetime) -> Failure | None:
        """The first thing that is wrong, or None. Checked in this order: the account with its token and scopes, the
        posts of its day (`planned` includes this one), the draft by the channel's rules, the media in our store and,
        where the network fetches media, at our public address."""
        channel = self.channels[ahead.step.channel]
        return (
            _of_account(ahead, channel, self.keyring, now)
            or _of_day(ahead, planned)
            or _of_draft(ahead, channel, self.keyring)
            or await self._of_media(ahead, channel)
        )

    async def _of_media(self, ahead: DuePublication, channel: AnyChannel) -> Failure | None:
        for asset in ahead.step.draft.media:
            try:
                await self.media.check_stored(asset)
                if asset.kind in channel.spec.pulled_media:
                    await self.reach.check(asset)
            except ChannelError as error:
                return failure_of(error.reason, error.message, error=error)
        return None


def _of_account(ahead: DuePublication, channel: AnyChannel, keyring: KeyRing, now: datetime) -> Failure | None:
    row, due = ahead.account, ahead.step.draft.due_at
    if row.status == AccountStatus.DISCONNECTED:
        return failure_of(Reason.ACCOUNT_DISCONNECTED)
    if row.status == AccountStatus.REAUTH_REQUIRED:
        return failure_of(Reason.TOKEN_REVOKED)
    if channel.spec.is_over(due.date()):
        setting = f"MUNADI_CHANNELS__{channel.spec.name.upper()}__VERSION"
        message = (
            f"{channel.spec.title} ends the called version of its API on {channel.spec.version_ends}: set {setting}"
        )
        return failure_of(Reason.INTERNAL_ERROR, message)
    ending = expiry_before(row, due, channel.spec, now, keyring)
    if ending is not None and ending.is_final:
        return failure_of(Reason.TOKEN_EXPIRES_BEFORE_SLOT)
    if not channel.spec.may_publish(row.scopes):
        return failure_of(Reason.MISSING_SCOPE, missing_scope(row, channel.spec))
    return None


def _of_day(ahead: DuePublication, planned: int) -> Failure | None:
    total = daily_total(ahead.account)
    if total is None or planned <= total:
        return None
    message = f"{ahead.account.handle} may publish {total} posts in 24 hours, and {planned} are due in them"
    return failure_of(Reason.DAILY_CAP_REACHED, message)


def _of_draft(ahead: DuePublication, channel: AnyChannel, keyring: KeyRing) -> Failure | None:
    try:
        account = connected_account(ahead.account, open_credentials(keyring, ahead.account))
    except SealBroken:
        return failure_of(Reason.INTERNAL_ERROR, "the account's stored credentials cannot be opened")
    if ahead.step.unfitted:
        return None  # its files are not those that the network will get
    problems = channel.validate(ahead.step.draft, account)
    return _of_problem(problems[0]) if problems else None


def _of_problem(problem: Problem) -> Failure:
    known = problem.code in {reason.value for reason in Reason}
    return failure_of(Reason(problem.code) if known else Reason.INVALID_FIELD, f"{problem.pointer}: {problem.message}")
