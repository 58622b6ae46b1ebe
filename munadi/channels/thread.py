"""Networks on which the later parts of a thread, and a first comment, are posts that answer an earlier one.

`ThreadChannel` keeps each live post in the handle, and finds the post that a step answers before the step is sent.
"""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime, timedelta
from typing import ClassVar, Generic, TypeVar

from pydantic import BaseModel

from munadi.channels.channel import COMMENT, PART, NetworkChannel, parent_of
from munadi.channels.http import could_not_read
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.model import Model
from munadi.domain.publication import POST, Absent, Pending, Published, Ready, Unknown
from munadi.ports import Attempt, HandleState, Publication

# Before the network is read again for the post that a step answers.
PARENT_WAIT = timedelta(seconds=5)


class Live(Model):
    """A post that is live. Its id is empty until the network names it."""

    id: str
    url: str | None = None


class ThreadState(HandleState):
    """The base of `Prepared`: the live posts by step."""

    posts: dict[str, Live] = {}

    @abstractmethod
    def is_complete(self, count: int) -> bool:
        """Whether this many media are ready for a post."""


Options = TypeVar("Options", bound=BaseModel)
State = TypeVar("State", bound=ThreadState)


def texts(draft: Draft) -> list[tuple[str, str]]:
    """Every text with its pointer, in order."""
    parts = [("/text", draft.text), *((f"/parts/{index}", part) for index, part in enumerate(draft.parts))]
    return [*parts, ("/firstComment", draft.first_comment)] if draft.first_comment else parts


def text_of(draft: Draft, step: str) -> str | None:
    """The text of one step; None for a step that the draft does not have."""
    known = {POST: draft.text, COMMENT: draft.first_comment}
    known.update({f"{PART}{number}": part for number, part in enumerate(draft.parts, 2)})
    return known.get(step)


class ThreadChannel(NetworkChannel[Options, State], Generic[Options, State]):
    """A post, the later parts of its thread, and a first comment. A network adds `prepare`, `send` and `look`."""

    title: ClassVar[str]
    state: type[State]

    @abstractmethod
    async def send(
        self, publication: Publication[Options, State], attempt: Attempt, text: str, parent: str | None
    ) -> Published:
        """The one request of a step; `parent` is the id of the post that it answers. Raises ChannelError."""

    @abstractmethod
    async def look(
        self, publication: Publication[Options, State], since: datetime, step: str, parent: str | None
    ) -> Published | Absent | Unknown:
        """Read only: the post of a step, made at `since` or later. Raises ChannelError."""

    async def _publish(self, publication: Publication[Options, State], attempt: Attempt) -> Published | Pending:
        """One request. Raises ChannelError. What is live is never sent again."""
        if known := publication.state.posts.get(attempt.step):
            return self.known(known)
        text, parent = text_of(publication.draft, attempt.step), None
        if text is None:
            raise self._failure(Reason.INTERNAL_ERROR, f"this post has no step {attempt.step!r}")
        if attempt.step != POST:
            parent = await self._parent(publication, attempt.step)
        elif not publication.state.is_complete(len(publication.draft.media)):
            raise self._failure(Reason.INTERNAL_ERROR, "publish was called before prepare ended")
        found = await self.send(publication, attempt, text, parent)
        await remember(publication, attempt.step, found)
        return found

    async def _check(self, publication: Publication[Options, State]) -> Pending | Ready | Published:
        """A post is live at once, so this only looks for it."""
        state = publication.state
        found = await self._find(publication, publication.draft.due_at, POST)
        if isinstance(found, Published):
            return found
        if state.is_complete(len(publication.draft.media)):
            return Ready(expires_at=state.expires_at)
        return Pending(after=timedelta(0), note="to be prepared")

    async def _find(
        self, publication: Publication[Options, State], since: datetime, step: str
    ) -> Published | Absent | Unknown:
        """What the handle knows, else by `look`, for which the post that the step answers is found first."""
        state, parent = publication.state, None
        known = state.posts.get(step)
        if known and known.id:
            return self.known(known)
        try:
            if step != POST:
                above = await self._find(publication, publication.draft.due_at, parent_of(step))
                if not isinstance(above, Published) or above.post_id is None:
                    return Unknown(note=f"{step} answers a post whose id is not known")
                parent = above.post_id
            found = await self.look(publication, since, step, parent)
        except ChannelError as error:
            found = could_not_read(error)
        return self.known(known) if known and not isinstance(found, Published) else found

    def known(self, live: Live) -> Published:
        """What is live by the handle."""
        return Published(post_id=live.id or None, url=live.url)

    async def _parent(self, publication: Publication[Options, State], step: str) -> str:
        """The id of the post that a step answers. Reads only, so whatever fails here, the step was not sent."""
        parent = parent_of(step)
        found = await self._find(publication, publication.draft.due_at, parent)
        if not isinstance(found, Published) or found.post_id is None:
            message = f"{step} answers {parent}, whose id is not known yet"
            error = self._failure(Reason.PROVIDER_OUTAGE, message, "PARENT_UNKNOWN")
            error.retry_after = PARENT_WAIT
            raise error
        known = publication.state.posts.get(parent)
        if known is None or not known.id:
            await remember(publication, parent, found)
        return found.post_id

    def _failure(self, reason: Reason, message: str, code: str | None = None) -> ChannelError:
        return ChannelError(reason, Effect.NOT_SENT, f"{self.title}: {message}", provider_code=code)


async def remember(publication: Publication[Options, State], step: str, found: Published) -> None:
    """Keep a live post in the handle, so that its step is never sent again."""
    live = Live(id=found.post_id or "", url=found.url)
    await publication.keep(posts={**publication.state.posts, step: live})
