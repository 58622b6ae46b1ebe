"""Whether an account works, asked at its network: the token is renewed if need be, a dead grant is written down."""

from __future__ import annotations

from api.services import Services
from munadi.db.accounts import AccountStore
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Failure, FailureClass, Reason
from munadi.domain.reasons import REASONS, failure_of
from munadi.ports import AccountImport
from munadi.tokens import AccountTokens

HOLDER = "api"


async def check_account(services: Services, accounts: AccountStore, account_id: str) -> Failure | None:
    """None: it works, and its profile is up to date. ChannelError when the network is not available."""
    tokens = AccountTokens(accounts, services.channels, services.clock, HOLDER)
    try:
        account = await tokens.account(account_id)
        try:
            await _look(services, accounts, account)
        except ChannelError as error:
            if error.reason is not Reason.TOKEN_EXPIRED:
                raise
            # The network is the judge of a token's end, not our clock.
            account = await tokens.renew(account)
            await _look(services, accounts, account)
    except ChannelError as error:
        class_ = REASONS[error.reason].class_
        await tokens.pause(account_id, error.pause)
        await accounts.note_failure(account_id, error.reason, error.message, services.clock.now())
        if class_ in (FailureClass.OUTAGE, FailureClass.RATE_LIMIT):
            raise
        if class_ is FailureClass.TOKEN and (opened := await accounts.opened(account_id)) is not None:
            await tokens.lost(opened.account, error)
        return failure_of(error.reason, error.message, error=error)
    return None


async def _look(services: Services, accounts: AccountStore, account: ConnectedAccount) -> None:
    credentials = account.credentials
    given = AccountImport(
        external_id=account.external_id,
        service_url=account.service_url,
        login=account.login,
        access_token=credentials.access_token,
        refresh_token=credentials.refresh_token,
        expires_at=credentials.expires_at,
        grant_expires_at=credentials.grant_expires_at,
        is_final=credentials.is_final,
        extra=credentials.extra,
    )
    seen = await services.channels[account.channel].verify(given)
    await accounts.store_checked(account.id, account.credentials_version, seen, services.clock.now())
