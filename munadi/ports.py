"""What the activities are built on: protocols only. The worker decides who is real; tests hand in others.

Channel        a network's adapter                      munadi.channels.<name>
Contents       the content's story: look, claim, …      munadi.db.progress
Publications   the publish protocol's ledger            munadi.db.ledger
TokenKeeper    a usable token, refreshed under a lease  munadi.db.accounts + the channel's refresh
Deliveries     events on their way to subscribers       munadi.db.deliveries
Sender, MediaReader, LinkReader, Clock
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from pydantic import BaseModel, SecretStr

from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.channel import ChannelName, ChannelSpec
from munadi.domain.content import Draft
from munadi.domain.content import PublicationDraft as PublicationDraft
from munadi.domain.delivery import DueDelivery as DueDelivery
from munadi.domain.delivery import SendResult as SendResult
from munadi.domain.failure import ChannelError, Failure
from munadi.domain.ledger import Intent as Intent
from munadi.domain.ledger import IntentRefused as IntentRefused
from munadi.domain.ledger import OpenAttempt as OpenAttempt
from munadi.domain.ledger import Settled as Settled
from munadi.domain.ledger import StaleEpoch as StaleEpoch
from munadi.domain.ledger import Work as Work
from munadi.domain.media import MediaAsset
from munadi.domain.problem import Problem
from munadi.domain.publication import (
    Absent,
    Handle,
    HoldReason,
    Pending,
    Published,
    Ready,
    Unknown,
)
from munadi.domain.story import Claim, Command, CommandResult, Verdict, View


class Clock(Protocol):
    """Where time decides, it is injected."""

    def now(self) -> datetime:
        """The current instant, timezone-aware UTC."""

    def monotonic(self) -> float:
        """Seconds that never go back."""


@dataclass(frozen=True)
class Answer:
    """A network's answer, whole: `headers` with lower-case names, `body` the parsed JSON or None, `text` bounded."""

    status: int
    headers: Mapping[str, str]
    body: Any
    text: str

    def field(self, name: str) -> Any:
        """A field of a JSON object answer, or None: vendor answers are read leniently."""
        return self.body.get(name) if isinstance(self.body, dict) else None


class Gate(Protocol):
    """Asked just before the first byte of a visible call; raises ChannelError (not sent) once the deadline passed."""

    def __call__(self) -> None: ...


@dataclass(frozen=True)
class Stage:
    """One visible step of a publication: `post`, or a later one (`comment`, `part-2`)."""

    gate: Gate
    name: str = "post"


class SaveHandle(Protocol):
    """Persist what a network gave us the moment it is known; refused (StaleEpoch) when this activity was overtaken."""

    async def __call__(
        self, state: dict[str, Any], *, ready: bool = False, expires_at: datetime | None = None
    ) -> None: ...


@dataclass(frozen=True)
class AccountImport:
    """What a client imports (api.md, accounts): a token, or for Bluesky an identifier and an app password."""

    external_id: str | None = None
    service_url: str | None = None
    login: str | None = None
    access_token: SecretStr | None = None
    refresh_token: SecretStr | None = None
    expires_at: datetime | None = None
    identifier: str | None = None
    password: SecretStr | None = None


@dataclass(frozen=True)
class Connection:
    """A verified import: who the token speaks for, and the credentials to keep."""

    profile: Profile
    credentials: Credentials


class Channel(Protocol):
    """A network's adapter (design §6). Every failure is a ChannelError; nothing else is raised on purpose."""

    spec: ChannelSpec
    options: type[BaseModel]

    def validate(self, draft: Draft, account: ConnectedAccount | None) -> list[Problem]:
        """Pure: every violation, with pointers relative to the draft (`/text`, `/media/0`, `/options/kind`)."""

    def lead(self, draft: Draft) -> timedelta:
        """How long before the slot `prepare` should begin; zero when the draft has no invisible step."""

    async def prepare(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None, save: SaveHandle
    ) -> Ready | Pending:
        """Invisible and repeatable: upload, make containers; what is known is saved part by part."""

    async def publish(
        self,
        draft: PublicationDraft,
        account: ConnectedAccount,
        handle: Handle | None,
        save: SaveHandle,
        stage: Stage,
    ) -> Published | Pending:
        """Visible, once per stage: exactly one mutating request, made with `gate=stage.gate`."""

    async def check(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None
    ) -> Pending | Ready | Published:
        """Read only: how far a preparation or an accepted publication has come."""

    async def find(
        self, draft: PublicationDraft, account: ConnectedAccount, handle: Handle | None, since: datetime
    ) -> Published | Absent | Unknown:
        """Read only, after an unknown outcome: is it there? Never "the latest"; several candidates are Unknown."""

    async def discard(self, account: ConnectedAccount, handle: Handle) -> None:
        """Best-effort clean-up of a handle that will not be used."""

    def explain(self, answer: Answer) -> ChannelError:
        """Pure and table driven: (code, subcode) → reason and sorting."""

    async def verify(self, given: AccountImport) -> Connection:
        """A read call that proves the imported credentials and tells whose they are."""

    async def refresh(self, account: ConnectedAccount) -> Credentials:
        """New credentials for old. TOKEN_REVOKED when the grant is dead; the caller holds the account's lease."""


