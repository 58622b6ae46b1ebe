"""What is true and what is sent, as the activities see it. Each call of a store is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from munadi.domain.account import ConnectedAccount
from munadi.domain.delivery import Attempted, DueDelivery, SendResult, WaitingEndpoint
from munadi.domain.failure import ChannelError, Effect, Failure
from munadi.domain.publication import HoldReason, Published, Warning_
from munadi.publishing.model import Claim, Command, CommandResult, Intent, IntentRefused, Outcome, Settled, View, Work


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

    async def record_outcome(
        self, publication_id: str, attempt_id: str | None, *, epoch: int, outcome: Outcome, now: datetime
    ) -> Settled: ...

    async def begin_reconcile(self, publication_id: str, now: datetime) -> Work | None: ...

    async def is_anothers(self, publication_id: str, post_id: str) -> bool:
        """Whether another publication of the same account is known to be this post."""

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
        credentials_version: int | None = None,
    ) -> Settled:
        """`credentials_version`: of the credentials that the failure was met with."""


class Stages(Protocol):
    """What comes after the post is live: later visible steps, and its id where that is told late."""

    async def located(self, publication_id: str, found: Published | None, now: datetime) -> Settled: ...

    async def begin(self, publication_id: str, now: datetime) -> Work | None: ...

    async def record_outcome(
        self,
        publication_id: str,
        attempt_id: str | None,
        *,
        stage: str,
        effect: Effect,
        warning: Warning_ | None = None,
        provider_code: str | None = None,
        raw: str | None = None,
        now: datetime,
    ) -> Settled: ...


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
    """Hands out accounts with a usable token; one refresh however many ask (lease in the database).

    Whoever calls a network for an account asks here first, so a pause of the account holds for every call.
    """

    async def account(self, account_id: str) -> ConnectedAccount:
        """The account with a token that is not known to be expired.

        Raises ChannelError: TOKEN… when dead, RATE_LIMITED with the time that is left while it is paused.
        """

    async def renew(self, account: ConnectedAccount) -> ConnectedAccount:
        """After the network called the token expired: refresh unless somebody already did."""

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
