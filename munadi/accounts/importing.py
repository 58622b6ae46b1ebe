"""Verify the credentials of an account that is not stored yet."""

from __future__ import annotations

from dataclasses import replace

from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.failure import ChannelError, Reason
from munadi.ports import AccountImport, AnyChannel, Connection


async def prove(channel: AnyChannel, given: AccountImport) -> Connection:
    """Verify the credentials at their network; returns their profile. Raises ChannelError.

    An expired access token is renewed once. That needs no lease: until the account is stored, no other process of
    Munadi has these credentials.
    """
    try:
        return await channel.verify(given)
    except ChannelError as error:
        if error.reason is not Reason.TOKEN_EXPIRED or (expired := _renewable(channel, given)) is None:
            raise
    fresh = await channel.refresh(expired)
    return await channel.verify(
        replace(
            given,
            access_token=fresh.access_token,
            refresh_token=fresh.refresh_token or given.refresh_token,
            expires_at=fresh.expires_at,
            grant_expires_at=fresh.grant_expires_at or given.grant_expires_at,
            is_final=fresh.is_final or given.is_final,
            extra=fresh.extra or given.extra,
        )
    )


def _renewable(channel: AnyChannel, given: AccountImport) -> ConnectedAccount | None:
    """These credentials as an account for `AnyChannel.refresh`; None without a refresh token."""
    if given.access_token is None or given.refresh_token is None or not given.refresh_token.get_secret_value():
        return None
    return ConnectedAccount(
        id="",
        brand_ref="",
        channel=channel.spec.name,
        external_id=given.external_id or "",
        handle="",
        service_url=given.service_url,
        login=given.login,
        is_test=given.is_test,
        credentials=Credentials(
            access_token=given.access_token,
            refresh_token=given.refresh_token,
            expires_at=given.expires_at,
            grant_expires_at=given.grant_expires_at,
            is_final=given.is_final,
            extra=dict(given.extra),
        ),
    )
