"""Posting to Bluesky: a post and the parts of its thread, each a record at its own key (see `posting`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from munadi.channels.bluesky.facets import handles
from munadi.channels.bluesky.looking import look
from munadi.channels.bluesky.posting import RecordWriter, get_record
from munadi.channels.bluesky.prepare import Preparation, is_complete
from munadi.channels.bluesky.removing import objects_of, remove
from munadi.channels.bluesky.spec import Options, Settings
from munadi.channels.bluesky.state import Prepared
from munadi.channels.bluesky.thread import record_key
from munadi.channels.bluesky.video import VideoUpload
from munadi.channels.bluesky.video_errors import UPLOAD_ENDED
from munadi.channels.bluesky.video_service import VideoService
from munadi.channels.bluesky.wire import gates_of, post_uri, post_url, written
from munadi.channels.bluesky.xrpc import Server, Xrpc
from munadi.channels.channel import NetworkChannel, Parts
from munadi.channels.http import ChannelTools
from munadi.channels.looking import are_many
from munadi.channels.steps import texts_of
from munadi.domain.account import ConnectedAccount
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError
from munadi.domain.publication import POST, Absent, Pending, PostedId, Published, Ready, Unknown, Warning_
from munadi.domain.withdrawal import PostedObject, Seen
from munadi.ports import Attempt, PastedAs, Publication

NOTHING_TO_ABORT = UPLOAD_ENDED | {"UploadAlreadyCompleted"}


class BlueskyChannel(NetworkChannel[Options, Prepared]):
    """A post and the parts of its thread."""

    options, state = Options, Prepared
    profile_at = "https://bsky.app/profile/{handle}"
    pasted_as = PastedAs.APP_PASSWORD

    def __init__(self, parts: Parts[Options], settings: Settings, xrpc: Xrpc, tools: ChannelTools) -> None:
        super().__init__(parts, tools)
        self._xrpc = xrpc
        self._tools = tools
        self._appview = settings.hosts.appview
        self._service = VideoService(settings.hosts.video, settings.video_did, tools)

    async def _prepare(self, publication: Publication[Options, Prepared]) -> Ready | Pending:
        """Mentions, the quote, blobs and the card, saved part by part; a video until it is transcoded."""
        if not self.rules.lead(publication.draft, publication.options):
            return Ready()
        server, clock = Server(self._xrpc, publication.account), self._tools.clock
        publication.state = publication.state.without_lapsed_uploads(clock.now())
        video = VideoUpload(self._service, publication, server, clock)
        return await Preparation(server, self._appview, self._tools, publication, video).run()

    async def _publish(self, publication: Publication[Options, Prepared], attempt: Attempt) -> Published | Pending:
        """One commit. Raises ChannelError; DUPLICATE_CONTENT when another record exists at the key."""
        if not is_complete(publication.draft, publication.options, publication.state, attempt.step):
            raise self.not_prepared()
        server, step = Server(self._xrpc, publication.account), attempt.step
        writer = RecordWriter(server, publication)
        request, record = await writer.request(step)
        try:
            answer = await self._xrpc.send(request, server.access, attempt.gate)
        except ChannelError as error:
            await writer.refused(step, record, error)
            return _published(publication, step, None, ())
        await writer.remember(step, written(answer)[0].get("cid"))
        return _published(publication, step, self._tools.clock.now(), objects_of(written(answer)))

    async def _check(self, publication: Publication[Options, Prepared]) -> Pending | Ready | Published:
        """A record is live at once, so this only reads it."""
        found = await self._find(publication, publication.draft.created_at, POST)
        return found if isinstance(found, Published) else Ready(expires_at=publication.state.expires_at)

    async def _search(
        self, publication: Publication[Options, Prepared], since: datetime, step: str
    ) -> Published | Absent | Unknown:
        """getRecord at the step's key, on the account's own PDS, which is the authority."""
        try:
            answer = await get_record(Server(self._xrpc, publication.account), publication.draft, step)
        except ChannelError as error:
            if error.provider_code == "RecordNotFound":
                return Absent(by_key=True)
            raise
        return _published(
            publication, step, None, objects_of([{"uri": answer.field("uri"), "cid": answer.field("cid")}])
        )

    async def _withdraw(self, one: PostedObject, account: ConnectedAccount, attempt: Attempt) -> None:
        await remove(Server(self._xrpc, account), one, attempt)

    async def _look(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        appview = self._appview if are_many(objects) else ""
        return await look(Server(self._xrpc, account), objects, appview, self._tools.clock.now())

    async def _watch(self, objects: Sequence[PostedObject], account: ConnectedAccount) -> Sequence[Seen]:
        return await look(Server(self._xrpc, account), objects, self._appview, self._tools.clock.now())

    async def _discard(self, account: ConnectedAccount, state: Prepared) -> None:
        """Abort a video that was not sent to its end; the server deletes blobs that no record names."""
        if (parts := state.parts) is None:
            return
        token = await self._service.upload_token(Server(self._xrpc, account))
        try:
            await self._service.abort(token, parts.id)
        except ChannelError as error:
            if error.provider_code not in NOTHING_TO_ABORT:
                raise


def _published(
    publication: Publication[Options, Prepared], step: str, at: datetime | None, records: tuple[PostedId, ...]
) -> Published:
    """`records` are those of the step whose versions are known; the others are the post's gates, at its key."""
    did, key, prepared = publication.account.external_id, record_key(publication.draft, step), publication.state
    gates = gates_of(publication.options, step, post_uri(did, key), "")
    known, uris = {one.id for one in records}, [post_uri(did, key), *(f"at://{did}/{gate}/{key}" for gate in gates)]
    return Published(
        post_id=post_uri(did, key),
        url=post_url(did, key),
        objects=(*records, *(PostedId(id=uri) for uri in uris if uri not in known)),
        published_at=at,
        warnings=(*_card_warnings(prepared), *_mention_warnings(publication.draft, prepared)) if step == POST else (),
    )


def _card_warnings(prepared: Prepared) -> tuple[Warning_, ...]:
    if prepared.card is None or not prepared.card.picture_missing:
        return ()
    message = "the linked page's picture could not be used, so the preview is shown without it"
    return (Warning_(code="CARD_WITHOUT_PICTURE", message=message, channel="bluesky", pointer="/link"),)


def _mention_warnings(draft: Draft, prepared: Prepared) -> tuple[Warning_, ...]:
    return tuple(
        Warning_(
            code="MENTION_UNRESOLVED",
            message=f"@{handle} is not a Bluesky handle; it is shown as plain text",
            channel="bluesky",
            pointer=pointer,
        )
        for pointer, text in texts_of(draft)
        for handle in handles(text)
        if prepared.mentions.get(handle, "") is None
    )
