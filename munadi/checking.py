"""Whether an account works, asked at its network: the token is renewed if need be, a dead grant is written down.

Used when somebody asks (`check`), and by the worker shortly before a post of the account is due (preflight).
"""

from __future__ import annotations

from munadi.db.accounts import AccountStore
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Failure, FailureClass, Reason
from munadi.domain.reasons import REASONS, failure_of
from munadi.ports import AccountImport, Channels, Clock
from munadi.tokens import AccountTokens


class AccountChecks:
    """Checks over one database. `tokens` renews what has expired."""

    def __init__(self, accounts: AccountStore, channels: Channels, tokens: AccountTokens, clock: Clock) -> None:
        self._accounts = accounts
        self._channels = channels
        self._tokens = tokens
        self._clock = clock

    async def check(self, account_id: str) -> Failure | None:
        """None: it works, and its profile, scopes and quota are up to date. ChannelError when the network is away."""
        try:
            account = await self._tokens.account(account_id)
            try:
                await self._look(account)
            except ChannelError as error:
                if error.reason is not Reason.TOKEN_EXPIRED:
                    raise
                # The network is the judge of a token's end, not our clock.
                account = await self._tokens.renew(account)
                await self._look(account)
        except ChannelError as error:
            class_ = REASONS[error.reason].class_
            await self._tokens.pause(account_id, error.pause)
            await self._accounts.note_failure(account_id, error.reason, error.message, self._clock.now())
            if class_ in (FailureClass.OUTAGE, FailureClass.RATE_LIMIT):
                raise
            if class_ is FailureClass.TOKEN and (opened := await self._accounts.opened(account_id)) is not None:
                await self._tokens.lost(opened.account, error)
            return failure_of(error.reason, error.message, error=error)
        return None

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
