"""TikTok as a channel. A file becomes public with its last byte, a pull and photos with their init.

publish_id is the key to look by. A file's is known before anything is visible; a pull's is part of the answer to the
visible call, so when that answer is lost nobody can look, and nothing is sent again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel, ValidationError

from munadi.channels.http import ChannelTools, cannot_look
from munadi.channels.text import parse_options
from munadi.channels.tiktok.accounts import Accounts
from munadi.channels.tiktok.api import Api, token_of
from munadi.channels.tiktok.lookup import Lookup
from munadi.channels.tiktok.prepare import Preparation
from munadi.channels.tiktok.publishing import Publishing
from munadi.channels.tiktok.spec import LEAD_SHORT, SPEC, Mode, Options, Settings
from munadi.channels.tiktok.validate import lengths_of, validate
from munadi.channels.tiktok.wire import CANCEL, Prepared, mode_of, plan_chunks
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.channel import Resend, TextLength
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Effect
from munadi.domain.problem import Problem
from munadi.domain.publication import Absent, Handle, Pending, Published, Ready, Unknown
from munadi.ports import AccountImport, Answer, Connection, PublicationDraft, SaveHandle, Stage

# There is no upload any more, or it is a post by now.
NOTHING_TO_CANCEL = frozenset({"publish_not_cancellable", "invalid_publish_id"})


class TikTok:
    """See `munadi.ports.Channel`."""

    options: type[BaseModel] = Options

    def __init__(self, settings: Settings, tools: ChannelTools) -> None:
        hosts = settings.hosts
        spec = SPEC.model_copy(update={"notices": ()}) if settings.audited else SPEC
        self.spec = settings.applied_to(spec, hosts.api, hosts.auth, hosts.upload)
        self._settings = settings
        self._tools = tools
        self._api = Api(settings, tools)
        self._lookup = Lookup(settings, tools)
        self._accounts = Accounts(self._api, settings, tools)

    def validate(self, draft: Draft, account: ConnectedAccount | None) -> list[Problem]:
        """Texts, media and options against TikTok's limits, and the account's creator_info where it is known."""
        return validate(self.spec, draft, account)

    def lengths(self, draft: Draft) -> list[TextLength]:
        """How long its texts are, as they will stand there."""
        return lengths_of(self.spec, draft)

    def lead(self, draft: Draft) -> timedelta:
        """Time to upload several chunks; else to ask the creator's settings."""
        options, _ = parse_options(self.spec, Options, draft.options)
        if options is None or not draft.media:
            return self.spec.lead
        _, chunks = plan_chunks(draft.media[0].bytes, self._settings.chunk_bytes)
        return self.spec.lead if mode_of(draft, options) is Mode.FILE and chunks > 1 else LEAD_SHORT

    def stages(self, draft: Draft) -> tuple[str, ...]:
        """None: there are no comments or threads by API."""
        return ()

    def resend(self, draft: Draft) -> Resend:
        """A file's last chunk only ever makes the one post of its publish_id; an init makes another each time."""
        try:
            mode = mode_of(draft, Options.model_validate(draft.options))
        except ValidationError:
            return Resend.NEVER
        return Resend.SAME_HANDLE if mode is Mode.FILE else Resend.NEVER

    async def prepare(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None, save: SaveHandle
    ) -> Ready | Pending:
        """Ask and obey creator_info; upload a file up to its last chunk."""
        return await Preparation(self._api, self._settings, self._tools, account, handle, save).run(draft)

    async def publish(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        save: SaveHandle,
        stage: Stage,
    ) -> Published | Pending:
        """The last chunk, or the init of a pull or photos; then TikTok works on it. Raises ChannelError."""
        publishing = Publishing(self._api, self._lookup, self._tools, account, handle, save)
        return await publishing.run(draft, stage.gate)

    async def check(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None
    ) -> Pending | Ready | Published:
        """The status of what was accepted. Only FAILED is a refusal: a read that fails says nothing of the post."""
        state = _state(handle)
        if state.key is None:
            return Pending(after=self._settings.poll_idle, note="no publish_id is known")
        try:
            status = await self._api.status(state.key, token_of(account))
        except ChannelError as error:
            error.effect = Effect.UNKNOWN
            raise
        if state.sent_at is None and status.lacks_bytes_of(state.upload):
            return Ready(expires_at=state.expires_at)
        return self._lookup.outcome(draft, account, state, status)

    async def find(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        since: datetime,
        stage: str = "post",
    ) -> Published | Absent | Unknown:
        """By publish_id alone."""
        state = _state(handle)
        if state.key is None:
            return self._lookup.without_key(draft)
        try:
            status = await self._api.status(state.key, token_of(account))
        except ChannelError as error:
            return cannot_look(error)
        return self._lookup.found(draft, account, state, status)

    async def discard(self, account: ConnectedAccount, handle: Handle) -> None:
        """Cancel an upload that was never finished; what was sent is left alone."""
        state = _state(handle)
        if state.upload is None or state.sent_at is not None or state.upload.expires_at <= self._tools.clock.now():
            return
        try:
            await self._api.post(CANCEL, token_of(account), {"publish_id": state.upload.publish_id})
        except ChannelError as error:
            if error.provider_code not in NOTHING_TO_CANCEL:
                raise

    def explain(self, answer: Answer) -> ChannelError:
        """See `errors`."""
        return self._api.explain(answer)

    async def verify(self, given: AccountImport) -> Connection:
        """See `accounts`."""
        return await self._accounts.verify(given)

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """See `accounts`."""
        return await self._accounts.refresh(account)


def _state(handle: Handle | None) -> Prepared:
    return Prepared.model_validate(handle.state) if handle else Prepared()
