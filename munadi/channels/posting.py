"""Networks at which one request makes one post at once; later parts and a first comment answer an earlier post.

A network returns the request of a step and reads its answer. `PostChannel` sends it, and alone opens the gate. It keeps
each live post in the preparation, and finds the post that a step answers before the step is sent.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from pydantic import BaseModel

from munadi.channels.channel import NetworkChannel, Parts, only_one
from munadi.channels.http import ChannelHttp, ChannelTools, Request
from munadi.channels.steps import no_such_step, parent_of, parent_unknown, text_of
from munadi.domain.failure import ChannelError
from munadi.domain.model import Model
from munadi.domain.publication import (
    POST,
    POST_ID_PENDING,
    Absent,
    Pending,
    PostedId,
    Published,
    Ready,
    Unknown,
    Warning_,
)
from munadi.ports import Answer, Attempt, PreparedState, Publication


class Live(Model):
    """A post that is live. Its id is empty until the network names it; `objects` are what else a removal must name."""

    id: str
    url: str | None = None
    objects: tuple[PostedId, ...] = ()


class PostState(PreparedState):
    """The base of `Prepared`: the live posts by step."""

    posts: dict[str, Live] = {}

    def is_complete(self, count: int) -> bool:
        """Whether this many media are ready for a post."""
        return True


Options = TypeVar("Options", bound=BaseModel)
State = TypeVar("State", bound=PostState)


@dataclass(frozen=True)
class Step:
    """A visible step: its text, and the id of the post that it answers."""

    name: str
    text: str
    parent: str | None = None


@dataclass(frozen=True)
class Row:
    """A post of a list: its text as it was written, the keys of its media, and the post that it answers."""

    id: str
    created_at: datetime
    text: str
    keys: frozenset[str] = frozenset()
    parent: str | None = None


Listed = TypeVar("Listed")


def match(
    rows: Sequence[Listed],
    live: Callable[[Listed], Published],
    is_alike: Callable[[Listed], bool],
    *,
    is_keyed: Callable[[Listed], bool] | None = None,
    none: Absent | Unknown | None = None,
) -> Published | Absent | Unknown:
    """Our post among those of a list: by a key that is in no other post, or else by likeness, which is no proof.

    Several that fit are Unknown; none is what the list proves, by default Absent.
    """
    if is_keyed is not None:
        found = [live(row) for row in rows if is_keyed(row)]
    else:
        found = [live(row).alike() for row in rows if is_alike(row)]
    return only_one(found, "posts look like this one", none)


class PostChannel(NetworkChannel[Options, State], Generic[Options, State]):
    """A post, the later parts of its thread, and a first comment. A network adds what is abstract here."""

    def __init__(self, parts: Parts[Options], tools: ChannelTools, http: ChannelHttp) -> None:
        super().__init__(parts, tools)
        self.http, self.tools = http, tools
        self.deadline = parts.spec.publish_deadline.total_seconds()

    @abstractmethod
    async def request(self, publication: Publication[Options, State], step: Step) -> Request:
        """The one request of a step. Sends nothing that is visible. Raises ChannelError."""

    @abstractmethod
    def published(self, publication: Publication[Options, State], step: Step, answer: Answer) -> Published:
        """What an answer with the request's proof says."""

    @abstractmethod
    async def find_step(
        self, publication: Publication[Options, State], step: Step, since: datetime
    ) -> Published | Absent | Unknown:
        """Read only: the post of a step, made at `since` or later. Raises ChannelError."""

    def blind(self, publication: Publication[Options, State], step: str) -> Unknown | None:
        """Why a step cannot be looked for at all; by default it can."""
        return None

    async def refused(
        self, publication: Publication[Options, State], attempt: Attempt, step: Step, error: ChannelError
    ) -> Published | None:
        """Save what a refusal says of the media, or change `error`. A post, only if reading proved that it is live."""
        return None

    def is_prepared(self, publication: Publication[Options, State]) -> bool:
        """Whether only the visible call is left."""
        return publication.state.is_complete(len(publication.draft.media))

    async def _publish(self, publication: Publication[Options, State], attempt: Attempt) -> Published | Pending:
        """One request. Raises ChannelError. What is live is never sent again."""
        if known := publication.state.posts.get(attempt.step):
            return self._known(known)
        step = await self._step(publication, attempt.step)
        if step.name == POST and not self.is_prepared(publication):
            raise self.not_prepared()
        request = await self.request(publication, step)
        try:
            answer = await self.http.send(request, attempt.gate)
        except ChannelError as error:
            found = await self.refused(publication, attempt, step, error)
            if found is None:
                raise
        else:
            made = self.published(publication, step, answer)
            found = made.model_copy(update={"published_at": self.tools.clock.now()})
        await self._remember(publication, attempt.step, found)
        return self._named(found)

    async def _check(self, publication: Publication[Options, State]) -> Pending | Ready | Published:
        """A post is live at once, so this only looks for it."""
        expires_at, is_prepared = publication.state.expires_at, self.is_prepared(publication)
        found = await self._find(publication, publication.draft.due_at, POST)
        if isinstance(found, Published):
            return found
        return Ready(expires_at=expires_at) if is_prepared else Pending(after=timedelta(0), note="to be prepared")

    async def _find(
        self, publication: Publication[Options, State], since: datetime, step: str
    ) -> Published | Absent | Unknown:
        """What the preparation knows, else by `find_step`, for which the post that the step answers is found first."""
        known = publication.state.posts.get(step)
        if known and known.id:
            return self._known(known)
        found = await super()._find(publication, since, step)
        return self._known(known) if known and not isinstance(found, Published) else found

    async def _search(
        self, publication: Publication[Options, State], since: datetime, step: str
    ) -> Published | Absent | Unknown:
        if unseen := self.blind(publication, step):
            return unseen
        parent = None
        if step != POST:
            above = await self._find(publication, publication.draft.due_at, parent_of(step))
            if not isinstance(above, Published) or above.post_id is None:
                return Unknown(note=f"{step} answers a post whose id is not known")
            parent = above.post_id
        return await self.find_step(publication, Step(step, text_of(publication.draft, step) or "", parent), since)

    async def _step(self, publication: Publication[Options, State], name: str) -> Step:
        """The step with the post that it answers. Reads only, so whatever fails here, the step was not sent."""
        text = text_of(publication.draft, name)
        if text is None:
            raise no_such_step(self.spec.title, name)
        if name == POST:
            return Step(name, text)
        parent = parent_of(name)
        found = await self._find(publication, publication.draft.due_at, parent)
        if not isinstance(found, Published) or found.post_id is None:
            raise parent_unknown(self.spec.title, name)
        known = publication.state.posts.get(parent)
        if known is None or not known.id:
            await self._remember(publication, parent, found)
        return Step(name, text, found.post_id)

    async def _remember(self, publication: Publication[Options, State], step: str, found: Published) -> None:
        """Keep a live post in the preparation, so that its step is never sent again."""
        live = Live(id=found.post_id or "", url=found.url, objects=found.objects)
        await publication.keep(posts={**publication.state.posts, step: live})

    def _known(self, live: Live) -> Published:
        """What is live by the preparation."""
        return self._named(Published(post_id=live.id or None, url=live.url, objects=live.objects))

    def _named(self, found: Published) -> Published:
        """With a warning where the network has not named the post's id."""
        if found.post_id:
            return found
        message = f"{self.spec.title} published this, and has not named its id"
        pending = Warning_(code=POST_ID_PENDING, message=message, channel=self.spec.name)
        return found.model_copy(update={"warnings": (*found.warnings, pending)})
