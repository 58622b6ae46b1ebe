"""One publication, taken through the real activities and a real database as its workflow does, on a clock of ours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlmodel import col, select
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.messages import PublicationRef
from activities.publishing import PublishingActivities
from activities.reconciling import ReconcilingActivities
from munadi.crypto import KeyRing, create_key
from munadi.db.session import Database
from munadi.db.tables import AccountRow, AttemptRow, BrandRow, ContentRow, DraftRow, EventRow, PublicationRow
from munadi.domain.account import ConnectedAccount
from munadi.domain.app_pause import Paused
from munadi.domain.channel import ChannelName
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Preparation, PublicationStatus
from munadi.domain.publishing import NextStep, Plan, StepResult
from munadi.outbound.host_calls import HostCalls
from munadi.ports import Channels, PublicationDraft
from munadi.publishing.attempts import AttemptStore
from munadi.publishing.preparations import seal_state
from munadi.publishing.schedule import ScheduleStore
from tests.channels.making import FixedClock
from workflows.publication import CONTINUES

S = PublicationStatus
CONTENT, BRAND = "cnt_1", "acme"
WINDOW = timedelta(hours=24)
MOMENT = timedelta(milliseconds=1)
# More turns than any of these posts needs: one that never ends is a failure.
MANY = 4000


class OneAccount:
    """A token that stays the same. A renewed one is refused as well."""

    def __init__(self, account: ConnectedAccount) -> None:
        self._account = account

    async def account(self, account_id: str, *, to_prepare: bool = False) -> ConnectedAccount:
        return self._account

    async def renew(self, account: ConnectedAccount) -> ConnectedAccount:
        raise ChannelError(Reason.TOKEN_REVOKED, Effect.NOT_SENT, "the grant is dead")

    async def lost(self, account: ConnectedAccount, error: ChannelError) -> bool:
        return False

    async def pause(self, account: ConnectedAccount, wait: timedelta | None) -> None:
        return None

    async def pause_app(self, account: ConnectedAccount, error: ChannelError, during: Paused | None) -> None:
        return None


class Desk:
    """The database and the activities for one channel. One publication at a time."""

    def __init__(self, database: Database, channel: Any, account: ConnectedAccount, clock: FixedClock) -> None:
        self.database, self.clock, self.account = database, clock, account
        self.keyring = KeyRing([create_key()])
        self.schedule = ScheduleStore(database, self.keyring)
        attempts, channels = AttemptStore(database, self.keyring), Channels({ChannelName(account.channel): channel})
        tokens = OneAccount(account)
        self._publishing = PublishingActivities(self.schedule, attempts, channels, tokens, clock, "w", HostCalls())
        self._reconciling = ReconcilingActivities(self.schedule, attempts, channels, tokens, clock)
        self._environment = ActivityEnvironment()
        self.id = ""

    async def put(self, draft: PublicationDraft, handle: Preparation | None, steps: Sequence[str], lead: float) -> None:
        """Store a post that is due, prepared, in place of the one before."""
        self.id, now = draft.publication_id, draft.due_at
        times = {"created_at": draft.created_at, "updated_at": draft.created_at}
        fields = draft.model_dump(mode="json", exclude={"publication_id", "created_at", "due_at"})
        sealed = seal_state(self.keyring, self.id, handle.state) if handle else None
        async with self.database.write() as session:
            for table in (EventRow, AttemptRow, PublicationRow, DraftRow, ContentRow, AccountRow, BrandRow):
                await session.exec(delete(table))
            session.add(BrandRow(ref=BRAND, created_at=now))
            await session.flush()
            owner = {"brand_ref": BRAND, "channel": self.account.channel, "external_id": self.account.external_id}
            session.add(AccountRow(id=self.account.id, handle="h", status="connected", sealed=b"", **owner, **times))
            content = ContentRow(
                id=CONTENT, brand_ref=BRAND, status="queued", scheduled_at=now, publish_by=now + WINDOW, **times
            )
            session.add(content)
            await session.flush()
            session.add(
                DraftRow(content_id=CONTENT, draft_version=1, source={}, resolved={self.id: fields}, created_at=now)
            )
            row = PublicationRow(
                id=self.id, content_id=CONTENT, account_id=self.account.id, channel=self.account.channel, place=0,
                status="queued", due_at=now, steps_left=list(steps), lead_seconds=lead, **times,
            )  # fmt: skip
            if handle is not None or lead:
                row.sealed_preparation, row.preparation_draft_version, row.preparation_ready = sealed, 1, True
            session.add(row)

    async def row(self) -> PublicationRow:
        async with self.database.read() as session:
            return await session.get_one(PublicationRow, self.id)

    async def attempts(self) -> Sequence[AttemptRow]:
        async with self.database.read() as session:
            return (await session.exec(select(AttemptRow).order_by(col(AttemptRow.number)))).all()

    async def run(self, until: datetime) -> PublicationRow:
        """Act as the workflow does until nothing is left, or it waits beyond `until` or for a preparation."""
        for _ in range(MANY):
            view = await self.schedule.look(CONTENT, self.clock.now())
            assert view is not None
            (plan,) = view.plans
            at, work = self._work(plan)
            if plan.rests or at is None or at > until:
                return await self.row()
            self._wait_until(at)
            await self._follow(await self._try(work))
        raise AssertionError("it never ends")

    def _work(self, plan: Plan) -> tuple[datetime | None, Callable[[], Awaitable[StepResult]]]:
        """When to act next, and how."""
        now = self.clock.now()
        ref = PublicationRef(publication_id=plan.publication_id, epoch=plan.epoch, draft_version=1)
        if plan.status is S.QUEUED and plan.claimable_at is not None:
            at = max(plan.claimable_at, now)
            claiming = {"claim_at": at, "content_id": CONTENT, "account_id": plan.account_id, "brand_ref": BRAND}
            return at, lambda: self._act(self._publishing.publish, ref.model_copy(update=claiming))
        if plan.status is S.PUBLISHED and plan.has_steps_left:
            return max(plan.step_look_at or now, now), lambda: self._act(self._publishing.finish, ref)
        at = now if plan.status is S.PUBLISHING else plan.next_look_at
        activity = self._publishing.locate if plan.status is S.PUBLISHED else self._reconciling.reconcile
        return at and max(at, now), lambda: self._act(activity, ref)

    async def _follow(self, result: StepResult) -> None:
        """The further steps of one task, as in `workflows.publication`."""
        look_first = False
        while True:
            self.clock.at += result.after
            if result.step not in CONTINUES:
                return
            ref = PublicationRef(publication_id=self.id, epoch=result.epoch, draft_version=1, look_first=look_first)
            step = result.step
            if step is NextStep.LOOK_FIRST:
                step, ref = NextStep.RECONCILE, ref.model_copy(update={"look_first": True})
            activity = {
                NextStep.CHECK: self._publishing.check,
                NextStep.STEP: self._publishing.finish,
                NextStep.RECONCILE: self._reconciling.reconcile,
                NextStep.PUBLISH: self._publishing.publish,
            }[step]
            result = await self._try(lambda activity=activity, ref=ref: self._act(activity, ref))  # type: ignore[misc]

    async def _try(self, work: Callable[[], Awaitable[StepResult]]) -> StepResult:
        """With the retries of Temporal, which only what was certainly not sent has."""
        for _ in range(MANY):
            try:
                return await work()
            except ApplicationError as error:
                self.clock.at += error.next_retry_delay or timedelta(seconds=2)
        raise AssertionError("it is retried without end")

    async def _act(self, activity: Any, ref: PublicationRef) -> StepResult:
        result: StepResult = await self._environment.run(activity, ref)
        return result

    def _wait_until(self, at: datetime) -> None:
        self.clock.at = max(self.clock.at + MOMENT, at)
