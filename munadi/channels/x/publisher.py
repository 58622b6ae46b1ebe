"""Posting to X: uploads, then one request for each post of the thread (see `upload` and `lookup`)."""

from __future__ import annotations

from datetime import datetime, timedelta

from munadi.channels.channel import Post, Publisher, parent_of
from munadi.channels.http import ChannelTools, could_not_read, token_of
from munadi.channels.state import SavedState
from munadi.channels.x.api import Api
from munadi.channels.x.errors import failure
from munadi.channels.x.lookup import Lookup, address_of
from munadi.channels.x.spec import SPEC, Options, Settings
from munadi.channels.x.state import Live, Prepared
from munadi.channels.x.upload import Uploads, upload_again
from munadi.channels.x.wire import id_in, post_body, reply_body, text_of
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import POST, Absent, Pending, Published, Ready, Unknown
from munadi.ports import SaveHandle, VisibleStep

# Before the timeline is read again for the post that a reply answers.
PARENT_WAIT = timedelta(seconds=5)


class XPublisher(Publisher[Options]):
    """A post, the later parts of its thread, and a first comment."""

    def __init__(self, settings: Settings, api: Api, tools: ChannelTools) -> None:
        self._settings, self._api, self._tools = settings, api, tools
        self._site = settings.hosts.auth
        self._timeout = (settings.publish_deadline or SPEC.publish_deadline).total_seconds()

    async def prepare(self, post: Post[Options], save: SaveHandle) -> Ready | Pending:
        """Upload the media, and wait until X has processed them."""
        if not post.draft.media:
            return Ready()
        saved = SavedState(Prepared.of(post.handle).without_lapsed_media(self._tools.clock.now()), save)
        return await Uploads(self._api, self._settings, self._tools, post, saved).run()

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
        try:
            answer = await self._api.post(token_of(post.account), body, step.gate, id_in, self._timeout)
        except ChannelError as error:
            await self._refused(post, saved, step.name, error)
            raise
        post_id = id_in(answer) or ""
        url = address_of(self._site, post.account, post_id)
        found = Published(post_id=post_id, url=url, published_at=self._tools.clock.now())
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
        """See `lookup`. After a refusal as a duplicate, also what was posted before this attempt."""
        state = Prepared.of(post.handle)
        if known := state.posts.get(step):
            return Published(post_id=known.id, url=known.url)
        since = min(since, post.draft.due_at) if state.duplicate else since
        try:
            lookup, parent = Lookup(self._api, self._site, post, state), None
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
        live = Live(id=found.post_id or "", url=found.url)
        await saved.record_success(posts={**saved.state.posts, step: live})

    async def _refused(self, post: Post[Options], saved: SavedState[Prepared], step: str, error: ChannelError) -> None:
        """What a refusal of the visible call means here.

        A duplicate: X has this text, perhaps from an earlier attempt whose answer was lost. The timeline since the
        post was due decides. If it has none, an earlier post had the same text, and this is a refusal. Otherwise the
        outcome is unknown, and checks of the network follow. Nothing is sent again.
        """
        if error.reason is Reason.DUPLICATE_CONTENT:
            found = await self.find(post, post.draft.due_at, step)
            if not isinstance(found, Absent):
                error.effect = Effect.UNKNOWN
                await saved.record_success(duplicate=True)
        elif error.reason is Reason.MEDIA_PROCESSING_FAILED and step == POST and saved.state.media:
            await upload_again(saved, error)
