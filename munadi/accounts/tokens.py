"""Provides valid tokens: one refresh serves all concurrent callers. (Port: munadi.ports.TokenProvider.)

Refreshing happens under the account's lease in the database: re-read, refresh if still needed, store before use.
So a hundred publishes with an expired token make one refresh, over all processes.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from datetime import timedelta

from munadi.crypto import SealBroken
from munadi.db.accounts.store import AccountStore
from munadi.domain.account import AccountStatus, ConnectedAccount, Credentials
from munadi.domain.app_pause import Paused, paused_by
from munadi.domain.failure import ChannelError, Effect, FailureClass, Reason
from munadi.domain.reasons import REASONS
from munadi.ports import Channels, Clock
from munadi.process.background import detached
from munadi.telemetry import metrics

log = logging.getLogger("munadi.tokens")

REFRESH_AHEAD = timedelta(minutes=5)
LEASE = timedelta(seconds=60)
# How long to wait for another task's refresh.
PATIENCE = 10.0
FIRST_NAP, LONGEST_NAP = 0.05, 0.5


class AccountTokens:
    """Returns accounts with a token that is not known to be expired. `holder` names this process."""

    def __init__(self, accounts: AccountStore, channels: Channels, clock: Clock, holder: str) -> None:
        self._accounts = accounts
        self._channels = channels
        self._clock = clock
        self._holder = holder
        self._refreshing: set[asyncio.Task[ConnectedAccount]] = set()

    async def account(self, account_id: str, *, to_prepare: bool = False) -> ConnectedAccount:
        """The account with a usable token. ChannelError, always *not sent*: TOKEN… when its owner must act, an outage
        when the network could not refresh a token that has already expired, RATE_LIMITED while it is paused. With
        `to_prepare` QUOTA_EXCEEDED while its app may prepare no posts."""
        account = await self._load(account_id, to_prepare=to_prepare)
        if not self._expires_within(account, REFRESH_AHEAD):
            return account
        try:
            return await self._refreshed(account)
        except ChannelError as error:
            if _is_dead(error) or self._expires_within(account, timedelta(0)):
                raise
            log.warning("the token of %s could not be refreshed yet: %s", account_id, error)
            return account  # it still has some minutes

    async def renew(self, account: ConnectedAccount) -> ConnectedAccount:
        """After the network reported the token expired: refresh it, unless that has happened. ChannelError as above."""
        current = await self._load(account.id)
        if current.credentials_version != account.credentials_version:
            return current
        return await self._refreshed(current)

    async def lost(self, account: ConnectedAccount, error: ChannelError) -> bool:
        """Mark the account `reauth_required` after its grant was revoked. True if it was reconnected meanwhile."""
        version = account.credentials_version
        is_marked = await self._accounts.mark_reauth_required(
            account.id, version, error.reason.value, self._clock.now(), error.message
        )
        return not is_marked and await self._accounts.is_replaced(account.id, version)

    async def pause(self, account: ConnectedAccount, wait: timedelta | None) -> None:
        """Make no calls for this account, in any process, for as long as the network asked."""
        if wait is not None:
            await self._accounts.pause(account.id, account.credentials_version, self._clock.now() + wait)

    async def pause_app(self, account: ConnectedAccount, error: ChannelError, during: Paused | None) -> None:
        """Make no such calls for any account of the app, in any process, if the network limits the app."""
        calls, wait = paused_by(error, during), error.pause or error.retry_after
        if calls is not None and wait is not None:
            now = self._clock.now()
            log.warning("%s limits the app: %s calls wait for %s: %s", account.channel, calls.value, wait, error)
            await self._accounts.pause_app(account, calls, now + wait, now)

    async def _load(self, account_id: str, *, to_prepare: bool = False) -> ConnectedAccount:
        try:
            opened = await self._accounts.opened(account_id)
        except SealBroken as error:
            # A missing key is our own fault and can be fixed, so the publication waits in place of failing.
            log.error("the credentials of %s cannot be opened: %s", account_id, error)
            raise _not_sent(Reason.INTERNAL_ERROR, "the account's stored credentials cannot be opened") from error
        if opened is None:
            raise _not_sent(Reason.ACCOUNT_DISCONNECTED, "the account is no longer connected")
        if opened.status is AccountStatus.REAUTH_REQUIRED:
            raise _not_sent(Reason.TOKEN_REVOKED, "the account's owner must reconnect it")
        now, full_until = self._clock.now(), opened.preparing_paused_until if to_prepare else None
        if opened.paused_until is not None and opened.paused_until > now:
            raise _not_sent(Reason.RATE_LIMITED, "the network asked for a pause", opened.paused_until - now)
        if full_until is not None and full_until > now:
            raise _not_sent(
                Reason.QUOTA_EXCEEDED, "the app's quota or credits at the network are used up", full_until - now
            )
        return opened.account

    async def _refreshed(self, stale: ConnectedAccount) -> ConnectedAccount:
        """Refresh under the lease, or wait for its holder."""
        lease = f"{self._holder}/{secrets.token_hex(8)}"
        give_up, nap = self._clock.monotonic() + PATIENCE, FIRST_NAP
        while not await self._take_lease(stale.id, lease):
            if self._clock.monotonic() >= give_up:
                raise _not_sent(Reason.PROVIDER_OUTAGE, "the account's token is being refreshed elsewhere")
            await asyncio.sleep(nap)
            nap = min(nap * 2, LONGEST_NAP)
            current = await self._load(stale.id)
            if current.credentials_version != stale.credentials_version:
                return current
        # A refresh may use up the old grant, so its answer is stored even if the caller stops waiting.
        refreshing = detached(self._refresh_leased(stale, lease, waited=nap > FIRST_NAP))
        self._refreshing.add(refreshing)
        refreshing.add_done_callback(self._refreshing.discard)
        return await asyncio.shield(refreshing)

    async def finish(self) -> None:
        """Wait for refreshes whose callers have gone. Call this before the database is closed."""
        await asyncio.gather(*self._refreshing, return_exceptions=True)

    async def _take_lease(self, account_id: str, lease: str) -> bool:
        now = self._clock.now()
        return await self._accounts.take_lease(account_id, lease, now, now + LEASE)

    async def _refresh_leased(self, stale: ConnectedAccount, lease: str, *, waited: bool) -> ConnectedAccount:
        try:
            current = await self._load(stale.id)
            if current.credentials_version != stale.credentials_version:
                return current
            if waited:
                # The holder of the lease failed. More attempts by all waiting tasks would overload a failing network.
                raise _not_sent(Reason.PROVIDER_OUTAGE, "the account's token could not be refreshed just now")
            await self._refresh_and_store(current)
            return await self._load(stale.id)
        finally:
            await self._accounts.release_lease(stale.id, lease)

    async def _refresh_and_store(self, account: ConnectedAccount) -> None:
        try:
            fresh = await self._refresh(account)
        except ChannelError as error:
            outcome = "revoked" if _is_dead(error) else "failed"
            metrics.REFRESHES.labels(account.channel, outcome).inc()
            error.effect = Effect.NOT_SENT  # nothing visible was sent, whatever the refresh did
            version = error.credentials_version = account.credentials_version
            if _is_dead(error):
                await self.lost(account, error)
            else:
                await self._accounts.note_failure(account.id, version, error.reason, error.message, self._clock.now())
            await self.pause(account, error.pause)
            raise
        life = self._channels[account.channel].spec.token_life(account.login)
        now = self._clock.now()
        await self._accounts.store_refreshed(account.id, account.credentials_version, fresh, now, life=life)
        metrics.REFRESHES.labels(account.channel, "refreshed").inc()

    async def _refresh(self, account: ConnectedAccount) -> Credentials:
        if account.app_id is not None and account.app is None:
            raise _not_sent(Reason.TOKEN_REVOKED, "the app that the account was connected through is gone")
        channel = self._channels.of_app(account.channel, account.app)
        try:
            async with asyncio.timeout(LEASE.total_seconds()):
                return await channel.refresh(account)
        except TimeoutError:
            raise _not_sent(Reason.PROVIDER_OUTAGE, "the network did not answer the refresh of the token") from None

    def _expires_within(self, account: ConnectedAccount, ahead: timedelta) -> bool:
        expires_at = account.credentials.expires_at
        return expires_at is not None and expires_at <= self._clock.now() + ahead


def _is_dead(error: ChannelError) -> bool:
    return REASONS[error.reason].class_ is FailureClass.TOKEN


def _not_sent(reason: Reason, message: str, wait: timedelta | None = None) -> ChannelError:
    return ChannelError(reason, Effect.NOT_SENT, message, retry_after=wait)
