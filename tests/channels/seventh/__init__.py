"""A seventh network, as small as one can be: it keeps the last text it was given. Copied into a tree by its test."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from munadi.channels.http import ChannelTools
from munadi.channels.seventh.spec import SPEC
from munadi.channels.text import check_text, lengths
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.channel import Resend, TextLength
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.problem import Problem
from munadi.domain.publication import Absent, Handle, Pending, Published, Ready, Unknown
from munadi.ports import AccountImport, Answer, Connection, PublicationDraft, SaveHandle, Stage


class Options(BaseModel):
    """None."""

    model_config = ConfigDict(extra="forbid")


class Seventh:
    """See `munadi.ports.Channel`."""

    options: type[BaseModel] = Options
    spec = SPEC
    shown: str | None = None

    def validate(self, draft: Draft, account: ConnectedAccount | None) -> list[Problem]:
        return check_text(SPEC, draft.text)

    def lengths(self, draft: Draft) -> list[TextLength]:
        return lengths(SPEC.text_limits, draft.text)

    def lead(self, draft: Draft) -> timedelta:
        return timedelta(0)

    def stages(self, draft: Draft) -> tuple[str, ...]:
        return ()

    def resend(self, draft: Draft) -> Resend:
        return self.spec.resend

    async def prepare(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None, save: SaveHandle
    ) -> Ready | Pending:
        return Ready()

    async def publish(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        save: SaveHandle,
        stage: Stage,
    ) -> Published | Pending:
        stage.gate()
        self.shown = draft.text
        return Published(post_id="1", url="https://seventh.example/1")

    async def check(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None
    ) -> Pending | Ready | Published:
        return Ready()

    async def find(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        since: datetime,
        stage: str = "post",
    ) -> Published | Absent | Unknown:
        return Published(post_id="1") if self.shown == draft.text else Absent()

    async def discard(self, account: ConnectedAccount, handle: Handle) -> None:
        return None

    def explain(self, answer: Answer) -> ChannelError:
        return ChannelError(Reason.UNKNOWN_PROVIDER_ERROR, Effect.UNKNOWN, answer.text)

    async def verify(self, given: AccountImport) -> Connection:
        assert given.access_token is not None
        return Connection(Profile(external_id="7", handle="seven"), Credentials(access_token=given.access_token))

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        return account.credentials


def build(settings: Mapping[str, Any], tools: ChannelTools) -> Seventh:
    """The channel."""
    return Seventh()
