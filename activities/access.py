"""Runs invisible calls (preparing, checking, reconciling) with a valid token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from activities.failures import NOT_GRANTED
from munadi.domain.account import ConnectedAccount
from munadi.domain.app_pause import Paused
from munadi.domain.channel import ChannelSpec
from munadi.domain.failure import ChannelError, Effect, FailureClass, Reason
from munadi.domain.publication import Unknown
from munadi.domain.reasons import REASONS
from munadi.ports import TokenProvider

T = TypeVar("T")


def require_permission(account: ConnectedAccount, spec: ChannelSpec) -> None:
    """ChannelError (not sent) unless the account was connected with the permission to post: its owner must grant it."""
    if spec.may_publish(account.scopes):
        return
    needed = " or ".join(spec.publish_scopes)
    message = f"{account.handle} was connected without the permission {needed}; reconnect it and grant that"
    raise ChannelError(Reason.MISSING_SCOPE, Effect.NOT_SENT, message, provider_code=NOT_GRANTED)


async def with_token(
    tokens: TokenProvider,
    account_id: str,
    call: Callable[[ConnectedAccount], Awaitable[T]],
    *,
    to_prepare: bool = False,
) -> T:
    """Make a repeatable call. It is repeated once: with a fresh token when the network reports the token expired, or
    with the new credentials when the account was reconnected meanwhile.

    Raises what the call raised, with the version of its credentials. A dead grant, or a fresh
    token that is refused again, is recorded at the account, and so is a pause that the network asked for. With
    `to_prepare` the call prepares a post.
    """
    account = await tokens.account(account_id, to_prepare=to_prepare)
    during = Paused.PREPARING if to_prepare else None
    try:
        return await _made(tokens, account, call)
    except ChannelError as error:
        if error.reason is not Reason.TOKEN_EXPIRED and not await report(tokens, account, error, during):
            raise
    fresh = await tokens.renew(account)
    try:
        return await _made(tokens, fresh, call)
    except ChannelError as error:
        await report(tokens, fresh, error, during)
        raise


async def report(
    tokens: TokenProvider, account: ConnectedAccount, error: ChannelError, during: Paused | None = None
) -> bool:
    """Record the failure of a call at the account that it was made for, or at its app.

    True when the grant is dead but the account has newer credentials: the call may be repeated with those.
    """
    await tokens.pause(account, error.pause)
    await tokens.pause_app(account, error, during)
    return REASONS[error.reason].class_ is FailureClass.TOKEN and await tokens.lost(account, error)


async def _made(
    tokens: TokenProvider, account: ConnectedAccount, call: Callable[[ConnectedAccount], Awaitable[T]]
) -> T:
    try:
        result = await call(account)
    except ChannelError as error:
        error.credentials_version = account.credentials_version
        raise
    if isinstance(result, Unknown):
        await tokens.pause(account, result.pause)
    return result
