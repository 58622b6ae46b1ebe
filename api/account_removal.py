"""Disconnects an account, here and at its network."""

from __future__ import annotations

import asyncio
import logging

from api.process.services import Services
from munadi.crypto import SealBroken
from munadi.db.accounts.store import AccountStore, OpenedAccount
from munadi.domain.failure import ChannelError
from munadi.publishing import account_changes

log = logging.getLogger("munadi.accounts")

# The account is removed here whatever the network responds, so the caller waits no longer than this.
REVOKE_SECONDS = 8.0


async def disconnect_account(services: Services, accounts: AccountStore, account_id: str) -> None:
    """Disconnect here first; then revoke the grant at the network, if possible.

    The grant stays while a publication of the account may still need to be checked, and while the same profile is
    connected for another brand, because both use the same grant.
    """
    try:
        opened = await accounts.opened(account_id)
    except SealBroken:
        opened = None  # nothing to speak with
    await account_changes.disconnect(services.database, account_id, services.clock.now())
    if opened is None or not await accounts.is_last_of_its_profile(account_id):
        return
    await _revoke(services, opened)


async def _revoke(services: Services, opened: OpenedAccount) -> None:
    account = opened.account
    channel = services.channels[account.channel]
    if channel.authorizer is None:
        return
    try:
        async with asyncio.timeout(REVOKE_SECONDS):
            ended = await channel.revoke(account)
    except (ChannelError, TimeoutError) as error:
        log.warning("%s is disconnected, but its grant at %s was not ended: %s", account.id, account.channel, error)
    else:
        log.info("%s is disconnected; its grant at %s %s", account.id, account.channel, "ended" if ended else "stays")
