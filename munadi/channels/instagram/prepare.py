"""The invisible step: make containers and wait until Instagram has fetched and processed them.

Each container is saved when its id is known, so a run after a crash goes on where the last one ended. A container
that failed in a way another may not is replaced, a few times; one that expired takes all with it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

from munadi.channels.http import ChannelTools
from munadi.channels.instagram.errors import explain_status, is_renewable
from munadi.channels.instagram.graph import Graph
from munadi.channels.instagram.spec import CONTAINER_LIFE, FEED_IMAGE, Kind, Options, Settings
from munadi.channels.instagram.wire import Form, carousel_form, child_form, kind_of, single_form
from munadi.channels.renditions import fitting
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import MediaKind
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Sorting
from munadi.domain.media import MediaAsset
from munadi.domain.model import Model
from munadi.domain.publication import Handle, Pending, Ready
from munadi.ports import SaveHandle

MAX_RENEWALS = 3
POST = "post"
# Reads of a container may fail with 100/33 for a while although it exists; for longer than this it is believed.
FLAKY_READ = "100/33"
FLAKY_FOR = timedelta(minutes=5)
QUICK_FOR, SLOW_FOR = timedelta(seconds=15), timedelta(minutes=5)


class Container(Model):
    """A container as known; `code` is its last status_code."""

    id: str
    created_at: datetime
    code: str = "IN_PROGRESS"


class Prepared(Model):
    """The state of a handle: containers by slot (`0`, `1`… for children, `post` for what is published)."""

    containers: dict[str, Container] = {}
    renewals: int = 0
    misses: int = 0
    media_id: str | None = None
    comment_id: str | None = None

    @property
    def post(self) -> Container | None:
        """The container to publish."""
        return self.containers.get(POST)

    @property
    def expires_at(self) -> datetime | None:
        """When the first of them lapses."""
        made = [container.created_at for container in self.containers.values()]
        return min(made) + CONTAINER_LIFE if made else None


class ContainerReader:
    """Reads how far a container is, and says when to read again."""

    def __init__(self, graph: Graph, settings: Settings, tools: ChannelTools) -> None:
        self._graph = graph
        self._settings = settings
        self._clock = tools.clock

    async def read(self, container: Container, account: ConnectedAccount) -> tuple[str, str]:
        """`(status_code, status)`. Raises ChannelError; a flaky read of a young container is IN_PROGRESS."""
        try:
            answer = await self._graph.get(container.id, account, {"fields": "status_code,status"})
        except ChannelError as error:
            if error.provider_code == FLAKY_READ and self._age(container) < FLAKY_FOR:
                return "IN_PROGRESS", ""
            raise
        return str(answer.field("status_code") or "IN_PROGRESS"), str(answer.field("status") or "")

    @property
    def quick(self) -> timedelta:
        """The wait for a container that was just made, or is about to be."""
        return self._settings.poll_quick

    def wait(self, container: Container) -> timedelta:
        """Images take seconds, reels minutes: the older, the rarer."""
        age = self._age(container)
        if age < QUICK_FOR:
            return self._settings.poll_quick
        return self._settings.poll_slow if age < SLOW_FOR else self._settings.poll_idle

    def _age(self, container: Container) -> timedelta:
        return self._clock.now() - container.created_at


class Preparation:
    """One run of preparing one draft; never sleeps, the workflow does."""

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
        self._state = Prepared.model_validate(handle.state) if handle else Prepared()
        expires_at = self._state.expires_at
        if expires_at is not None and expires_at <= tools.clock.now():
            self._state = self._state.model_copy(update={"containers": {}})

    async def run(self, draft: Draft) -> Ready | Pending:
        """Go as far as is possible now. Raises ChannelError."""
        options = Options.model_validate(draft.options)
        kind = kind_of(draft, options)
        if kind is Kind.CAROUSEL:
            waits = [
                await self._advance(str(index), partial(self._child, asset)) for index, asset in enumerate(draft.media)
            ]
            pending = [wait for wait in waits if wait is not None]
            if pending:
                done = len(waits) - len(pending)
                return Pending(after=min(pending), note=f"{done} of {len(waits)} media are ready")
            wait = await self._advance(POST, partial(self._parent, draft, options))
        else:
            wait = await self._advance(POST, partial(self._single, draft, options, kind))
        if wait is not None:
            return Pending(after=wait, note="Instagram is processing the media")
        await self._keep(ready=True)
        return Ready(expires_at=self._state.expires_at)

    async def _child(self, asset: MediaAsset) -> Form:
        return child_form(await self._fitting(asset), self._tools.media)

    async def _parent(self, draft: Draft, options: Options) -> Form:
        children = [self._state.containers[str(index)].id for index in range(len(draft.media))]
        return carousel_form(draft, options, children)

    async def _single(self, draft: Draft, options: Options, kind: Kind) -> Form:
        asset = await self._fitting(draft.media[0])
        return single_form(draft.model_copy(update={"media": (asset,)}), options, kind, self._tools.media)

    async def _fitting(self, asset: MediaAsset) -> MediaAsset:
        """What Instagram will fetch: every kind of post takes the same images."""
        return await fitting(self._tools.media, FEED_IMAGE, asset) if asset.kind is MediaKind.IMAGE else asset

    async def _advance(self, slot: str, form: Callable[[], Awaitable[Form]]) -> timedelta | None:
        """Create the slot's container or look at it; None once it is finished, else when to look again."""
        container = self._state.containers.get(slot)
        if container is None:
            return await self._create(slot, await form())
        if container.code in ("FINISHED", "PUBLISHED"):
            return None
        code, status = await self._reader.read(container, self._account)
        if code in ("FINISHED", "PUBLISHED"):
            await self._put(slot, container.model_copy(update={"code": code}))
            return None
        if code in ("ERROR", "EXPIRED"):
            return await self._replace(slot, code, status)
        return self._reader.wait(container)

    async def _create(self, slot: str, form: Form) -> timedelta:
        try:
            made = await self._graph.post(f"{self._account.external_id}/media", self._account, form)
        except ChannelError as error:
            if is_renewable(error):
                # A parent that cannot be made has children that are gone.
                await self._count_renewal(error, {} if slot == POST else self._state.containers)
            raise
        container = Container(id=made, created_at=self._tools.clock.now())
        await self._put(slot, container)
        return self._reader.wait(container)

    async def _replace(self, slot: str, code: str, status: str) -> timedelta:
        """Forget a dead container so that the next run makes another; raise when that cannot help any more."""
        error, may_help = explain_status(code, status)
        if code == "ERROR" and not may_help:
            error.sorting = Sorting.REJECTED
            raise error
        expired = code == "EXPIRED"
        kept = {} if expired else {name: one for name, one in self._state.containers.items() if name != slot}
        await self._count_renewal(error, kept)
        return self._reader.quick

    async def _count_renewal(self, error: ChannelError, kept: dict[str, Container]) -> None:
        if self._state.renewals >= MAX_RENEWALS:
            error.sorting = Sorting.REJECTED
            raise error
        self._state = self._state.model_copy(update={"containers": kept, "renewals": self._state.renewals + 1})
        await self._keep()

    async def _put(self, slot: str, container: Container) -> None:
        containers = {**self._state.containers, slot: container}
        self._state = self._state.model_copy(update={"containers": containers})
        await self._keep()

    async def _keep(self, *, ready: bool = False) -> None:
        await self._save(self._state.model_dump(mode="json"), ready=ready, expires_at=self._state.expires_at)
