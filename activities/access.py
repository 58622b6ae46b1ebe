"""A working token for invisible calls: preparing, checking, reconciling."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, FailureClass, Reason
from munadi.domain.publication import Unknown
from munadi.domain.reasons import REASONS
from munadi.ports import TokenKeeper

T = TypeVar("T")


async def with_token(tokens: TokenKeeper, account_id: str, call: Callable[[ConnectedAccount], Awaitable[T]]) -> T:
    """Make a call that may be repeated. It is repeated once: with a fresh token when the network says that the token
    expired, with the new connection when the account was reconnected while the old one failed.

    Raises what the call raised, with the version of the credentials it was made with. A grant that is dead, or a fresh
    token refused again, is reported to the account, and so is how long the network wants no calls.
    """
    account = await tokens.account(account_id)
    try:
        return await _made(tokens, account, call)
    except ChannelError as error:
        if error.reason is not Reason.TOKEN_EXPIRED and not await report(tokens, account, error):
            raise
    fresh = await tokens.renew(account)
    try:
        return await _made(tokens, fresh, call)
    except ChannelError as error:
        await report(tokens, fresh, error)
        raise


async def report(tokens: TokenKeeper, account: ConnectedAccount, error: ChannelError) -> bool:
    """Report the failure of a call to the connection it was made with.

    True when the grant is dead and the account has other credentials by now: the call may be made with those.
    """
    await tokens.pause(account, error.pause)
    return REASONS[error.reason].class_ is FailureClass.TOKEN and await tokens.lost(account, error)


async def _made(tokens: TokenKeeper, account: ConnectedAccount, call: Callable[[ConnectedAccount], Awaitable[T]]) -> T:
    try:
        result = await call(account)
    except ChannelError as error:
        error.credentials_version = account.credentials_version
        raise
    if isinstance(result, Unknown):
        await tokens.pause(account, result.pause)
    return result
