"""Posting to Mastodon: uploads, then one request for each post of the thread (see `upload` and `lookup`)."""

from __future__ import annotations

from datetime import datetime

from munadi.channels.channel import Parts
from munadi.channels.http import ChannelTools, given_id
from munadi.channels.mastodon.api import Servers
from munadi.channels.mastodon.errors import TITLE
from munadi.channels.mastodon.lookup import Lookup
from munadi.channels.mastodon.spec import SPEC, Options, Settings
from munadi.channels.mastodon.state import Prepared
from munadi.channels.mastodon.upload import MAX_FAILURES, Uploads
from munadi.channels.mastodon.wire import key_of, post_body, published, reply_body
from munadi.channels.thread import ThreadChannel
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import POST, Absent, Pending, Published, Ready, Unknown
from munadi.ports import Answer, Attempt, Publication


class MastodonChannel(ThreadChannel[Options, Prepared]):
    """A post, the later parts of its thread, and a first comment."""

    title, options, state = TITLE, Options, Prepared

    def __init__(self, parts: Parts[Options], settings: Settings, servers: Servers, tools: ChannelTools) -> None:
        super().__init__(parts, tools)
        self._settings, self._servers, self._tools = settings, servers, tools
        self._timeout = (settings.publish_deadline or SPEC.publish_deadline).total_seconds()

    async def _prepare(self, publication: Publication[Options, Prepared]) -> Ready | Pending:
        """Upload the media, and wait until the server has processed them."""
        if not publication.draft.media:
            return Ready()
        publication.state = publication.state.without_lapsed_media(self._tools.clock.now())
        return await Uploads(self._servers.of(publication.account), self._settings, self._tools, publication).run()

    async def send(
        self, publication: Publication[Options, Prepared], attempt: Attempt, text: str, parent: str | None
    ) -> Published:
        """Raises ChannelError."""
        if parent is not None:
            body = reply_body(text, publication.options, parent)
        else:
            body = post_body(text, publication.options, [one.id for one in publication.state.media])
        key = key_of(publication.draft.publication_id, attempt.step, body)
        try:
            answer = await self._servers.of(publication.account).post(body, key, attempt.gate, _id_in, self._timeout)
        except ChannelError as error:
            is_doubtful = attempt.is_doubtful and error.may_be_ours
            if attempt.step == POST and error.provider_code == "HTTP 422" and not is_doubtful:
                return await self._refused(publication, error)
            raise
        return published(answer.body, publication.options).model_copy(update={"published_at": self._tools.clock.now()})

    async def look(
        self, publication: Publication[Options, Prepared], since: datetime, step: str, parent: str | None
    ) -> Published | Absent | Unknown:
        """See `lookup`."""
        return await Lookup(self._servers.of(publication.account), publication).find(since, step, parent)

    async def _refused(self, publication: Publication[Options, Prepared], error: ChannelError) -> Published:
        """Raise the refusal of a post with media, unless an earlier call published it.

        Where a medium is in one post only, a refusal may mean that it is in ours; its text may be in any language.
        """
        lookup = Lookup(self._servers.of(publication.account), publication)
        if not lookup.is_owned:
            raise error
        try:
            is_free = await lookup.server.medium(publication.state.media[0].id) is not None
            found = Absent() if is_free else await lookup.find(publication.state.media[0].since, POST, None)
        except ChannelError as unreadable:
            error.effect = Effect.UNKNOWN
            raise error from unreadable
        if isinstance(found, Published):
            return found
        if isinstance(found, Unknown):
            error.effect = Effect.UNKNOWN
        elif not is_free:
            await self._upload_again(publication, error)
        elif error.reason is Reason.DUPLICATE_CONTENT:
            error.effect = Effect.NOT_SENT
        raise error

    async def _upload_again(self, publication: Publication[Options, Prepared], error: ChannelError) -> None:
        """The media are in no post and gone: forget them, so that they are uploaded again; not endlessly."""
        failures = publication.state.failures + 1
        error.reason = Reason.MEDIA_PROCESSING_FAILED
        error.effect = Effect.REJECTED if failures >= MAX_FAILURES else Effect.NOT_SENT
        await publication.replace(publication.state.without_media(failures))


def _id_in(answer: Answer) -> str | None:
    """What a post that was made has; an answer about an earlier request has none."""
    return given_id(answer.field("id"))
