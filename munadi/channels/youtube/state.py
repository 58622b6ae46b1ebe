"""What a handle of this channel holds, and how it is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from munadi.domain.failure import ChannelError, Effect
from munadi.domain.model import Model
from munadi.domain.publication import Handle
from munadi.ports import SaveHandle

# Each upload spends one of the project's 100 a day.
MAX_RENEWALS = 2


class Prepared(Model):
    """The state of a handle.

    `offset` bytes are known to be stored in `session`. `finishing`: the last byte was on its way, so a video may
    exist. `lost_at`: since then the session is gone although it does. `renewals` counts uploads made anew.
    `thumbnail_refusal`: why the video will go out without its thumbnail, in the network's words.
    """

    session: str | None = None
    started_at: datetime | None = None
    offset: int = 0
    finishing: bool = False
    lost_at: datetime | None = None
    video_id: str | None = None
    uploaded_at: datetime | None = None
    renewals: int = 0
    thumbnail_set: bool = False
    thumbnail_tries: int = 0
    thumbnail_refusal: str | None = None


def prepared(handle: Handle | None) -> Prepared:
    """The handle's state, or an empty one."""
    return Prepared.model_validate(handle.state) if handle else Prepared()


class Keeper:
    """The state as it grows: every change is saved before anything else happens."""

    def __init__(self, handle: Handle | None, save: SaveHandle) -> None:
        self.state = prepared(handle)
        self._save = save

    async def put(self, *, ready: bool = False, **changes: Any) -> None:
        """Change and save. Nothing of it expires: a session that lapses says so itself."""
        self.state = self.state.model_copy(update=changes)
        await self._save(self.state.model_dump(mode="json"), ready=ready)

    async def begin_anew(self, error: ChannelError) -> None:
        """Forget everything so that the next run uploads again; after too many, raise `error` as final."""
        if self.state.renewals >= MAX_RENEWALS:
            error.effect = Effect.REJECTED
            raise error
        self.state = Prepared(renewals=self.state.renewals + 1)
        await self.put()
