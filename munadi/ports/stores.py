"""The ports of the stores and of tokens. Each call of a store is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from munadi.domain.account import ConnectedAccount
from munadi.domain.app_pause import Paused
from munadi.domain.failure import ChannelError, Effect, Failure
from munadi.domain.fitting import PlannedRendition
from munadi.domain.live_edit import Edited, Editing, LiveEdit, Stop
from munadi.domain.outcome import NO_CALL, CallRecord, Outcome
from munadi.domain.publication import POST, Preparation, PublicationStatus, Published
from munadi.domain.publishing import (
    Attempt,
    ClaimResult,
    Command,
    CommandResult,
    Refused,
    Step,
    StepResult,
    View,
)
from munadi.domain.removal import Removing
from munadi.domain.withdrawal import PostedObject


class Schedule(Protocol):
    """Reads what is due. The workflow of a post calls `look`, the activities call `load` and `begin`."""

    async def look(self, content_id: str, now: datetime) -> View | None: ...

    async def load(self, publication_id: str) -> Step | None: ...

    async def begin(self, publication_id: str, now: datetime, statuses: frozenset[PublicationStatus]) -> Step | None:
        """`load`, after raising the epoch of a publication in one of these statuses, so that a late intent fails."""


class Operators(Protocol):
    """Applies operators' signals by the same compare-and-set as the API's calls."""

    async def apply(self, content_id: str, command: Command, argument: Any, now: datetime) -> CommandResult: ...


class Attempts(Protocol):
    """Records intents before visible calls and outcomes after them, and saves preparations."""

    async def claim(
        self,
        content_id: str,
        publication_id: str,
        *,
        epoch: int,
        holder: str,
        now: datetime,
        period: Callable[[Step], timedelta] | None,
    ) -> ClaimResult | None:
        """Claim a due publication and, if `period` is given, record the intent of its call, in one transaction."""

    async def open_attempt(
        self, publication_id: str, *, step: str, epoch: int, holder: str, now: datetime, deadline: datetime
    ) -> Attempt | Refused: ...

    async def save_preparation(
        self,
        publication_id: str,
        preparation: Preparation,
        *,
        epoch: int,
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
        call: CallRecord = NO_CALL,
    ) -> StepResult: ...

    async def record_id(self, publication_id: str, found: Published | None, now: datetime) -> StepResult:
        """Record the id of a post that was published without one; None: not known yet."""

    async def belongs_to_another(self, publication_id: str, post_id: str) -> bool:
        """Whether another publication of the same account is known to be this post."""


class Renditions(Protocol):
    """Makes what is sent instead of files that a network does not take as they are."""

    async def fit(
        self, publication_id: str, planned: Sequence[PlannedRendition], *, epoch: int, now: datetime
    ) -> timedelta | None:
        """None once all are made; else when to look again. Raises ChannelError, rejected, and StaleEpoch."""


class LiveAttempts(Protocol):
    """Records the intent of each request on what is live. StaleEpoch when another run has taken over."""

    async def open_attempt(
        self, publication_id: str, step: str, *, epoch: int, holder: str, now: datetime, deadline: datetime
    ) -> Attempt:
        """Record and commit the intent of a request."""


class Edits(LiveAttempts, Protocol):
    """Reads the edit of a live publication that is under way, and records each request and what came of it.

    All but `begin` raise StaleEpoch when another run has taken over.
    """

    async def begin(self, publication_id: str, now: datetime) -> Editing | None:
        """The edit under way, under a new epoch; None when there is none."""

    async def close_attempt(
        self,
        publication_id: str,
        attempt: Attempt,
        *,
        epoch: int,
        after: LiveEdit,
        effect: Effect,
        call: CallRecord,
        now: datetime,
    ) -> None:
        """Record the answer to a request, and the edit as it is `after` it."""

    async def settle(
        self,
        publication_id: str,
        edit: LiveEdit,
        result: Edited | Stop | timedelta,
        *,
        epoch: int,
        failure: Failure | None,
        now: datetime,
    ) -> StepResult:
        """Record what a read showed: how it ended, or how long to wait."""


class Withdrawals(LiveAttempts, Protocol):
    """Reads what is left to remove of a live publication, and records each request and what came of it.

    All but `begin` raise StaleEpoch when another run has taken over.
    """

    async def begin(self, publication_id: str, now: datetime) -> Removing | None:
        """What is left to remove, under a new epoch; None when nothing is."""

    async def close_attempt(
        self,
        publication_id: str,
        place: int,
        attempt: Attempt,
        *,
        epoch: int,
        after: PostedObject,
        effect: Effect,
        call: CallRecord,
        now: datetime,
    ) -> None:
        """Record the answer to a request, and the object as it is `after` it."""

    async def settle(
        self,
        publication_id: str,
        objects: Sequence[PostedObject],
        *,
        epoch: int,
        after: timedelta,
        failure: Failure | None,
        now: datetime,
    ) -> StepResult:
        """Record what looks showed, and that it acts again `after` that long."""

    async def refuse(self, publication_id: str, failure: Failure, *, epoch: int, now: datetime) -> StepResult:
        """End it: the network, or the connection, does not allow it."""


class TokenProvider(Protocol):
    """Returns accounts with a usable token; concurrent callers cause one refresh (lease in the database).

    Every call of a network for an account starts here, so a pause of the account applies to every call.
    """

    async def account(self, account_id: str, *, to_prepare: bool = False) -> ConnectedAccount:
        """The account with a token that is not known to be expired.

        Raises ChannelError: TOKEN… when dead, RATE_LIMITED with the time that is left while it is paused, and with
        `to_prepare` QUOTA_EXCEEDED while its app may prepare no posts.
        """

    async def renew(self, account: ConnectedAccount) -> ConnectedAccount:
        """Refresh the token after the network reported it expired, unless another process did."""

    async def lost(self, account: ConnectedAccount, error: ChannelError) -> bool:
        """Mark the account `reauth_required`, with an event, after the network reported the grant dead.

        True when `account` was reconnected meanwhile: nothing is marked, and `renew` returns its current credentials.
        """

    async def pause(self, account: ConnectedAccount, wait: timedelta | None) -> None:
        """Make no calls for this connection, in any process, for as long as the network asked; None: no pause.

        A connection made since is not paused.
        """

    async def pause_app(self, account: ConnectedAccount, error: ChannelError, during: Paused | None) -> None:
        """Where the network limits the app: make no such calls for any of its accounts, in any process.

        `during`: what the refused call was for, None where it was neither to prepare nor to publish a post.
        """
