"""Posting by containers: one visible call that is not idempotent, and everything around it that makes it safe.

An unknown outcome is resolved by the container's own status, and the same container is published again only after it
has been proven not to be live.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from munadi.channels.http import cannot_look
from munadi.channels.meta.containers import DEAD, DONE, POST, Container, ContainerReader, Containers, Prepared
from munadi.channels.meta.graph import token_of
from munadi.channels.meta.lookup import Lookup
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Absent, Handle, Pending, Published, Ready, Unknown
from munadi.ports import PublicationDraft, SaveHandle, Stage


@dataclass(frozen=True)
class ContainerPosts:
    """Publishing, checking and finding for one host.

    `unseen` is the code of a publish that did not see its container. `after_refusal` tells the state after that, or
    after another refusal that a new container may get past: with its container the same one is published again,
    without it another is made, None when neither may help any more. `amend` may say more about a refusal than its
    code does. `searches_dead`: a dead container leaves the account's list to decide.
    """

    reader: ContainerReader
    lookup: Lookup
    unseen: str
    after_refusal: Callable[[Prepared, str, ChannelError], Prepared | None]
    amend: Callable[[ConnectedAccount, str, ChannelError], Awaitable[None]] | None = None
    searches_dead: bool = False

    def containers(self, account: ConnectedAccount, handle: Handle | None, save: SaveHandle) -> Containers:
        """What is known of one publication's containers."""
        return Containers(self.reader, account, handle, save)

    async def publish(self, draft: PublicationDraft, containers: Containers, stage: Stage) -> Published:
        """Publish the stage's container. Raises ChannelError; a refusal that hides a live post does not get out."""
        account, state = containers.account, containers.state
        if post_id := state.posts.get(stage.name):
            return await self.lookup.live(account, post_id)
        container = state.containers.get(stage.name)
        if container is None or container.code not in DONE:
            message = f"{self.reader.graph.title}: publish was called before prepare ended"
            raise ChannelError(Reason.INTERNAL_ERROR, Effect.NOT_SENT, message)
        if container.code == "PUBLISHED":
            return await self.located(draft, containers, stage.name, container.created_at)
        path, form = f"{account.external_id}/{self.reader.rules.publish_path}", {"creation_id": container.id}
        try:
            post_id = await self.reader.graph.make(path, token_of(account), form, stage.gate)
        except ChannelError as error:
            return await self._refused(draft, containers, container, stage.name, error)
        await remember(containers, stage.name, post_id)
        return await self.lookup.live(account, post_id, self.reader.clock.now())

    async def located(self, draft: PublicationDraft, containers: Containers, stage: str, since: datetime) -> Published:
        """Which post a step became that is known to be live; remembered when it could be told."""
        found = await self.lookup.locate(draft, containers.account, since, stage)
        if found.post_id:
            await remember(containers, stage, found.post_id)
        return found

    async def check(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None
    ) -> Pending | Ready | Published:
        """The status of what will be or was published. What is dead or missing is for prepare to make."""
        prepared = Prepared.of(handle)
        if post_id := prepared.posts.get(POST):
            return await self.lookup.live(account, post_id)
        container = prepared.containers.get(POST)
        if container is None:
            return Pending(after=timedelta(0), note="to be prepared")
        code, _ = await self.reader.read(container, account)
        if code == "PUBLISHED":
            return await self.lookup.locate(draft, account, container.created_at, POST)
        if code == "FINISHED":
            return Ready(expires_at=prepared.expires_at)
        after = timedelta(0) if code in DEAD else self.reader.wait(container)
        return Pending(after=after, note=f"the container is {code}")

    async def find(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None, since: datetime, stage: str
    ) -> Published | Absent | Unknown:
        """The container's status is a strong key; without a container the account's list decides."""
        prepared = Prepared.of(handle)
        container = prepared.containers.get(stage)
        try:
            if post_id := prepared.posts.get(stage):
                return await self.lookup.live(account, post_id)
            code = (await self.reader.read(container, account))[0] if container else None
            if code is None or (code in DEAD and self.searches_dead):
                found = await self.lookup.search(draft, account, since, stage)
                return found.alike() if isinstance(found, Published) else found
        except ChannelError as error:
            return cannot_look(error)
        if code == "PUBLISHED":
            return await self.lookup.locate(draft, account, since, stage)
        return Absent() if code in ("FINISHED", *DEAD) else Unknown(note=f"the container is {code}")

    async def _refused(
        self, draft: PublicationDraft, containers: Containers, container: Container, stage: str, error: ChannelError
    ) -> Published:
        """Raise the refusal, unless it is one of a container that an earlier call published after all.

        What publishing such a container answers is undocumented, so a refusal that would end the publication, or
        replace the container, is believed only when the container is not PUBLISHED.
        """
        if self.amend is not None:
            await self.amend(containers.account, stage, error)
        lost = error.provider_code == self.unseen or self.reader.rules.renewals(error) > 0
        gone = lost and error.effect is Effect.NOT_SENT
        if error.effect is not Effect.REJECTED and not gone:
            raise error
        try:
            code, _ = await self.reader.read(container, containers.account)
        except ChannelError as look:
            raise error from look
        if code == "PUBLISHED":
            return await self.located(draft, containers, stage, container.created_at)
        if gone:
            left = self.after_refusal(containers.state, stage, error)
            if left is None:
                error.effect = Effect.REJECTED
            else:
                containers.state = left
                await containers.keep(ready=stage in left.containers)
        raise error


async def remember(containers: Containers, stage: str, post_id: str) -> None:
    """The post is live: neither a lost lease nor our own database may hide that."""
    posts = {**containers.state.posts, stage: post_id}
    containers.state = containers.state.model_copy(update={"posts": posts, "renewals": 0, "misses": 0})
    with suppress(Exception):
        await containers.keep(ready=True)
