"""What one run of a preparation works with; it never sleeps, the workflow does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from munadi.channels.http import ChannelTools
from munadi.channels.youtube.api import Api
from munadi.channels.youtube.lookup import Lookup
from munadi.channels.youtube.spec import Settings
from munadi.channels.youtube.state import Keeper, Prepared
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.media import MediaAsset


@dataclass(frozen=True)
class Run:
    """One draft's way to Ready, as far as it goes now."""

    api: Api
    lookup: Lookup
    settings: Settings
    tools: ChannelTools
    account: ConnectedAccount
    keep: Keeper

    @property
    def state(self) -> Prepared:
        """As it was saved last."""
        return self.keep.state

    def now(self) -> datetime:
        """The time by the channel's clock."""
        return self.tools.clock.now()

    async def read(self, asset: MediaAsset, start: int, length: int) -> bytes:
        """Exactly these bytes of a stored file. Raises ChannelError when it is not what it was."""
        try:
            content = await self.tools.media.read(asset, start, length)
        except FileNotFoundError:
            content = b""
        if len(content) != length:
            message = f"YouTube: the stored file of media {asset.id} is gone or shorter than it was"
            raise ChannelError(Reason.MEDIA_UNREACHABLE, Effect.REJECTED, message)
        return content
