"""Checks an account at its network: renews an expired token, and records a dead grant.

The API uses it for `POST /v1/accounts/{id}/check`, and the worker for the preflight check of a post. A result is
recorded for the credentials that were checked. If the owner reconnected the account meanwhile, the result is outdated
and the new connection is checked.
"""

from __future__ import annotations

from munadi.accounts.tokens import AccountTokens
from munadi.db.accounts.store import AccountStore
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Failure, FailureClass, Reason
from munadi.domain.reasons import REASONS, failure_of
from munadi.ports import AccountImport, Channels, Clock
from munadi.ports.calls import calling_for

# The most connections that are checked: an account that is reconnected again and again has no lasting result.
TRIES = 3


class AccountChecks:
    """Checks accounts at their networks. `tokens` renews expired tokens."""

    def __init__(self, accounts: AccountStore, channels: Channels, tokens: AccountTokens, clock: Clock) -> None:
        self._accounts = accounts
        self._channels = channels
        self._tokens = tokens
        self._clock = clock

    async def check(self, account_id: str) -> Failure | None:
        """Check the account and update its profile, scopes and quota; None if it works. ChannelError in an outage."""
        for tries_left in reversed(range(TRIES)):
            try:
                await self._verify(await self._tokens.account(account_id))
            except ChannelError as error:
                if tries_left and await self._is_outdated(account_id, error):
                    continue
                if REASONS[error.reason].class_ in (FailureClass.OUTAGE, FailureClass.RATE_LIMIT):
                    raise
                return failure_of(error.reason, error.message, error=error)
            break
        return None

    async def _verify(self, account: ConnectedAccount) -> None:
        """Verify the account, and once more with a renewed token. Raises ChannelError after recording it."""
        try:
            await self._verify_once(account)
        except ChannelError as error:
            if error.reason is not Reason.TOKEN_EXPIRED:
                await self._record(account, error)
                raise
            # The network decides whether a token has expired, not our clock.
            renewed = await self._tokens.renew(account)
            try:
                await self._verify_once(renewed)
            except ChannelError as again:
                await self._record(renewed, again)
                raise

    async def _verify_once(self, account: ConnectedAccount) -> None:
        given = AccountImport.of(
            account.credentials,
            external_id=account.external_id,
            service_url=account.service_url,
            login=account.login,
            handle=account.handle,
            is_test=account.is_test,
        )
        with calling_for(account.brand_ref):
            seen = await self._channels.of_app(account.channel, account.app).verify(given)
        await self._accounts.store_checked(account.id, account.credentials_version, seen, self._clock.now())

    async def _record(self, account: ConnectedAccount, error: ChannelError) -> None:
        """Record a failure for the credentials that were checked. A failed renewal records itself."""
        version = error.credentials_version = account.credentials_version
        await self._tokens.pause(account, error.pause)
        if REASONS[error.reason].class_ is FailureClass.TOKEN:
            await self._tokens.lost(account, error)
        else:
            await self._accounts.note_failure(account.id, version, error.reason, error.message, self._clock.now())

    async def _is_outdated(self, account_id: str, error: ChannelError) -> bool:
        version = error.credentials_version
        return version is not None and await self._accounts.is_replaced(account_id, version)
