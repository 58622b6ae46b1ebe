"""Places for visible calls, taken before an attempt is recorded: what waits for a slow server has sent nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

from activities.failures import failure_from
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason
from munadi.domain.outcome import Held
from munadi.domain.publication import HoldReason
from munadi.domain.server import Server, server_of
from munadi.ports import Calls, Channels


class Places:
    """The places at the accounts' servers."""

    def __init__(self, calls: Calls, channels: Channels) -> None:
        self._calls = calls
        self._channels = channels

    def refusal(self, account: ConnectedAccount | ChannelError) -> ChannelError | None:
        """Why no call would be made for the account now; None where one may be, or its server is not the reason."""
        if isinstance(account, ChannelError):
            return account if account.reason is Reason.HOST_SLOW else None
        try:
            self._calls.check(account.brand_ref, self._server(account))
        except ChannelError as error:
            return error
        return None

    @asynccontextmanager
    async def place(self, account: ConnectedAccount | ChannelError) -> AsyncIterator[ChannelError | None]:
        """Keep a place for the calls inside the block; yields why there is none. Without an account none is needed."""
        async with AsyncExitStack() as kept:
            refused = None
            if isinstance(account, ConnectedAccount):
                try:
                    await kept.enter_async_context(self._calls.reserved(account.brand_ref, self._server(account)))
                except ChannelError as error:
                    refused = error
            yield refused

    def _server(self, account: ConnectedAccount) -> Server:
        return server_of(self._channels[account.channel].spec, account.service_url)


def wait_for_host(error: ChannelError, now: datetime) -> Held:
    """The outcome of a call that found no place: the post waits until its turn comes."""
    return Held(HoldReason.HOST_SLOW, error.retry_after, failure_from(error, now))