class Contents(Protocol):
    """The content's story as the workflow drives it. Each call is one transaction."""

    async def look(self, content_id: str, now: datetime) -> View | None: ...

    async def claim(self, content_id: str, now: datetime, holder: str) -> Claim: ...


class Operators(Protocol):
    """Commands that operators signal, applied by the same compare-and-set as the API's."""

    async def apply(self, content_id: str, command: Command, argument: Any, now: datetime) -> CommandResult: ...


class Publications(Protocol):
    """The publish protocol's ledger. Each call is one transaction."""

    async def load(self, publication_id: str) -> Work | None: ...

    async def open_attempt(
        self, publication_id: str, *, epoch: int, stage: str, holder: str, now: datetime, deadline: datetime
    ) -> Intent | IntentRefused: ...

    async def settle(
        self, publication_id: str, attempt_id: str | None, *, epoch: int, verdict: Verdict, now: datetime
    ) -> Settled: ...

    async def begin_reconcile(self, publication_id: str, now: datetime) -> Work | None: ...

    async def requeue(self, publication_id: str, *, epoch: int, now: datetime) -> Settled: ...

    async def unconfirmed(
        self, publication_id: str, *, epoch: int, next_look_after: timedelta, now: datetime
    ) -> Settled: ...

    async def save_handle(
        self,
        publication_id: str,
        *,
        draft_version: int,
        epoch: int,
        state: dict[str, Any],
        ready: bool,
        expires_at: datetime | None,
        now: datetime,
    ) -> None: ...

    async def end_waiting(
        self,
        publication_id: str,
        *,
        epoch: int,
        failure: Failure | None,
        hold: HoldReason | None,
        hold_for: timedelta | None,
        now: datetime,
    ) -> Settled: ...


class Deliveries(Protocol):
    """Events on their way. `take…` leases what it returns, so that nobody else sends it meanwhile."""

    async def take_first(self, content_id: str, now: datetime) -> list[DueDelivery]:
        """A content's deliveries that nobody has tried yet, in order of sequence."""

    async def take(self, delivery_id: str, now: datetime) -> DueDelivery | timedelta | None:
        """One delivery if it is due; how long to wait if it is not; None when it has ended."""

    async def record(self, delivery_id: str, result: SendResult, now: datetime) -> timedelta | None:
        """Write down one try; the wait until the next, or None when there is none."""

    async def put_back(self, delivery_ids: Sequence[str], now: datetime) -> None:
        """Untried after all (an earlier one to the same endpoint failed): left to the relay."""


class MediaReader(Protocol):
    """The stored bytes of a media, for uploads, and the signed URL that a network pulls."""

    async def read(self, asset: MediaAsset, start: int = 0, length: int | None = None) -> bytes:
        """`length` bytes from `start` on; all of them by default. A large upload reads part by part."""

    def public_url(self, asset: MediaAsset) -> str: ...


@dataclass(frozen=True)
class LinkCard:
    """What a page says about itself; `image` is fetched bytes with their type, when it has one."""

    title: str
    description: str = ""
    image: bytes | None = None
    image_type: str | None = None


class LinkReader(Protocol):
    """Reads a page's card through the guard; None when the page cannot be read (a card is never worth a failure)."""

    async def card(self, url: str) -> LinkCard | None: ...


class TokenKeeper(Protocol):
    """Hands out accounts with a usable token; one refresh however many ask (lease in the database)."""

    async def account(self, account_id: str) -> ConnectedAccount:
        """The account with a token that is not known to be expired. Raises ChannelError (TOKEN…) when dead."""

    async def renew(self, account: ConnectedAccount) -> ConnectedAccount:
        """After the network called the token expired: refresh unless somebody already did."""

    async def lost(self, account: ConnectedAccount, error: ChannelError) -> None:
        """The network called the grant dead: the account needs its owner (`reauth_required`, event)."""


class Sender(Protocol):
    """Signs and posts one event to one endpoint, once."""

    async def send(
        self, *, url: str, message_id: str, body: bytes, secrets: Sequence[str], timestamp: datetime
    ) -> SendResult: ...


@dataclass(frozen=True)
class Channels:
    """The registry, built: every channel by name."""

    by_name: Mapping[ChannelName, Channel] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Channel:
        return self.by_name[ChannelName(name)]

    def __contains__(self, name: str) -> bool:
        return name in {channel.value for channel in self.by_name}
