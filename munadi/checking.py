"""Whether an account works, asked at its network: the token is renewed if need be, a dead grant is written down.

Used when somebody asks (`check`), and by the worker shortly before a post of the account is due (preflight). What is
found is written down for the connection that was asked about. If its owner connected the account again meanwhile, the
answer is about a connection that is gone: the new one is asked.
"""

from __future__ import annotations

from munadi.db.accounts.store import AccountStore
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Failure, FailureClass, Reason
from munadi.domain.reasons import REASONS, failure_of
from munadi.ports import AccountImport, Channels, Clock
from munadi.tokens import AccountTokens

# Connections that are asked at most: an account that is replaced over and over has no lasting answer.
TRIES = 3


class AccountChecks:
    """Checks over one database. `tokens` renews what has expired."""

    def __init__(self, accounts: AccountStore, channels: Channels, tokens: AccountTokens, clock: Clock) -> None:
        self._accounts = accounts
        self._channels = channels
        self._tokens = tokens
        self._clock = clock

    async def check(self, account_id: str) -> Failure | None:
        """None: it works, and its profile, scopes and quota are up to date. ChannelError when the network is away."""
        for tries_left in reversed(range(TRIES)):
            try:
                await self._ask(await self._tokens.account(account_id))
            except ChannelError as error:
                if tries_left and await self._is_outdated(account_id, error):
                    continue
                if REASONS[error.reason].class_ in (FailureClass.OUTAGE, FailureClass.RATE_LIMIT):
                    raise
                return failure_of(error.reason, error.message, error=error)
            break
        return None

    async def _ask(self, account: ConnectedAccount) -> None:
        """One look, and another with a renewed token. Raises ChannelError, once it is written down."""
        try:
            await self._look(account)
        except ChannelError as error:
            if error.reason is not Reason.TOKEN_EXPIRED:
                await self._note(account, error)
                raise
            # The network is the judge of a token's end, not our clock.
            renewed = await self._tokens.renew(account)
            try:
                await self._look(renewed)
            except ChannelError as again:
                await self._note(renewed, again)
                raise

    async def _look(self, account: ConnectedAccount) -> None:
        given = AccountImport.of(
            account.credentials,
            external_id=account.external_id,
            service_url=account.service_url,
            login=account.login,
            handle=account.handle,
        )
        seen = await self._channels[account.channel].verify(given)
        await self._accounts.store_checked(account.id, account.credentials_version, seen, self._clock.now())

    async def _note(self, account: ConnectedAccount, error: ChannelError) -> None:
        """Write a failure down for the connection that was asked. A renewal that fails does so itself."""
        version = error.credentials_version = account.credentials_version
        await self._tokens.pause(account, error.pause)
        if REASONS[error.reason].class_ is FailureClass.TOKEN:
            await self._tokens.lost(account, error)
        else:
            await self._accounts.note_failure(account.id, version, error.reason, error.message, self._clock.now())

    async def _is_outdated(self, account_id: str, error: ChannelError) -> bool:
        version = error.credentials_version
        return version is not None and await self._accounts.is_replaced(account_id, version)
