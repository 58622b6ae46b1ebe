"""Publishing by containers: one visible call that is not idempotent, and what makes it safe.

An unknown outcome is resolved by the container's own status, and the same container is published again only after it
has been proven not to be live.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from munadi.channels.channel import NetworkChannel, Parts
from munadi.channels.http import ChannelTools
from munadi.channels.meta.containers import Containers
from munadi.channels.meta.graph import id_of
from munadi.channels.meta.lookup import ContainerLookup
from munadi.channels.meta.state import DEAD, DONE, Container, Prepared
from munadi.channels.meta.wire import ContainerForms, Form
from munadi.channels.renditions import fitted
from munadi.domain.channel import MediaRule
from munadi.domain.failure import ChannelError, Effect
from munadi.domain.publication import POST, Absent, Pending, Published, Ready, Unknown
from munadi.ports import Attempt, Publication
from munadi.ports.publication import Options


class ContainerChannel(ContainerLookup, NetworkChannel[Options, Prepared]):
    """Publishes, checks and finds. A network adds its forms, and how its containers and later steps differ.

    `image` is the rule of the images that the network fetches; what does not fit is sent as a rendition.
    """

    image: MediaRule

    def __init__(
        self,
        parts: Parts[Options],
        tools: ChannelTools,
        permalink_timeout: timedelta,
        forms: ContainerForms[Options],
    ) -> None:
        NetworkChannel.__init__(self, parts, tools)
        ContainerLookup.__init__(self, tools.clock, permalink_timeout)
        self.media, self.forms = tools.media, forms

    async def _prepare(self, publication: Publication[Options, Prepared]) -> Ready | Pending:
        """Create what is missing and read its status once; call it again after a Pending, until Ready."""
        is_carousel = self.forms.is_carousel(publication.draft, publication.options)
        children = [
            partial(self._child, publication, index)
            for index in range(len(publication.draft.media) if is_carousel else 0)
        ]
        return await Containers(self, publication).prepare(partial(self._parent, publication), children)

    async def _publish(self, publication: Publication[Options, Prepared], attempt: Attempt) -> Published | Pending:
        """Publish the post. Raises ChannelError. A live post is never sent again nor turned into a failure."""
        return await self.publish_container(Containers(self, publication), attempt)

    async def publish_container(self, containers: Containers, attempt: Attempt) -> Published:
        """Publish the step's container. Raises ChannelError, but no refusal that hides a live post."""
        account, state = containers.account, containers.state
        if post_id := state.posts.get(attempt.step):
            return await self.live(account, post_id)
        container = state.containers.get(attempt.step)
        if container is None or container.code not in DONE:
            raise self.not_prepared()
        if container.code == "PUBLISHED":
            return await self.located(containers, attempt.step, container.created_at)
        path, form = f"{account.external_id}/{self.publish_path}", {"creation_id": container.id}
        try:
            request = containers.graph.making(path, account.token, form)
            post_id = id_of(await containers.graph.http.send(request, attempt.gate)) or ""
        except ChannelError as error:
            return await self._refused(containers, container, attempt.step, error)
        await containers.remember(attempt.step, post_id)
        return await self.live(account, post_id, self.clock.now())

    async def located(self, containers: Containers, step: str, since: datetime) -> Published:
        """The post that a live step became; its id is saved when it is known."""
        found = await self.locate(containers.publication, since, step)
        if found.post_id:
            await containers.remember(step, found.post_id)
        return found

    async def _check(self, publication: Publication[Options, Prepared]) -> Pending | Ready | Published:
        """The status of what will be or was published. What is dead or missing, `prepare` makes again."""
        prepared = publication.state
        if post_id := prepared.posts.get(POST):
            return await self.live(publication.account, post_id)
        container = prepared.containers.get(POST)
        if container is None:
            return Pending(after=timedelta(0), note="to be prepared")
        code, _ = await self.read(container, publication.account)
        if code == "PUBLISHED":
            return await self.locate(publication, container.created_at, POST)
        if code == "FINISHED":
            return Ready(expires_at=prepared.expires_at)
        after = timedelta(0) if code in DEAD else self.wait(container)
        return Pending(after=after, note=f"the container is {code}")

    async def _search(
        self, publication: Publication[Options, Prepared], since: datetime, step: str
    ) -> Published | Absent | Unknown:
        """By the container's status, a strong key; without a container, by the account's list of posts."""
        prepared = publication.state
        container = prepared.containers.get(step)
        if post_id := prepared.posts.get(step):
            return await self.live(publication.account, post_id)
        code = (await self.read(container, publication.account))[0] if container else None
        if code is None or (code in DEAD and self.searches_dead):
            found = await self.search(publication, since, step)
            return found.alike() if isinstance(found, Published) else found
        if code == "PUBLISHED":
            return await self.locate(publication, since, step)
        return Absent(by_key=True) if code in ("FINISHED", *DEAD) else Unknown(note=f"the container is {code}")

    async def _parent(self, publication: Publication[Options, Prepared], children: list[str]) -> Form:
        """The container of the post; `children` are the ids of its children's containers."""
        if children:
            return self.forms.carousel(publication.draft, publication.options, children)
        media = tuple([await fitted(self.media, self.image, asset) for asset in publication.draft.media])
        return self.forms.single(publication.draft.model_copy(update={"media": media}), publication.options)

    async def _child(self, publication: Publication[Options, Prepared], index: int) -> Form:
        asset = await fitted(self.media, self.image, publication.draft.media[index])
        return {"is_carousel_item": "true", **self.forms.child(asset, publication.options, index)}

    async def _refused(self, containers: Containers, container: Container, step: str, error: ChannelError) -> Published:
        """Raise the refusal, unless an earlier call published the container after all.

        What publishing such a container answers is undocumented, so a refusal that would end the publication, or
        replace the container, is believed only when the container is not PUBLISHED.
        """
        await self.amend(containers.account, step, error)
        unseen = error.provider_code == self.unseen_code or self.renewals(error) > 0
        gone = unseen and error.effect is Effect.NOT_SENT
        if error.effect is not Effect.REJECTED and not gone:
            raise error
        try:
            code, _ = await self.read(container, containers.account)
        except ChannelError as unreadable:
            raise error from unreadable
        if code == "PUBLISHED":
            return await self.located(containers, step, container.created_at)
        if gone:
            left = self.after_refusal(containers.state, step, error)
            if left is None:
                error.effect = Effect.REJECTED
            else:
                await containers.publication.replace(left, ready=step in left.containers)
        raise error
