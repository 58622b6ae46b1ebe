"""Bluesky as a channel: a post and the parts of its thread, each a record at a key of its own (see `posting`)."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel

from munadi.channels.bluesky.client import ClientKeys
from munadi.channels.bluesky.facets import handles
from munadi.channels.bluesky.grants import Grant, Granting
from munadi.channels.bluesky.identity import Identities
from munadi.channels.bluesky.posting import Posting, get_record
from munadi.channels.bluesky.prepare import Preparation, is_complete, lead_of
from munadi.channels.bluesky.proving import Proving
from munadi.channels.bluesky.quotes import Quotes
from munadi.channels.bluesky.sessions import Sessions
from munadi.channels.bluesky.spec import SPEC, Options, Settings
from munadi.channels.bluesky.state import Prepared
from munadi.channels.bluesky.thread import POST, record_key, stages_of, texts
from munadi.channels.bluesky.validate import lengths_of, validate
from munadi.channels.bluesky.video_errors import UPLOAD_ENDED
from munadi.channels.bluesky.video_service import VideoService
from munadi.channels.bluesky.wire import post_uri, post_url
from munadi.channels.bluesky.xrpc import Server, Xrpc
from munadi.channels.http import ChannelTools, cannot_look
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.channel import Resend, TextLength
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.problem import Problem
from munadi.domain.publication import Absent, Handle, Pending, Published, Ready, Unknown, Warning_
from munadi.ports import AccountImport, Answer, Connection, PublicationDraft, SaveHandle, Stage

NOTHING_TO_ABORT = UPLOAD_ENDED | {"UploadAlreadyCompleted"}


class Bluesky:
    """See `munadi.ports.Channel`."""

    options: type[BaseModel] = Options

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        hosts = settings.hosts
        self.spec = settings.applied_to(SPEC, hosts.entryway, hosts.video, hosts.appview, hosts.plc, *SPEC.hosts[4:])
        self._tools = tools
        self._xrpc = xrpc_of(settings, tools)
        self._service = VideoService(hosts.video, settings.video_did, tools)
        self._quotes = Quotes(self._xrpc, hosts.appview)
        identities = Identities(self._xrpc, hosts.plc)
        self._sessions = Sessions(self._xrpc, Proving(identities, self._xrpc.entryway, tools.is_development))
        self._granting = Granting(self._xrpc, tools.clock, ClientKeys(tools.derive))

    def validate(self, draft: Draft, account: ConnectedAccount | None) -> list[Problem]:
        """Texts, media, link and options against the lexicon's limits."""
        return validate(self.spec, draft)

    def lengths(self, draft: Draft) -> list[TextLength]:
        """How long its texts are, as they will stand there."""
        return lengths_of(self.spec, draft)

    def lead(self, draft: Draft) -> timedelta:
        """Time to upload and resolve, much more for a video; none for a plain text."""
        return lead_of(draft)

    def stages(self, draft: Draft) -> tuple[str, ...]:
        """The parts of a thread."""
        return stages_of(draft)

    def resend(self, draft: Draft) -> Resend:
        """The same record at the same key is the same post."""
        return self.spec.resend

    async def prepare(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None, save: SaveHandle
    ) -> Ready | Pending:
        """Mentions, the quote, blobs and the card, saved part by part; a video until it is transcoded."""
        if not lead_of(draft):
            return Ready()
        server = Server(self._xrpc, account)
        return await Preparation(server, self._service, self._quotes, self._tools, handle, save).run(draft)

    async def publish(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        save: SaveHandle,
        stage: Stage,
    ) -> Published | Pending:
        """One commit. Raises ChannelError; DUPLICATE_CONTENT when another record stands at the key."""
        if not is_complete(draft, Prepared.of(handle), stage.name):
            message = "Bluesky: publish was called before prepare ended"
            raise ChannelError(Reason.INTERNAL_ERROR, Effect.NOT_SENT, message)
        written = await Posting(Server(self._xrpc, account), draft, handle, save).put(stage)
        return _published(draft, account, handle, stage.name, self._tools.clock.now() if written else None)

    async def check(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None
    ) -> Pending | Ready | Published:
        """What is published is there at once, so this is only a look."""
        found = await self.find(draft, account, handle, draft.created_at)
        return found if isinstance(found, Published) else Ready(expires_at=handle.expires_at if handle else None)

    async def find(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        since: datetime,
        stage: str = "post",
    ) -> Published | Absent | Unknown:
        """getRecord at the stage's key, on the account's own PDS, which is the authority."""
        try:
            await get_record(Server(self._xrpc, account), draft, stage)
        except ChannelError as error:
            if error.provider_code == "RecordNotFound":
                return Absent()
            return cannot_look(error)
        return _published(draft, account, handle, stage, None)

    async def discard(self, account: ConnectedAccount, handle: Handle) -> None:
        """A video that was not sent to its end gives its place free; blobs that no record names are collected."""
        if (parts := Prepared.of(handle).parts) is None:
            return
        token = await self._service.upload_token(Server(self._xrpc, account))
        try:
            await self._service.abort(token, parts.id)
        except ChannelError as error:
            if error.provider_code not in NOTHING_TO_ABORT:
                raise

    def explain(self, answer: Answer) -> ChannelError:
        """See `errors`."""
        return self._xrpc.explain(answer)

    async def verify(self, given: AccountImport) -> Connection:
        """See `sessions`."""
        return await self._sessions.verify(given)

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """See `sessions`, and `grants` for what a consent in a browser brought."""
        grant = Grant.of(account.credentials)
        return await (self._granting.refresh(account, grant) if grant else self._sessions.refresh(account))


def xrpc_of(settings: Settings, tools: ChannelTools) -> Xrpc:
    """Calls to any server; those of the settings are trusted."""
    hosts = settings.hosts
    return Xrpc(hosts.entryway, tools, known=[hosts.appview, hosts.plc])


def _published(
    draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None, stage: str, at: datetime | None
) -> Published:
    key = record_key(draft, stage)
    return Published(
        post_id=post_uri(account.external_id, key),
        url=post_url(account.external_id, key),
        published_at=at,
        warnings=_warnings(draft, Prepared.of(handle)) if stage == POST else (),
    )


def _warnings(draft: PublicationDraft, prepared: Prepared) -> tuple[Warning_, ...]:
    return (*_card_warnings(prepared), *_mention_warnings(draft, prepared))


def _card_warnings(prepared: Prepared) -> tuple[Warning_, ...]:
    if prepared.card is None or not prepared.card.picture_missing:
        return ()
    message = "the linked page's picture could not be used, so the preview is shown without it"
    return (Warning_(code="CARD_WITHOUT_PICTURE", message=message, channel="bluesky", pointer="/link"),)


def _mention_warnings(draft: PublicationDraft, prepared: Prepared) -> tuple[Warning_, ...]:
    return tuple(
        Warning_(
            code="MENTION_UNRESOLVED",
            message=f"@{handle} is no Bluesky handle; it stands as plain text",
            channel="bluesky",
            pointer=pointer,
        )
        for pointer, text in texts(draft)
        for handle in handles(text)
        if prepared.mentions.get(handle, "") is None
    )
