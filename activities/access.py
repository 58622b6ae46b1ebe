"""A working token for calls that nobody sees: preparing, checking, looking."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, FailureClass, Reason
from munadi.domain.reasons import REASONS
from munadi.ports import TokenKeeper

T = TypeVar("T")


async def with_token(tokens: TokenKeeper, account_id: str, call: Callable[[ConnectedAccount], Awaitable[T]]) -> T:
    """Make a call that may be repeated; once more with a fresh token when the network says that the token expired.

    Raises what the call raised. A grant that is dead, or a fresh token refused again, is told to the account, and so
    is how long the network wants to hear nothing.
    """
    account = await tokens.account(account_id)
    try:
        return await call(account)
    except ChannelError as error:
        if error.reason is not Reason.TOKEN_EXPIRED:
            await _tell(tokens, account, error)
            raise
    fresh = await tokens.renew(account)
    try:
        return await call(fresh)
    except ChannelError as error:
        await _tell(tokens, fresh, error)
        raise


async def _tell(tokens: TokenKeeper, account: ConnectedAccount, error: ChannelError) -> None:
    await tokens.pause(account.id, error.pause)
    if REASONS[error.reason].class_ is FailureClass.TOKEN:
        await tokens.lost(account, error)
