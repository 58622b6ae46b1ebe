"""Posting to X: uploads, then one request for each post of the thread (see `upload` and `lookup`)."""

from __future__ import annotations

from datetime import datetime

from munadi.channels.channel import Post
from munadi.channels.http import ChannelTools, token_of
from munadi.channels.state import SavedState
from munadi.channels.thread import ThreadPublisher
from munadi.channels.x.api import Api
from munadi.channels.x.errors import TITLE
from munadi.channels.x.lookup import Lookup, address_of
from munadi.channels.x.spec import SPEC, Options, Settings
from munadi.channels.x.state import Prepared
from munadi.channels.x.upload import Uploads, upload_again
from munadi.channels.x.wire import id_in, post_body, reply_body
from munadi.domain.failure import ChannelError, Reason
from munadi.domain.publication import POST, Absent, Pending, Published, Ready, Unknown
from munadi.ports import SaveHandle, VisibleStep


class XPublisher(ThreadPublisher[Options, Prepared]):
    """A post, the later parts of its thread, and a first comment."""

    title, state = TITLE, Prepared

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

    async def send(
        self, post: Post[Options], saved: SavedState[Prepared], step: VisibleStep, text: str, parent: str | None
    ) -> Published:
        """Raises ChannelError."""
        if parent is not None:
            body = reply_body(text, post.options, parent)
        else:
            body = post_body(text, post.options, [one.id for one in saved.state.media])
        try:
            answer = await self._api.post(token_of(post.account), body, step.gate, id_in, self._timeout)
        except ChannelError as error:
            if error.reason is Reason.MEDIA_PROCESSING_FAILED and step.name == POST and saved.state.media:
                await upload_again(saved, error)
            raise
        post_id = id_in(answer) or ""
        url = address_of(self._site, post.account, post_id)
        return Published(post_id=post_id, url=url, published_at=self._tools.clock.now())

    async def look(
        self, post: Post[Options], state: Prepared, since: datetime, step: str, parent: str | None
    ) -> Published | Absent | Unknown:
        """See `lookup`."""
        return await Lookup(self._api, self._site, post, state).find(since, step, parent)
