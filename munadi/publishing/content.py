"""A post under lock: the only place that changes a status. All that is done with it is one transaction.

`LockedContent.lock` locks the row of the post, `move` makes one transition of the table, `emit` appends an event with
its deliveries, `close` computes the post's status and when the workflow must run next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Self

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.contents.views import content_view
from munadi.db.events.fan_out import Subscription, add_deliveries, insert_event, subscriptions
from munadi.db.ids import new_id
from munadi.db.session import after_commit, announce_deliveries, waited
from munadi.db.tables import ContentRow, DraftRow, PublicationRow
from munadi.domain.approval import lacks_approval
from munadi.domain.content import ContentStatus, ContentView
from munadi.domain.event import EventType
from munadi.domain.failure import Failure
from munadi.domain.ids import Prefix
from munadi.domain.publication import (
    ENDED,
    HOLD_GROWTH,
    OUTCOME_UNKNOWN,
    WAITING,
    HoldReason,
    PublicationStatus,
    growing,
)
from munadi.publishing.account_state import AccountState, account_state
from munadi.publishing.dismissals import dismissed_at
from munadi.publishing.leftovers import forget_preparation, is_over, is_spent, leave_behind
from munadi.publishing.loading import LOCK, LOCK_BY_PUBLICATION, READ, load_post, lock_posts
from munadi.publishing.plans import withdrawal_at
from munadi.publishing.states import check_transition, roll_up
from munadi.telemetry import metrics, tracing

# The caller wakes the workflow after its commit; the relay does so this much later, if that call was lost.
FIRST_WAKE = timedelta(seconds=5)
PUBLISHING_LOOK = timedelta(minutes=5)
HELD_LOOK = timedelta(minutes=15)


@dataclass
class LockedContent:
    """A post, its publications and its current draft, locked for this transaction."""

    session: AsyncSession
    content: ContentRow
    publications: list[PublicationRow]
    draft: DraftRow
    now: datetime
    deliveries: int = 0
    _subscribed: dict[str, Sequence[Subscription]] = field(default_factory=dict, repr=False)
    _accounts: dict[str, AccountState] = field(default_factory=dict, repr=False)

    @classmethod
    async def lock(cls, session: AsyncSession, content_id: str, now: datetime) -> Self | None:
        """Lock a post; None when there is no such post."""
        rows = await session.run_sync(load_post, LOCK, content_id)
        return None if rows is None else cls(session, *rows, now + waited(session))

    @classmethod
    async def read(cls, session: AsyncSession, content_id: str, now: datetime) -> Self | None:
        """Read a post without a lock."""
        rows = await session.run_sync(load_post, READ, content_id)
        return None if rows is None else cls(session, *rows, now)

    @classmethod
    async def lock_by_publication(cls, session: AsyncSession, publication_id: str, now: datetime) -> Self | None:
        """Lock the post that a publication belongs to; None when there is none."""
        rows = await session.run_sync(load_post, LOCK_BY_PUBLICATION, publication_id)
        return None if rows is None else cls(session, *rows, now + waited(session))

    @classmethod
    async def lock_all(cls, session: AsyncSession, content_ids: Sequence[str], now: datetime) -> list[Self]:
        """Lock several posts, in the order of their ids. Those that do not exist are left out."""
        posts, subscribed = await session.run_sync(lock_posts, content_ids), dict[str, Sequence[Subscription]]()
        return [cls(session, *rows, now + waited(session), _subscribed=subscribed) for rows in posts]

    @property
    def view(self) -> ContentView:
        """The post as the API returns it."""
        return content_view(self.content, self.draft, self.publications)

    def publication(self, publication_id: str) -> PublicationRow:
        """A publication of this post by its id; LookupError when there is none."""
        for row in self.publications:
            if row.id == publication_id:
                return row
        raise LookupError(f"{publication_id} is not a publication of {self.content.id}")

    async def move(
        self, row: PublicationRow, to: PublicationStatus, event: EventType | None, *, reason: str | None = None
    ) -> None:
        """Make one transition; IllegalTransition when the table does not have it. `event` reports the publication."""
        check_transition(PublicationStatus(row.status), to)
        if row.status == PublicationStatus.UNCONFIRMED:
            row.warnings = without(row.warnings, OUTCOME_UNKNOWN)
        row.status, row.updated_at = to.value, self.now
        row.next_look_at = row.dismissed_at = row.dismissed_as = None
        if to is PublicationStatus.PUBLISHED:
            row.watch_at = self.now  # the first round plans its looks
        if to is not PublicationStatus.QUEUED:
            row.hold_reason = row.hold_since = row.hold_until = None
        if is_over(row) and not await leave_behind(self.session, row, self.now) and to is PublicationStatus.CANCELED:
            forget_preparation(row)  # a failed publication may be retried with it
        self._roll_up()
        if to in ENDED:
            after_commit(
                self.session, partial(metrics.publication_ended, row.channel, to.value, reason, row.lateness_ms)
            )
        if event is not None:
            await self.emit(event, row, reason=reason)

    async def fail(self, row: PublicationRow, failure: Failure) -> None:
        """End a publication with a reason."""
        row.failure = failure.model_dump(mode="json", by_alias=True)
        await self.move(row, PublicationStatus.FAILED, EventType.PUBLISH_FAILED, reason=failure.reason)

    async def hold(
        self, row: PublicationRow, reason: HoldReason, until: datetime | None, cause: Failure | None = None
    ) -> None:
        """Make a queued publication wait for a condition, with one `.held` event per reason.

        `cause` is the failure it ends with if the condition lasts past publishBy. A hold for a token lasts until a
        person acts, as long as the account needs one. Else the hold ends by itself, later each time.
        """
        if reason is HoldReason.TOKEN and (await self.account(row.account_id)).is_usable:
            until = self.now + growing(HOLD_GROWTH, row.hold_count)
        is_known = row.hold_reason == reason.value
        row.hold_since = row.hold_since if is_known else self.now
        row.hold_reason, row.hold_until = reason.value, until
        row.hold_count += 1
        row.hold_cause = cause.model_dump(mode="json", by_alias=True) if cause else None
        row.updated_at = self.now
        if not is_known:
            after_commit(self.session, metrics.HOLDS.labels(row.channel, reason.value).inc)
            await self.emit(EventType.PUBLISH_HELD, row, reason=reason.value)

    @property
    def lacks_approval(self) -> bool:
        """Whether the post must be approved as it is before it may be published."""
        return lacks_approval(self.content.approved_draft, self.content.draft_version)

    async def hold_unapproved(self) -> None:
        """Make everything that waits for its time wait for an approval too, if the post lacks one, and note that."""
        waiting = [row for row in self.publications if row.status in WAITING] if self.lacks_approval else []
        for row in waiting:
            if row.hold_reason != HoldReason.APPROVAL:
                await self.hold(row, HoldReason.APPROVAL, None)
        self.content.proposed_as = self.content.approval["status"] if waiting and self.content.approval else None

    async def account(self, account_id: str) -> AccountState:
        """The state of a publication's account, read once per transaction."""
        if account_id not in self._accounts:
            self._accounts[account_id] = await account_state(self.session, account_id)
        return self._accounts[account_id]

    async def resume(self, row: PublicationRow) -> None:
        """End a hold because its condition has passed, with a `.resumed` event."""
        self.release(row)
        row.updated_at = self.now
        await self.emit(EventType.PUBLISH_RESUMED, row)

    def release(self, row: PublicationRow) -> None:
        """End a hold without an event."""
        row.hold_reason = row.hold_since = row.hold_until = row.hold_cause = None
        row.hold_count = 0

    async def emit(
        self,
        kind: EventType,
        row: PublicationRow | None = None,
        *,
        reason: str | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """Append an event with a snapshot of the post (and `more`), and a delivery for each subscribed endpoint."""
        self.content.sequence += 1
        content = self.view.model_dump(mode="json")
        publication = next((one for one in content["publications"] if row and one["id"] == row.id), None)
        event = {
            "id": new_id(Prefix.EVENT),
            "type": kind.value,
            "brand_ref": self.content.brand_ref,
            "content_id": self.content.id,
            "publication_id": row.id if row else None,
            "sequence": self.content.sequence,
            "sns": row.channel if row else None,
            "status": row.status if row else self.content.status,
            "reason": reason,
            "data": {"content": content, "publication": publication, **(more or {})},
            "trace": tracing.current(),
            "created_at": self.now,
        }
        brand_ref = self.content.brand_ref
        if brand_ref not in self._subscribed:
            self._subscribed[brand_ref] = await subscriptions(self.session, brand_ref)
        channels = {row.channel} if row else {one.channel for one in self.publications}
        endpoint_ids = [one.endpoint_id for one in self._subscribed[brand_ref] if one.wants(kind, channels)]
        await insert_event(self.session, event)
        if endpoint_ids:
            await add_deliveries(self.session, event, endpoint_ids, self.now, self.now)
            self.deliveries += len(endpoint_ids)
            announce_deliveries(self.session)

    async def close(self) -> None:
        """Compute the post's status, emit its completion once per result, and plan when the workflow must run next."""
        await self.hold_unapproved()  # another hold may have taken the place of that one
        self._roll_up()
        statuses = [PublicationStatus(row.status) for row in self.publications]
        if all(status in ENDED for status in statuses):
            if self.content.completed_as != self.content.status:
                self.content.completed_as = self.content.status
                await self.emit(EventType.CONTENT_COMPLETED)
        else:
            self.content.completed_as = None
        for row in self.publications:
            if row.sealed_preparation is not None and is_spent(row):
                forget_preparation(row)
        looks = [at for row in self.publications if (at := self._next_look(row)) is not None]
        self.content.next_look_at = min(looks) if looks else None
        self.content.updated_at = self.now

    def wake(self) -> None:
        """Request a wake: this transaction changes what the workflow should do."""
        self.content.wake_seq += 1
        self.content.wake_tries, self.content.next_wake_at = 0, self.now + FIRST_WAKE

    def due_at(self, due: datetime) -> None:
        """Set the due time of the post. Another one than before is not that of its slot, which becomes free."""
        if due != self.content.scheduled_at:
            self.leave_slot()
        self.content.scheduled_at = due

    def leave_slot(self) -> None:
        """Free the slot that the post has taken: another one may take it."""
        self.content.slot_id = self.content.slot_queue = None

    def _roll_up(self) -> None:
        self.content.status = roll_up(PublicationStatus(row.status) for row in self.publications).value
        if self.content.status == ContentStatus.CANCELED:
            self.leave_slot()
        self.content.dismissed_at = dismissed_at(self.publications)

    def _next_look(self, row: PublicationRow) -> datetime | None:
        match PublicationStatus(row.status):
            case PublicationStatus.ACCEPTED | PublicationStatus.QUEUED:
                if row.hold_reason == HoldReason.APPROVAL:
                    return self.content.publish_by  # an approval wakes the workflow
                if row.hold_reason is not None and row.hold_until is None:
                    # Only a person releases it. Still read it now and then: release and hold may have crossed.
                    return min(self.now + HELD_LOOK, self.content.publish_by)
                return min(max(self._wanted_at(row), row.hold_until or self.now), self.content.publish_by)
            case PublicationStatus.PUBLISHING:
                return self.now + PUBLISHING_LOOK
            case PublicationStatus.UNCONFIRMED:
                return row.next_look_at
            case PublicationStatus.PUBLISHED:
                step_at = (row.step_look_at or self.now + PUBLISHING_LOOK) if row.steps_left else None
                wanted = (row.next_look_at, step_at, withdrawal_at(self.content, row), row.edit_at)
                return min((at for at in wanted if at is not None), default=None)
        return None

    def _wanted_at(self, row: PublicationRow) -> datetime:
        """The start of the preparation while that is ahead, else the due time."""
        begin = row.due_at - timedelta(seconds=row.lead_seconds)
        return begin if row.lead_seconds and begin > self.now and not row.preparation_ready else row.due_at


def without(warnings: Sequence[dict[str, Any]], code: str) -> list[dict[str, Any]]:
    """The warnings of a publication that have another code."""
    return [each for each in warnings if each["code"] != code]
