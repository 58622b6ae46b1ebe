"""What a preparation of this channel holds, and one run of a preparation with all that its steps need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from munadi.channels.youtube.api import Api
from munadi.channels.youtube.spec import Options, Settings
from munadi.domain.failure import ChannelError, Effect
from munadi.ports import Clock, MediaReader, PreparedState, Publication

# Each upload spends one of the project's 100 a day.
MAX_RENEWALS = 2


class Prepared(PreparedState):
    """The state of a preparation. Nothing in it expires: an expired session answers so itself.

    `offset` bytes are known to be stored in `session`. `finishing`: the last byte was on its way, so a video may
    exist. `lost_at`: since then the session is gone although it does. `renewals` counts repeated uploads.
    `thumbnail_refusal`: why the video is published without its thumbnail, in the network's words.
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


@dataclass(frozen=True)
class Run:
    """One run for one post, as far as it gets. It never sleeps: the workflow waits."""

    publication: Publication[Options, Prepared]
    api: Api
    settings: Settings
    media: MediaReader
    clock: Clock

    @property
    def state(self) -> Prepared:
        """As it was saved last."""
        return self.publication.state

    def now(self) -> datetime:
        """The time by the channel's clock."""
        return self.clock.now()

    async def upload_again(self, error: ChannelError) -> None:
        """Forget everything so that the next run uploads again; after too many uploads, raise `error` as final."""
        if self.state.renewals >= MAX_RENEWALS:
            error.effect = Effect.REJECTED
            raise error
        await self.publication.replace(Prepared(renewals=self.state.renewals + 1))
