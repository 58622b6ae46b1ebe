"""The upkeep of one account: renew its token in time, or warn its owner in time (see docs/accounts.md).

Each run decides and acts. When the network does not answer, Temporal retries with growing waits, and the account does
not change. The database has the time of the retry, so that the relay does not wake the workflow earlier.
"""

from __future__ import annotations

from datetime import timedelta

from temporalio import activity

from activities.failures import again
from activities.messages import AccountRef
from munadi.domain.account import AccountStatus
from munadi.domain.failure import ChannelError, FailureClass
from munadi.domain.publication import growing
from munadi.domain.reasons import REASONS
from munadi.domain.renewal import TRY_GROWTH, WARN_AHEAD, RenewalPlan, UpkeepResult, renewal_plan_of
from munadi.ports import AccountUpkeep, Channels, Clock, TokenProvider, UpkeepAccount

S = AccountStatus
# Failures that end by themselves. Of any other failure of a renewal the owner is warned in time.
PASSING = frozenset({FailureClass.OUTAGE, FailureClass.RATE_LIMIT})
# The wait between two runs that would follow at once.
SOON = timedelta(minutes=1)


class UpkeepActivities:
    """The activity `keep`."""

    def __init__(self, accounts: AccountUpkeep, channels: Channels, tokens: TokenProvider, clock: Clock) -> None:
        self._accounts = accounts
        self._channels = channels
        self._tokens = tokens
        self._clock = clock

    @activity.defn(name="keep")
    async def keep(self, ref: AccountRef) -> UpkeepResult:
        """Renew or warn if that is due, and return when to run next. Raises what Temporal must retry."""
        ahead, seen_version = RenewalPlan(), None
        try:
            kept = await self._accounts.load(ref.account_id)
            if kept is not None and kept.status is not S.REAUTH_REQUIRED:
                ahead, seen_version = self._ahead(kept), kept.account.credentials_version
                if ahead.is_due(self._clock.now()):
                    kept = await self._renewed(kept)
        except ChannelError as error:
            raise await self._not_now(ref.account_id, ahead, seen_version, error) from error
        return await self._planned(ref.account_id, kept)

    async def _renewed(self, kept: UpkeepAccount) -> UpkeepAccount | None:
        """The account after a renewal of its credentials; a dead grant is recorded."""
        try:
            await self._tokens.renew(kept.account)
        except ChannelError as error:
            if REASONS[error.reason].class_ is not FailureClass.TOKEN:
                await self._warn(kept, error)
                raise
        return await self._accounts.load(kept.account.id)

    async def _planned(self, account_id: str, kept: UpkeepAccount | None) -> UpkeepResult:
        if kept is None:
            await self._accounts.plan(account_id, None)
            return UpkeepResult(status=S.DISCONNECTED)
        version, now = kept.account.credentials_version, self._clock.now()
        if kept.status is S.REAUTH_REQUIRED:
            await self._accounts.plan(account_id, None, version)
            return UpkeepResult(status=kept.status)
        ahead, status = self._ahead(kept), kept.status
        if ahead.warn_at is not None and ahead.warn_at <= now:
            await self._accounts.mark_expiring(account_id, version, now)
            status = S.EXPIRING
        next_at = now + SOON if ahead.is_due(now) else ahead.next_at(now)
        await self._accounts.plan(account_id, next_at, version)
        return UpkeepResult(status=status, next_at=next_at)

    async def _warn(self, kept: UpkeepAccount, error: ChannelError) -> None:
        """Warn the owner when a person must make the renewal possible and little time is left."""
        lapses_at, now = self._ahead(kept).lapses_at, self._clock.now()
        if REASONS[error.reason].class_ not in PASSING and lapses_at is not None and lapses_at - WARN_AHEAD <= now:
            await self._accounts.mark_expiring(kept.account.id, kept.account.credentials_version, now)

    async def _not_now(
        self, account_id: str, ahead: RenewalPlan, seen_version: int | None, error: ChannelError
    ) -> Exception:
        """The error that makes Temporal retry, after a wait that grows and does not outlast the grant."""
        now = self._clock.now()
        wait = max(growing(TRY_GROWTH, activity.info().attempt - 1), error.retry_after or timedelta(0))
        if ahead.lapses_at is not None and ahead.lapses_at > now:
            wait = min(wait, max((ahead.lapses_at - now) / 2, error.retry_after or SOON))
        await self._accounts.record_failure(account_id, error, now + wait, now, seen_version)
        return again(error, wait)

    def _ahead(self, kept: UpkeepAccount) -> RenewalPlan:
        account = kept.account
        return renewal_plan_of(
            self._channels[account.channel].spec.token_life(account.login),
            account.credentials,
            granted_at=kept.granted_at,
            renewed_at=kept.renewed_at,
        )
