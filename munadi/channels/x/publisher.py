"""Posting to X: uploads, then one request for each post of the thread (see `upload` and `lookup`)."""

from __future__ import annotations

from datetime import datetime

from munadi.channels.channel import Parts
from munadi.channels.http import ChannelTools
from munadi.channels.thread import ThreadChannel
from munadi.channels.x.api import Api
from munadi.channels.x.errors import TITLE
from munadi.channels.x.lookup import Lookup, address_of
from munadi.channels.x.spec import SPEC, Options, Settings
from munadi.channels.x.state import Prepared
from munadi.channels.x.upload import Uploads, upload_again
from munadi.channels.x.wire import id_in, post_body, reply_body
from munadi.domain.failure import ChannelError, Reason
from munadi.domain.publication import POST, Absent, Pending, Published, Ready, Unknown
from munadi.ports import Attempt, Publication


class XChannel(ThreadChannel[Options, Prepared]):
    """A post, the later parts of its thread, and a first comment."""

    title, options, state = TITLE, Options, Prepared

    def __init__(self, parts: Parts[Options], settings: Settings, api: Api, tools: ChannelTools) -> None:
        super().__init__(parts, tools)
        self._settings, self._api, self._tools = settings, api, tools
        self._site = settings.hosts.auth
        self._timeout = (settings.publish_deadline or SPEC.publish_deadline).total_seconds()

    async def _prepare(self, publication: Publication[Options, Prepared]) -> Ready | Pending:
        """Upload the media, and wait until X has processed them."""
        if not publication.draft.media:
            return Ready()
        publication.state = publication.state.without_lapsed_media(self._tools.clock.now())
        return await Uploads(self._api, self._settings, self._tools, publication).run()

    async def send(
        self, publication: Publication[Options, Prepared], attempt: Attempt, text: str, parent: str | None
    ) -> Published:
        """Raises ChannelError."""
        if parent is not None:
            body = reply_body(text, publication.options, parent)
        else:
            body = post_body(text, publication.options, [one.id for one in publication.state.media])
        try:
            answer = await self._api.post(publication.token, body, attempt.gate, id_in, self._timeout)
        except ChannelError as error:
            if error.reason is Reason.MEDIA_PROCESSING_FAILED and attempt.step == POST and publication.state.media:
                await upload_again(publication, error)
            raise
        post_id = id_in(answer) or ""
        url = address_of(self._site, publication.account, post_id)
        return Published(post_id=post_id, url=url, published_at=self._tools.clock.now())

    async def look(
        self, publication: Publication[Options, Prepared], since: datetime, step: str, parent: str | None
    ) -> Published | Absent | Unknown:
        """See `lookup`."""
        return await Lookup(self._api, self._site, publication).find(since, step, parent)
