"""What is true and what is sent, as the activities see it. Each call of a store is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from munadi.domain.account import ConnectedAccount
from munadi.domain.delivery import Attempted, DueDelivery, SendResult, WaitingEndpoint
from munadi.domain.failure import ChannelError
from munadi.domain.publication import POST, PublicationStatus, Published
from munadi.publishing.model import (
    Attempt,
    Claim,
    Command,
    CommandResult,
    Outcome,
    Refused,
    Step,
    StepResult,
    Taken,
    View,
)


class Schedule(Protocol):
    """What is due. The workflow of a post calls `look`, activities `load` and `begin`."""

    async def look(self, content_id: str, now: datetime) -> View | None: ...

    async def claim(self, content_id: str, now: datetime, holder: str) -> Claim:
        """What workflows of an earlier version call; `Attempts.claim` does it today."""

    async def load(self, publication_id: str) -> Step | None: ...

    async def begin(self, publication_id: str, now: datetime, statuses: frozenset[PublicationStatus]) -> Step | None:
        """`load`, after raising the epoch of a publication in one of these statuses, so that a late intent fails."""


class Operators(Protocol):
    """Commands that operators signal, applied by the same compare-and-set as the API's."""

    async def apply(self, content_id: str, command: Command, argument: Any, now: datetime) -> CommandResult: ...


class Attempts(Protocol):
    """Intents before visible calls, outcomes after them, and the handles that networks gave us."""

    async def claim(
        self,
        content_id: str,
        publication_id: str,
        *,
        epoch: int,
        holder: str,
        now: datetime,
        period: Callable[[Step], timedelta] | None,
    ) -> Taken | None:
        """Claim a post that is due and, with a `period` for its call, record the intent: one transaction."""

    async def open_attempt(
        self, publication_id: str, *, step: str, epoch: int, holder: str, now: datetime, deadline: datetime
    ) -> Attempt | Refused: ...

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

    async def record_outcome(
        self,
        publication_id: str,
        attempt_id: str | None,
        *,
        step: str = POST,
        epoch: int,
        outcome: Outcome,
        now: datetime,
    ) -> StepResult: ...

    async def record_id(self, publication_id: str, found: Published | None, now: datetime) -> StepResult:
        """The id of a post that was published without one; None: not yet."""

    async def belongs_to_another(self, publication_id: str, post_id: str) -> bool:
        """Whether another publication of the same account is known to be this post."""


class Deliveries(Protocol):
    """Events on their way to endpoints. One process at a time serves an endpoint, under a lease in the database.

    `holder` names that process. A lease ends by itself, so a killed process blocks an endpoint for seconds only.
    """

    async def waiting(self, now: datetime, holder: str) -> list[WaitingEndpoint]:
        """Enabled endpoints with deliveries due, which no other process serves and no breaker holds back."""

    async def open(self, endpoint_id: str, holder: str, now: datetime) -> bool:
        """Take the endpoint's lease. False: another process has it."""

    async def renew(self, endpoint_id: str, holder: str, now: datetime) -> bool:
        """Extend the lease while sending takes long. False: it was lost."""

    async def take(self, endpoint_id: str, now: datetime, limit: int) -> list[DueDelivery]:
        """The endpoint's due deliveries, the longest waiting first; one at most while the endpoint is failing."""

    async def record(
        self, endpoint_id: str, holder: str, attempted: Sequence[Attempted], blocked: Sequence[str], now: datetime
    ) -> None:
        """Write down a batch in one transaction, and extend the lease. `blocked` were not sent, because an earlier
        event of the same post failed: they are due with its retry."""

    async def close(self, holder: str) -> None:
        """Give back every lease of this process."""


class TokenKeeper(Protocol):
    """Returns accounts with a usable token; concurrent callers cause one refresh (lease in the database).

    Every call of a network for an account starts here, so a pause of the account applies to every call.
    """

    async def account(self, account_id: str) -> ConnectedAccount:
        """The account with a token that is not known to be expired.

        Raises ChannelError: TOKEN… when dead, RATE_LIMITED with the time that is left while it is paused.
        """

    async def renew(self, account: ConnectedAccount) -> ConnectedAccount:
        """After the network called the token expired: refresh, unless another process did."""

    async def lost(self, account: ConnectedAccount, error: ChannelError) -> bool:
        """The network called the grant dead: the account needs its owner (`reauth_required`, event).

        True when `account` was replaced meanwhile: nothing is marked, and `renew` returns its present connection.
        """

    async def pause(self, account: ConnectedAccount, wait: timedelta | None) -> None:
        """Hold every call of this connection back, in every process, for as long as the network wants; None: not at
        all. One that was made since is not paused."""


class Sender(Protocol):
    """Signs and posts one event to one endpoint, once."""

    async def send(
        self, *, url: str, message_id: str, body: bytes, secrets: Sequence[str], timestamp: datetime
    ) -> SendResult: ...
