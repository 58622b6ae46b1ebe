"""Posting to Instagram. Everything but media_publish and a comment is invisible; see `meta.publisher`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial

from munadi.channels.channel import COMMENT, Post
from munadi.channels.instagram.comment import FirstComment
from munadi.channels.instagram.network import InstagramNetwork
from munadi.channels.instagram.spec import FEED_IMAGE, REEL_COVER, Kind, Options, UserTag
from munadi.channels.instagram.wire import carousel_form, child_form, kind_of, shown_media, single_form
from munadi.channels.meta.containers import Containers
from munadi.channels.meta.media import fitted
from munadi.channels.meta.publisher import ContainerPublisher
from munadi.channels.meta.wire import Form
from munadi.domain.media import MediaAsset
from munadi.domain.publication import Absent, Pending, Published, Unknown
from munadi.ports import MediaReader, SaveHandle, VisibleStep


class InstagramPublisher(ContainerPublisher[Options]):
    """A container for the post, and one comment below it. What is not published expires within 24 hours."""

    def __init__(self, network: InstagramNetwork, media: MediaReader) -> None:
        super().__init__(network)
        self._media = media
        self._comments = FirstComment(network, self.lookup)

    def children(self, post: Post[Options]) -> Sequence[Callable[[], Awaitable[Form]]]:
        """One for each medium of a carousel, with the people tagged in it."""
        if kind_of(post.draft, post.options) is not Kind.CAROUSEL:
            return ()
        tags = post.options.user_tags
        return [
            partial(self._child, asset, [tag for tag in tags if tag.media_index == index])
            for index, asset in enumerate(post.draft.media)
        ]

    async def form(self, post: Post[Options], children: list[str]) -> Form:
        """The post itself. Every kind takes the same images."""
        draft, options, media = post.draft, post.options, self._media
        kind = kind_of(draft, options)
        if kind is Kind.CAROUSEL:
            return carousel_form(draft, options, children)
        asset = await fitted(media, FEED_IMAGE, shown_media(draft, options)[0])
        index = options.cover_index
        cover = None if index is None else await fitted(media, REEL_COVER, draft.media[index])
        return single_form(draft.model_copy(update={"media": (asset,)}), options, kind, media, cover)

    async def publish(self, post: Post[Options], save: SaveHandle, step: VisibleStep) -> Published | Pending:
        """One media_publish, or one comment. Raises ChannelError."""
        if step.name == COMMENT:
            return await self._comments.publish(Containers(self.network, post, save), step)
        return await super().publish(post, save, step)

    async def find(self, post: Post[Options], since: datetime, step: str) -> Published | Absent | Unknown:
        """The post by its container or the account's list; a comment by its text below the post."""
        if step == COMMENT:
            return await self._comments.find(post)
        return await super().find(post, since, step)

    async def _child(self, asset: MediaAsset, tags: Sequence[UserTag]) -> Form:
        return child_form(await fitted(self._media, FEED_IMAGE, asset), self._media, tags)
