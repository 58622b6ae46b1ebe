"""Bluesky as a channel. The visible call is one putRecord at a key that only this publication has.

`swapRecord: null` means "must not exist yet": a repeat of the same record is a no-op, and a different one is
refused, so a publication can never be there twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel

from munadi.channels.bluesky.prepare import Preparation, is_complete, needs_preparation
from munadi.channels.bluesky.sessions import Sessions
from munadi.channels.bluesky.spec import SPEC, Options, Settings
from munadi.channels.bluesky.validate import validate
from munadi.channels.bluesky.wire import (
    POST,
    Prepared,
    post_record,
    post_uri,
    post_url,
    record_key,
    same_post,
    shown_text,
)
from munadi.channels.bluesky.xrpc import Xrpc
from munadi.channels.http import ChannelTools
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Reason, Sorting
from munadi.domain.problem import Problem
from munadi.domain.publication import Absent, Handle, Pending, Published, Ready, Unknown, Warning_
from munadi.ports import AccountImport, Answer, Connection, PublicationDraft, SaveHandle, Stage

# After these a record may stand at our key: only a look can tell. Both are sorted as unknown.
LOOK_AFTER = frozenset({"InvalidSwap", "InternalServerError"})


class Bluesky:
    """See `munadi.ports.Channel`."""

    options: type[BaseModel] = Options

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        self.spec = settings.applied_to(SPEC, settings.hosts.entryway, *SPEC.hosts[1:])
        self._tools = tools
        self._xrpc = Xrpc(settings.hosts.entryway, tools)
        self._sessions = Sessions(self._xrpc)

    def validate(self, draft: Draft, account: ConnectedAccount | None) -> list[Problem]:
        """Text, images, link and options against the lexicon's limits."""
        return validate(self.spec, draft)

    def lead(self, draft: Draft) -> timedelta:
        """Time to upload and resolve; none for a plain text."""
        return self.spec.lead if needs_preparation(draft) else timedelta(0)

    def stages(self, draft: Draft) -> tuple[str, ...]:
        """None yet."""
        return ()

    async def prepare(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None, save: SaveHandle
    ) -> Ready | Pending:
        """Mentions, blobs and the card, saved part by part."""
        if not needs_preparation(draft):
            return Ready()
        return await Preparation(self._xrpc, self._tools, account, handle, save).run(draft)

    async def publish(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        save: SaveHandle,
        stage: Stage,
    ) -> Published | Pending:
        """One putRecord. Raises ChannelError; DUPLICATE_CONTENT when another record stands at the key."""
        prepared = _prepared(draft, handle)
        record = post_record(draft, Options.model_validate(draft.options), prepared)
        body = {
            "repo": account.external_id,
            "collection": POST,
            "rkey": record_key(draft),
            "record": record,
            "swapRecord": None,
        }
        token = account.credentials.access_token.get_secret_value()
        try:
            await self._xrpc.procedure(
                self._base(account), "com.atproto.repo.putRecord", token=token, body=body, gate=stage.gate
            )
        except ChannelError as error:
            if error.provider_code == "BlobNotFound":
                # The blobs lapsed: forget them, so that preparation uploads them anew.
                await save(Prepared(mentions=prepared.mentions).model_dump(mode="json"), ready=False)
            if error.provider_code not in LOOK_AFTER:
                raise
            return await self._compare(draft, account, record, prepared, error)
        return self._published(draft, account, prepared, self._tools.clock.now())

    async def check(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None
    ) -> Pending | Ready | Published:
        """Preparation never waits on Bluesky, so this is only a look."""
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
        """getRecord at our key, on the account's own PDS, which is the authority."""
        try:
            await self._record(draft, account)
        except ChannelError as error:
            if error.provider_code == "RecordNotFound":
                return Absent()
            return Unknown(note=str(error)[:200])
        prepared = Prepared.model_validate(handle.state) if handle else Prepared()
        return self._published(draft, account, prepared, None)

    async def discard(self, account: ConnectedAccount, handle: Handle) -> None:
        """Nothing to do: blobs that no record names are collected by the PDS."""

    def explain(self, answer: Answer) -> ChannelError:
        """See `errors`."""
        return self._xrpc.explain(answer)

    async def verify(self, given: AccountImport) -> Connection:
        """See `sessions`."""
        return await self._sessions.verify(given)

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """See `sessions`."""
        return await self._sessions.refresh(account)

    def _base(self, account: ConnectedAccount) -> str:
        return account.service_url or self._xrpc.entryway

    async def _record(self, draft: PublicationDraft, account: ConnectedAccount) -> Answer:
        params = {"repo": account.external_id, "collection": POST, "rkey": record_key(draft)}
        return await self._xrpc.query(self._base(account), "com.atproto.repo.getRecord", params)

    async def _compare(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        record: dict[str, object],
        prepared: Prepared,
        error: ChannelError,
    ) -> Published:
        """What stands at our key: this post → published; another → a duplicate; nothing or no answer → unknown."""
        try:
            answer = await self._record(draft, account)
        except ChannelError as look:
            raise error from look
        if same_post(answer.field("value"), record):
            return self._published(draft, account, prepared, None)
        raise ChannelError(
            Reason.DUPLICATE_CONTENT,
            Sorting.REJECTED,
            "Bluesky: another record stands at this publication's key",
            provider_code=error.provider_code,
            provider_message=error.provider_message,
            raw=error.raw,
        ) from error

    def _published(
        self, draft: PublicationDraft, account: ConnectedAccount, prepared: Prepared, at: datetime | None
    ) -> Published:
        key = record_key(draft)
        return Published(
            post_id=post_uri(account.external_id, key),
            url=post_url(account.external_id, key),
            published_at=at,
            warnings=_warnings(draft, prepared),
        )


def _prepared(draft: PublicationDraft, handle: Handle | None) -> Prepared:
    """The handle's state, complete; a visible call with half a preparation is refused before it is made."""
    prepared = Prepared.model_validate(handle.state) if handle else Prepared()
    if not is_complete(draft, prepared):
        raise ChannelError(Reason.INTERNAL_ERROR, Sorting.NOT_SENT, "Bluesky: publish was called before prepare ended")
    return prepared


def _warnings(draft: PublicationDraft, prepared: Prepared) -> tuple[Warning_, ...]:
    warnings = [
        Warning_(
            code="MENTION_UNRESOLVED",
            message=f"@{handle} is no Bluesky handle; it stands as plain text",
            channel="bluesky",
            pointer="/text",
        )
        for handle, did in prepared.mentions.items()
        if did is None
    ]
    if shown_text(draft) != draft.text:
        message = "a post has images or a link card: the link was appended to the text"
        warnings.append(Warning_(code="LINK_APPENDED", message=message, channel="bluesky", pointer="/link"))
    return tuple(warnings)
