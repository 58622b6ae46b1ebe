"""The invisible steps: make containers and wait until Threads has fetched and processed what is in them.

Each container is saved when its id is known, so a run after a crash goes on where the last one ended. A container
that failed in a way another may not is replaced, a few times; one that expired takes all with it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

from munadi.channels.http import ChannelTools
from munadi.channels.renditions import fitting
from munadi.channels.threads.containers import DEAD, DONE, RUNNING, STUCK_AFTER, Container, ContainerReader, Prepared
from munadi.channels.threads.errors import explain_container, renewals
from munadi.channels.threads.graph import Graph
from munadi.channels.threads.spec import IMAGE, Kind, Options
from munadi.channels.threads.wire import (
    POST,
    Form,
    carousel_form,
    child_form,
    kind_of,
    parent_of,
    reply_form,
    single_form,
    stages_of,
    text_of,
)
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import MediaKind
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Reason, Sorting
from munadi.domain.media import MediaAsset
from munadi.domain.publication import Handle, Pending, Ready
from munadi.ports import SaveHandle

# Before another look for the post that a reply answers.
PARENT_WAIT = timedelta(seconds=5)


class Preparation:
    """One run of preparing one draft or one reply; never sleeps, the workflow does."""

    def __init__(
        self,
        graph: Graph,
        reader: ContainerReader,
        tools: ChannelTools,
        account: ConnectedAccount,
        handle: Handle | None,
        save: SaveHandle,
    ) -> None:
        self._graph = graph
        self._reader = reader
        self._tools = tools
        self._account = account
        self._save = save
        self.state = Prepared.of(handle)

    async def run(self, draft: Draft) -> Ready | Pending:
        """Take the post as far as is possible now. Raises ChannelError."""
        expires_at = self.state.expires_at
        if expires_at is not None and expires_at <= self._tools.clock.now():
            self.state = self.state.without(POST)
        options = Options.model_validate(draft.options)
        if kind_of(draft) is Kind.CAROUSEL:
            waits = [
                await self._advance(str(index), partial(self._child, asset)) for index, asset in enumerate(draft.media)
            ]
            pending = [wait for wait in waits if wait is not None]
            if pending:
                done = len(waits) - len(pending)
                return Pending(after=min(pending), note=f"{done} of {len(waits)} media are ready")
            form = partial(self._parent, draft, options)
        else:
            form = partial(self._single, draft, options)
        wait = await self._advance(POST, form) or self._unsettled(POST)
        if wait:
            return Pending(after=wait, note="Threads is processing the post")
        await self.keep(ready=True)
        return Ready(expires_at=self.state.expires_at)

    async def reply(self, draft: Draft, stage: str) -> None:
        """Make the container of a later step. Raises ChannelError (not sent, with a wait) until it is finished."""
        if stage not in stages_of(draft):
            raise ChannelError(Reason.INTERNAL_ERROR, Sorting.NOT_SENT, f"Threads: this post has no step {stage!r}")
        parent = self.state.posts.get(parent_of(stage))
        if parent is None:
            message = f"Threads: {stage} answers {parent_of(stage)}, whose id is not known yet"
            raise _not_yet(message, "PARENT_UNKNOWN", PARENT_WAIT)
        wait = await self._advance(stage, partial(self._reply, text_of(draft, stage), parent))
        if wait is not None:
            container = self.state.containers.get(stage)
            wait = self._reader.patience(container) if container else wait
            raise _not_yet("Threads: the reply is being processed; nothing was sent", RUNNING, wait)

    async def keep(self, *, ready: bool = False) -> None:
        """Save the state as it is."""
        await self._save(self.state.model_dump(mode="json"), ready=ready, expires_at=self.state.expires_at)

    def _unsettled(self, slot: str) -> timedelta | None:
        """How long a finished container still rests; right after FINISHED a publish may not find it (24/4279009)."""
        finished_at = self.state.containers[slot].finished_at
        if finished_at is None:
            return None
        return max(finished_at + self._reader.settle - self._tools.clock.now(), timedelta(0)) or None

    async def _child(self, asset: MediaAsset) -> Form:
        return child_form(await self._sent(asset), self._tools.media)

    async def _parent(self, draft: Draft, options: Options) -> Form:
        children = [self.state.containers[str(index)].id for index in range(len(draft.media))]
        return carousel_form(draft, options, children)

    async def _single(self, draft: Draft, options: Options) -> Form:
        media = tuple([await self._sent(asset) for asset in draft.media])
        return single_form(draft.model_copy(update={"media": media}), options, self._tools.media)

    async def _reply(self, text: str, parent: str) -> Form:
        return reply_form(text, parent)

    async def _sent(self, asset: MediaAsset) -> MediaAsset:
        """What Threads will fetch: the file, or a rendition that it takes."""
        return await fitting(self._tools.media, IMAGE, asset) if asset.kind is MediaKind.IMAGE else asset

    async def _advance(self, slot: str, form: Callable[[], Awaitable[Form]]) -> timedelta | None:
        """Create the slot's container or look at it; None once it is finished, else when to look again."""
        container = self.state.containers.get(slot)
        if container is None:
            return await self._create(slot, await form())
        if container.code in DONE:
            return None
        code, message = await self._reader.read(container, self._account)
        if code in DONE:
            seen = {"code": code, "finished_at": self._tools.clock.now()}
            await self._put(slot, container.model_copy(update=seen))
            return None
        if code not in DEAD and self._reader.age(container) < STUCK_AFTER:
            return self._reader.wait(container)
        await self._replace(slot, code if code in DEAD else "STUCK", message)
        return self._reader.wait(container.model_copy(update={"created_at": self._tools.clock.now()}))

    async def _create(self, slot: str, form: Form) -> timedelta:
        try:
            made = await self._graph.post(f"{self._account.external_id}/threads", self._account, form)
        except ChannelError as error:
            if allowed := renewals(error):
                await self._count_renewal(error, allowed, self.state)
            raise
        container = Container(id=made, created_at=self._tools.clock.now(), media_type=form["media_type"])
        await self._put(slot, container)
        return self._reader.wait(container)

    async def _replace(self, slot: str, code: str, message: str) -> None:
        """Forget a dead container so that the next run makes another; raise when that cannot help any more."""
        error, allowed = explain_container(code, message)
        if not allowed:
            raise error
        whole = code == "EXPIRED" and slot.isdecimal()
        await self._count_renewal(error, allowed, self.state.without(POST if whole else slot))

    async def _count_renewal(self, error: ChannelError, allowed: int, left: Prepared) -> None:
        if self.state.renewals >= allowed:
            error.sorting = Sorting.REJECTED
            raise error
        self.state = left.model_copy(update={"renewals": self.state.renewals + 1})
        await self.keep()

    async def _put(self, slot: str, container: Container) -> None:
        containers = {**self.state.containers, slot: container}
        self.state = self.state.model_copy(update={"containers": containers})
        await self.keep()


def _not_yet(message: str, code: str, wait: timedelta) -> ChannelError:
    return ChannelError(Reason.PROVIDER_OUTAGE, Sorting.NOT_SENT, message, provider_code=code, retry_after=wait)
