"""Posting to Mastodon: uploads, then one request for each post of the thread (see `upload` and `lookup`)."""

from __future__ import annotations

from datetime import datetime, timedelta

from munadi.channels.channel import Post, Publisher, parent_of
from munadi.channels.http import ChannelTools, could_not_read, given_id
from munadi.channels.mastodon.api import Servers
from munadi.channels.mastodon.errors import failure
from munadi.channels.mastodon.lookup import Lookup
from munadi.channels.mastodon.spec import SPEC, Options, Settings
from munadi.channels.mastodon.state import Prepared
from munadi.channels.mastodon.upload import MAX_FAILURES, Uploads
from munadi.channels.mastodon.wire import key_of, live, post_body, published, reply_body, text_of
from munadi.channels.state import SavedState
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import POST, Absent, Pending, Published, Ready, Unknown
from munadi.ports import Answer, SaveHandle, VisibleStep

# Before the list is read again for the post that a reply answers.
PARENT_WAIT = timedelta(seconds=5)


class MastodonPublisher(Publisher[Options]):
    """A post, the later parts of its thread, and a first comment."""

    def __init__(self, settings: Settings, servers: Servers, tools: ChannelTools) -> None:
        self._settings, self._servers, self._tools = settings, servers, tools
        self._timeout = (settings.publish_deadline or SPEC.publish_deadline).total_seconds()

    async def prepare(self, post: Post[Options], save: SaveHandle) -> Ready | Pending:
        """Upload the media, and wait until the server has processed them."""
        if not post.draft.media:
            return Ready()
        saved = SavedState(Prepared.of(post.handle).without_lapsed_media(self._tools.clock.now()), save)
        return await Uploads(self._servers.of(post.account), self._settings, self._tools, post, saved).run()

    async def publish(self, post: Post[Options], save: SaveHandle, step: VisibleStep) -> Published | Pending:
        """One request. Raises ChannelError. What is live is never sent again."""
        saved = SavedState(Prepared.of(post.handle), save)
        if known := saved.state.posts.get(step.name):
            return Published(post_id=known.id, url=known.url)
        text = text_of(post.draft, step.name)
        if text is None:
            raise failure(Reason.INTERNAL_ERROR, f"this post has no step {step.name!r}")
        if step.name != POST:
            body = reply_body(text, post.options, await self._parent(post, saved, step.name))
        elif saved.state.is_complete(len(post.draft.media)):
            body = post_body(text, post.options, [one.id for one in saved.state.media])
        else:
            raise failure(Reason.INTERNAL_ERROR, "publish was called before prepare ended")
        key = key_of(post.draft.publication_id, step.name, body)
        try:
            answer = await self._servers.of(post.account).post(body, key, step.gate, _id_in, self._timeout)
        except ChannelError as error:
            if step.name == POST and error.provider_code == "HTTP 422":
                return await self._refused(post, saved, error)
            raise
        found = published(answer.body, post.options).model_copy(update={"published_at": self._tools.clock.now()})
        await self._remember(saved, step.name, found)
        return found

    async def check(self, post: Post[Options]) -> Pending | Ready | Published:
        """A post is live at once, so this only looks for it."""
        prepared = Prepared.of(post.handle)
        found = await self.find(post, post.draft.due_at, POST)
        if isinstance(found, Published):
            return found
        if prepared.is_complete(len(post.draft.media)):
            return Ready(expires_at=prepared.expires_at)
        return Pending(after=timedelta(0), note="to be prepared")

    async def find(self, post: Post[Options], since: datetime, step: str) -> Published | Absent | Unknown:
        """See `lookup`."""
        state = Prepared.of(post.handle)
        if known := state.posts.get(step):
            return Published(post_id=known.id, url=known.url)
        try:
            lookup, parent = Lookup(self._servers.of(post.account), post, state), None
            if step != POST:
                above = await self.find(post, post.draft.due_at, parent_of(step))
                if not isinstance(above, Published) or above.post_id is None:
                    return Unknown(note=f"{step} answers a post whose id is not known")
                parent = above.post_id
            return await lookup.find(since, step, parent)
        except ChannelError as error:
            return could_not_read(error)

    async def _parent(self, post: Post[Options], saved: SavedState[Prepared], step: str) -> str:
        """The id of the post that a step answers. Reads only, so whatever fails here, the step was not sent."""
        parent = parent_of(step)
        found = await self.find(post, post.draft.due_at, parent)
        if not isinstance(found, Published) or found.post_id is None:
            message = f"{step} answers {parent}, whose id is not known yet"
            error = failure(Reason.PROVIDER_OUTAGE, message, code="PARENT_UNKNOWN")
            error.retry_after = PARENT_WAIT
            raise error
        if parent not in saved.state.posts:
            await self._remember(saved, parent, found)
        return found.post_id

    async def _remember(self, saved: SavedState[Prepared], step: str, found: Published) -> None:
        await saved.record_success(posts={**saved.state.posts, step: live(found)})

    async def _refused(self, post: Post[Options], saved: SavedState[Prepared], error: ChannelError) -> Published:
        """Raise the refusal of a post with media, unless an earlier call published it.

        Where a medium is in one post only, a refusal may mean that it is in ours; its text may be in any language.
        """
        lookup = Lookup(self._servers.of(post.account), post, saved.state)
        if not lookup.is_owned:
            raise error
        try:
            is_free = await lookup.server.medium(saved.state.media[0].id) is not None
            found = Absent() if is_free else await lookup.find(saved.state.media[0].since, POST, None)
        except ChannelError as unreadable:
            error.effect = Effect.UNKNOWN
            raise error from unreadable
        if isinstance(found, Published):
            await self._remember(saved, POST, found)
            return found
        if isinstance(found, Unknown):
            error.effect = Effect.UNKNOWN
        elif not is_free:
            await self._upload_again(saved, error)
        elif error.reason is Reason.DUPLICATE_CONTENT:
            error.effect = Effect.NOT_SENT
        raise error

    async def _upload_again(self, saved: SavedState[Prepared], error: ChannelError) -> None:
        """The media are in no post and gone: forget them, so that they are uploaded again; not endlessly."""
        failures = saved.state.failures + 1
        error.reason = Reason.MEDIA_PROCESSING_FAILED
        error.effect = Effect.REJECTED if failures >= MAX_FAILURES else Effect.NOT_SENT
        await saved.replace(saved.state.without_media(failures))


def _id_in(answer: Answer) -> str | None:
    """What a post that was made has; an answer about an earlier request has none."""
    return given_id(answer.field("id"))
