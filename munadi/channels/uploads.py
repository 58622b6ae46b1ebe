"""Media that are uploaded ahead of a post: opened, sent in parts, processed, described, and sent again if lost.

Each id is saved at once, and every part that arrived is counted. Nothing waits here: the workflow calls again, and a
run continues where its saved state ends. Media that no post uses are deleted by their networks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Generic, Self, TypeVar

from pydantic import BaseModel

from munadi.channels.http import ChannelTools
from munadi.channels.posting import PostState
from munadi.channels.renditions import fitting
from munadi.domain.channel import MediaRule
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.media import MediaAsset
from munadi.domain.model import Model
from munadi.domain.publication import Pending, Ready
from munadi.ports import Publication

# A medium that a network lost or failed on so often is not taken.
MAX_FAILURES = 3
# What a network says of an upload that it does not know any more.
LOST = frozenset({Reason.TARGET_NOT_ACCESSIBLE, Reason.MEDIA_PROCESSING_FAILED})


class Uploaded(Model):
    """A medium at its network, which deletes it at `expires_at` if no post uses it.

    `sent` parts are there; it is `finalized_at` once all are, `is_ready` once it is processed. `key` is what shows it
    in a post, where that is not its id.
    """

    id: str
    key: str = ""
    expires_at: datetime = datetime.fromtimestamp(0, UTC)  # where another version saved no end, it may be over
    sent: int = 0
    finalized_at: datetime | None = None
    is_ready: bool = False
    is_described: bool = False


class UploadState(PostState):
    """The base of `Prepared`: `media` in the draft's order, and `failures` of uploads.

    `keys` are those of every medium that a visible call may have used, also of earlier uploads. So long as `slack`
    before its end, a medium is uploaded again.
    """

    slack: ClassVar[timedelta] = timedelta(minutes=10)

    media: tuple[Uploaded, ...] = ()
    keys: tuple[str, ...] = ()
    failures: int = 0

    @property
    def expires_at(self) -> datetime | None:
        """When the network deletes the first medium."""
        return min((one.expires_at for one in self.media), default=None)

    def is_complete(self, count: int) -> bool:
        """Whether this many media are uploaded, processed and described."""
        return len(self.media) == count and all(one.is_ready and one.is_described for one in self.media)

    def without_lapsed_media(self, now: datetime) -> Self:
        """This state without media that may be gone before they are used."""
        ends = self.expires_at
        return self if ends is None or ends - self.slack > now else self.without_media(self.failures)

    def without_media(self, failures: int) -> Self:
        """This state without its uploads; their keys and what is live stay known."""
        return self.model_copy(update={"media": (), "failures": failures})


@dataclass(frozen=True)
class Progress:
    """How far a medium is: processed, failed for a reason, or to be read again after a while."""

    is_ready: bool = False
    failed: str | None = None
    after: timedelta | None = None
    code: str = "failed"


Options = TypeVar("Options", bound=BaseModel)
State = TypeVar("State", bound=UploadState)
Medium = TypeVar("Medium", bound=Uploaded)


class Uploads(ABC, Generic[Options, State, Medium]):
    """One run for one post. A network says how a medium is opened, sent, finished and read."""

    # Whether a network that cannot process a medium is asked no second time.
    fails_for_good: ClassVar[bool] = True
    # How many parts of a medium one run sends.
    parts_per_run: int = 1

    def __init__(
        self, title: str, publication: Publication[Options, State], tools: ChannelTools, longest: timedelta
    ) -> None:
        self.title, self.publication, self.tools, self._longest = title, publication, tools, longest

    @abstractmethod
    def rule(self, asset: MediaAsset) -> MediaRule:
        """What the network takes; what does not fit is sent as a rendition."""

    @abstractmethod
    async def open(self, index: int, asset: MediaAsset) -> Medium:
        """Open an upload, or send the whole of a medium that takes one request. Raises ChannelError."""

    def parts(self, one: Medium, asset: MediaAsset) -> int:
        """How many parts a medium is sent in."""
        return 1

    async def send_part(self, one: Medium, number: int, asset: MediaAsset) -> Mapping[str, Any]:
        """Send one part. What is to be saved about it beside its number. Raises ChannelError."""
        raise NotImplementedError(f"{self.title} takes a medium whole")

    async def finish(self, one: Medium) -> tuple[Mapping[str, Any], Progress | None]:
        """All parts are there: what is to be saved, and how far it is if the network says so. Raises ChannelError."""
        return {}, None

    @abstractmethod
    async def read(self, one: Medium, age: timedelta) -> Progress:
        """How far a medium is whose parts were all there `age` ago. Raises ChannelError."""

    async def describe(self, one: Medium, asset: MediaAsset) -> None:
        """Set the alt text, where that is a request of its own. Raises ChannelError."""

    @property
    def is_needed(self) -> bool:
        """Whether the post has anything to upload."""
        return bool(self.publication.draft.media)

    async def run(self) -> Ready | Pending:
        """Send what is missing or has lapsed, and read once what is being processed. Raises ChannelError."""
        if not self.is_needed:
            return Ready()
        self.publication.state = self.publication.state.without_lapsed_media(self.tools.clock.now())
        waits = []
        try:
            await self.begin()
            for index in range(max(len(self.publication.draft.media), len(self.publication.state.media))):
                if waiting := await self._forward(index):
                    waits.append(waiting)
        except ChannelError as error:
            is_final = error.reason is Reason.MEDIA_PROCESSING_FAILED and error.effect is Effect.REJECTED
            if error.reason in LOST and not is_final:
                await upload_again(self.publication, error)
            raise
        if waits:
            return min(waits, key=lambda waiting: waiting.after)
        await self.publication.save(ready=True)
        return Ready(expires_at=self.publication.state.expires_at)

    async def begin(self) -> None:
        """What is prepared before the media. Raises ChannelError."""

    async def keep(self, one: Medium, **changes: Any) -> None:
        """Save another medium, and its key."""
        state = self.publication.state
        await self.publication.save(media=(*state.media, one), keys=(*state.keys, one.key or one.id), **changes)

    async def _forward(self, index: int) -> Pending | None:
        """None once this medium is ready for a post."""
        if index == len(self.publication.state.media) or self._one(index).finalized_at is None:
            media = self.publication.draft.media[index]
            asset = await fitting(self.tools.media, self.rule(media), media)
            if index == len(self.publication.state.media):
                await self.keep(await self.open(index, asset))
            if self._one(index).finalized_at is None and (waiting := await self._send(index, asset)):
                return waiting
        if not self._one(index).is_ready:
            one, now = self._one(index), self.tools.clock.now()
            age = now - (one.finalized_at or now)
            if waiting := await self._judge(index, await self.read(one, age), age):
                return waiting
        if not self._one(index).is_described:
            await self.describe(self._one(index), self.publication.draft.media[index])
            await self._put(index, is_described=True)
        return None

    async def _send(self, index: int, asset: MediaAsset) -> Pending | None:
        first, count = self._one(index).sent, self.parts(self._one(index), asset)
        for number in range(first, min(count, first + self.parts_per_run)):
            changes = await self.send_part(self._one(index), number, asset)
            await self._put(index, sent=number + 1, **changes)
        if (sent := self._one(index).sent) < count:
            return Pending(after=timedelta(0), note=f"{sent} of {count} parts are uploaded")
        changes, progress = await self.finish(self._one(index))
        await self._put(index, finalized_at=self.tools.clock.now(), **changes)
        return await self._judge(index, progress, timedelta(0)) if progress else None

    async def _judge(self, index: int, progress: Progress, age: timedelta) -> Pending | None:
        """None once the medium is processed. Raises ChannelError when it cannot be."""
        if progress.is_ready:
            await self._put(index, is_ready=True)
            return None
        if progress.failed is not None:
            message = f"could not process media {self._id(index)}: {progress.failed or 'no reason given'}"
            effect = Effect.REJECTED if self.fails_for_good else Effect.NOT_SENT
            raise self._failure(Reason.MEDIA_PROCESSING_FAILED, message, effect, progress.code)
        if age > self._longest:
            message = f"still processes media {self._id(index)} after {round(age.total_seconds())} s"
            raise self._failure(Reason.MEDIA_PROCESSING_TIMEOUT, message, Effect.REJECTED)
        return Pending(after=progress.after or timedelta(0), note=f"{self.title} processes a medium")

    def _one(self, index: int) -> Medium:
        one: Any = self.publication.state.media[index]
        return one  # type: ignore[no-any-return]

    def _id(self, index: int) -> str:
        media = self.publication.draft.media
        return media[index].id if index < len(media) else self._one(index).id

    async def _put(self, index: int, **changes: object) -> None:
        media = self.publication.state.media
        changed = media[index].model_copy(update=changes)
        await self.publication.save(media=(*media[:index], changed, *media[index + 1 :]))

    def _failure(self, reason: Reason, message: str, effect: Effect, code: str | None = None) -> ChannelError:
        return ChannelError(reason, effect, f"{self.title} {message}", provider_code=code)


async def count_failure(publication: Publication[Any, Any], error: ChannelError) -> None:
    """Count a failure that may be the medium's or the network's; it is the medium's once it has happened too often."""
    failures = publication.state.failures + 1
    if failures >= MAX_FAILURES:
        error.reason, error.effect = Reason.MEDIA_PROCESSING_FAILED, Effect.REJECTED
    await publication.save(failures=failures)


async def upload_again(publication: Publication[Any, Any], error: ChannelError, most: int = MAX_FAILURES) -> None:
    """Forget the uploads and make `error` a wait, or a rejection once that has happened `most` times."""
    failures = publication.state.failures + 1
    error.reason = Reason.MEDIA_PROCESSING_FAILED
    error.effect = Effect.REJECTED if failures >= most else Effect.NOT_SENT
    await publication.replace(publication.state.without_media(failures))
