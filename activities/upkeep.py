"""Keeping one account connected: its token renewed in time, its owner warned in time (see docs/accounts.md).

Each run decides and acts. When the network cannot answer, Temporal retries, later each time, and the account stays as
it is. The database has the time of the next try, so that the relay does not wake the workflow before.
"""

from __future__ import annotations

from datetime import timedelta

from temporalio import activity

from activities.failures import again
from activities.messages import AccountRef
from munadi.domain.account import AccountStatus
from munadi.domain.failure import ChannelError, FailureClass
from munadi.domain.keeping import TOLD_AHEAD, TRY_GROWTH, Keeping, Kept, keeping_of
from munadi.domain.publication import growing
from munadi.domain.reasons import REASONS
from munadi.ports import AccountsKept, Channels, Clock, KeptAccount, TokenKeeper

S = AccountStatus
# What passes by itself. Any other obstacle to a renewal is reported to the owner in time.
PASSING = frozenset({FailureClass.OUTAGE, FailureClass.RATE_LIMIT})
# Two looks that would come at once.
SOON = timedelta(minutes=1)


class UpkeepActivities:
    """`keep`."""

    def __init__(self, accounts: AccountsKept, channels: Channels, tokens: TokenKeeper, clock: Clock) -> None:
        self._accounts = accounts
        self._channels = channels
        self._tokens = tokens
        self._clock = clock

    @activity.defn(name="keep")
    async def keep(self, ref: AccountRef) -> Kept:
        """Do what is due for the account, and return when to run next. Raises what Temporal must retry."""
        ahead, seen_version = Keeping(), None
        try:
            kept = await self._accounts.kept(ref.account_id)
            if kept is not None and kept.status is not S.REAUTH_REQUIRED:
                ahead, seen_version = self._ahead(kept), kept.account.credentials_version
                if ahead.must_ask(self._clock.now()):
                    kept = await self._asked(kept)
        except ChannelError as error:
            raise await self._not_now(ref.account_id, ahead, seen_version, error) from error
        return await self._planned(ref.account_id, kept)

    async def _asked(self, kept: KeptAccount) -> KeptAccount | None:
        """The account after a renewal of its credentials; a dead grant is recorded."""
        try:
            await self._tokens.renew(kept.account)
        except ChannelError as error:
            if REASONS[error.reason].class_ is not FailureClass.TOKEN:
                await self._warn(kept, error)
                raise
        return await self._accounts.kept(kept.account.id)

    async def _planned(self, account_id: str, kept: KeptAccount | None) -> Kept:
        if kept is None:
            await self._accounts.plan(account_id, None)
            return Kept(status=S.DISCONNECTED)
        version, now = kept.account.credentials_version, self._clock.now()
        if kept.status is S.REAUTH_REQUIRED:
            await self._accounts.plan(account_id, None, version)
            return Kept(status=kept.status)
        ahead, status = self._ahead(kept), kept.status
        if ahead.tell_at is not None and ahead.tell_at <= now:
            await self._accounts.tell_expiring(account_id, version, now)
            status = S.EXPIRING
        next_at = now + SOON if ahead.must_ask(now) else ahead.next_at(now)
        await self._accounts.plan(account_id, next_at, version)
        return Kept(status=status, next_at=next_at)

    async def _warn(self, kept: KeptAccount, error: ChannelError) -> None:
        """Warn the owner when a person must make the renewal possible and little time is left."""
        lapses_at, now = self._ahead(kept).lapses_at, self._clock.now()
        if REASONS[error.reason].class_ not in PASSING and lapses_at is not None and lapses_at - TOLD_AHEAD <= now:
            await self._accounts.tell_expiring(kept.account.id, kept.account.credentials_version, now)

    async def _not_now(
        self, account_id: str, ahead: Keeping, seen_version: int | None, error: ChannelError
    ) -> Exception:
        """The error that makes Temporal retry, after a wait that grows and does not outlast the grant."""
        now = self._clock.now()
        wait = max(growing(TRY_GROWTH, activity.info().attempt - 1), error.retry_after or timedelta(0))
        if ahead.lapses_at is not None and ahead.lapses_at > now:
            wait = min(wait, max((ahead.lapses_at - now) / 2, error.retry_after or SOON))
        await self._accounts.failed(account_id, error, now + wait, now, seen_version)
        return again(error, wait)

    def _ahead(self, kept: KeptAccount) -> Keeping:
        account = kept.account
        return keeping_of(
            self._channels[account.channel].spec.token_life(account.login),
            account.credentials,
            granted_at=kept.granted_at,
            renewed_at=kept.renewed_at,
        )
