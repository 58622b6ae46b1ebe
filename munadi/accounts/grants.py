"""Ends the grants of accounts at their networks, after the accounts were disconnected here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from munadi.crypto import SealBroken
from munadi.db.accounts.store import AccountStore, OpenedAccount
from munadi.domain.failure import ChannelError
from munadi.ports import Channels

log = logging.getLogger("munadi.accounts")

# The account is removed here whatever the network responds, so nothing waits longer than this.
REVOKE_SECONDS = 8.0


class Grants:
    """Grants of the accounts of one database."""

    def __init__(self, accounts: AccountStore, channels: Channels) -> None:
        self._accounts = accounts
        self._channels = channels

    @asynccontextmanager
    async def ending(self, account_id: str) -> AsyncIterator[None]:
        """Around a disconnect: end the account's grant after it, if possible.

        The grant stays while a publication of the account may still need to be checked, and while the same profile is
        connected for another brand, because both use the same grant.
        """
        try:
            opened = await self._accounts.opened(account_id)
        except SealBroken:
            opened = None  # nothing to speak with
        yield
        if opened is not None and await self._accounts.is_last_of_its_profile(account_id):
            await self._revoke(opened)

    async def _revoke(self, opened: OpenedAccount) -> None:
        account = opened.account
        if account.app_id is not None and account.app is None:
            return  # the app is gone, and no other can end its grants
        channel = self._channels.of_app(account.channel, account.app)
        if channel.authorizer is None:
            return
        try:
            async with asyncio.timeout(REVOKE_SECONDS):
                ended = await channel.revoke(account)
        except (ChannelError, TimeoutError) as error:
            log.warning("%s is disconnected, but its grant at %s was not ended: %s", account.id, account.channel, error)
        else:
            log.info(
                "%s is disconnected; its grant at %s %s", account.id, account.channel, "ended" if ended else "stays"
            )
