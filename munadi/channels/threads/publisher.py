"""Posting to Threads. Everything but threads_publish is invisible; see `meta.publisher`.

Later parts and the first comment are replies, each with a container of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial

from munadi.channels.channel import Post
from munadi.channels.meta.containers import Containers
from munadi.channels.meta.media import fitted
from munadi.channels.meta.publisher import ContainerPublisher
from munadi.channels.meta.state import RUNNING
from munadi.channels.meta.wire import Form
from munadi.channels.threads.network import ThreadsNetwork
from munadi.channels.threads.spec import IMAGE, Kind, Options
from munadi.channels.threads.wire import (
    carousel_form,
    child_form,
    kind_of,
    parent_of,
    reply_form,
    single_form,
    text_of,
)
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.media import MediaAsset
from munadi.domain.publication import POST, Published
from munadi.ports import MediaReader, SaveHandle, VisibleStep

# Before the list is read again for the post that a reply answers.
PARENT_WAIT = timedelta(seconds=5)


class ThreadsPublisher(ContainerPublisher[Options]):
    """Containers, published one by one: the post, its later parts, the first comment."""

    network: ThreadsNetwork

    def __init__(self, network: ThreadsNetwork, media: MediaReader) -> None:
        super().__init__(network)
        self._media = media

    def children(self, post: Post[Options]) -> Sequence[Callable[[], Awaitable[Form]]]:
        """One for each of several media."""
        is_carousel = kind_of(post.draft) is Kind.CAROUSEL
        return [partial(self._child, asset) for asset in post.draft.media] if is_carousel else ()

    async def form(self, post: Post[Options], children: list[str]) -> Form:
        """The post itself."""
        if children:
            return carousel_form(post.draft, post.options, children)
        media = tuple([await fitted(self._media, IMAGE, asset) for asset in post.draft.media])
        return single_form(post.draft.model_copy(update={"media": media}), post.options, self._media)

    async def publish(self, post: Post[Options], save: SaveHandle, step: VisibleStep) -> Published:
        """One threads_publish. Raises ChannelError. A live post is never sent again nor turned into a failure.

        A later step makes its own container first, which takes a few calls: until it is finished they fail as
        *not sent* with the time to come back.
        """
        containers = Containers(self.network, post, save)
        if step.name != POST and step.name not in containers.state.posts:
            await self._prepare_reply(containers, step.name)
        return await self.publish_container(containers, step)

    async def _child(self, asset: MediaAsset) -> Form:
        return child_form(await fitted(self._media, IMAGE, asset), self._media)

    async def _prepare_reply(self, containers: Containers, step: str) -> None:
        """Make the container of a later step. Raises ChannelError (not sent, with a wait) until it is finished."""
        draft, parent = containers.post.draft, parent_of(step)
        if parent not in containers.state.posts:
            container = containers.state.containers.get(parent)
            await self.located(containers, parent, container.created_at if container else draft.due_at)
        try:
            text = text_of(draft, step)
        except ValueError as error:
            raise ChannelError(Reason.INTERNAL_ERROR, Effect.NOT_SENT, f"Threads: {error}") from error
        post_id = containers.state.posts.get(parent)
        if post_id is None:
            message = f"Threads: {step} answers {parent}, whose id is not known yet"
            raise _not_yet(message, "PARENT_UNKNOWN", PARENT_WAIT)

        async def form() -> Form:
            return reply_form(text, post_id)

        wait = await containers.advance(step, form)
        if wait is not None:
            made = containers.state.containers.get(step)
            wait = self.network.wait_of_reply(self.network.age(made)) if made else wait
            raise _not_yet("Threads: the reply is being processed; nothing was sent", RUNNING, wait)


def _not_yet(message: str, code: str, wait: timedelta) -> ChannelError:
    return ChannelError(Reason.PROVIDER_OUTAGE, Effect.NOT_SENT, message, provider_code=code, retry_after=wait)
