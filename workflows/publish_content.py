"""`PublishContent`: one post, from accepted to its end. Each run takes the plan that came with its start, or reads it.

The database has the state; this workflow only decides what to do next, and when. It may be started, signalled,
terminated and started again at any moment; at most one run is open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.contents import ContentActivities
    from activities.messages import EARLY, ContentRef, OperatorCommand
    from munadi.domain.ids import content_id_of
    from munadi.domain.publication import PublicationStatus
    from munadi.domain.publishing import Claimed, NextStep, Plan, Start, StepResult, View
    from workflows import publication
    from workflows.attributes import ATTENTION
    from workflows.delivery_trigger import DeliveryTrigger
    from workflows.details import attention_of, describe, details
    from workflows.messages import Inbox
    from workflows.options import LOOK, OPERATE, with_summary

S = PublicationStatus


@workflow.defn(name="PublishContent")
class PublishContent:
    """The workflow of one post. Its id names the post: `content/cnt_…`."""

    @workflow.init
    def __init__(self, start: Start | None = None) -> None:
        # Signals may arrive before `run` begins: everything their handler touches exists from here on.
        self._inbox = Inbox()
        self._deliveries = DeliveryTrigger()
        self._plans: dict[str, Plan] = {}
        self._tasks: dict[str, asyncio.Task[StepResult]] = {}
        self._preparing: dict[str, int] = {}
        self._draft_version = 0
        self._brand_ref = ""
        self._must_look = True
        self._attention: str | None = None
        self._note: str | None = None

    @workflow.run
    async def run(self, start: Start | None = None) -> str:
        """Read, prepare, wait and publish until nothing is left; the result says how the post ended.

        Without a plan in `start`, as when an operator starts it by hand, the plan is read first.
        """
        ref = _own_ref()
        if start is not None and start.view is not None:
            # A signal that came with the start means that the post has changed since.
            self._must_look = self._inbox.woken
            self._take_in(ref, start.view)
        while True:
            await self._operate(ref)
            if self._must_look and not await self._look(ref):
                return "there is no such content"
            self._begin_preparations()
            self._publish_what_is_due(ref)
            if self._at_rest():
                await self._deliveries.rest()
                if self._at_rest():
                    return describe(self._plans.values())
                continue
            await self._wait()
            self._collect_finished()
            if workflow.info().is_continue_as_new_suggested() and not self._tasks and self._inbox.is_empty:
                await self._deliveries.rest()
                workflow.continue_as_new(Start())

    @workflow.signal(dynamic=True)
    def signal(self, name: str, args: Sequence[RawValue]) -> None:
        """`wake`, `cancel`, `reschedule`, `retry`; anything else leaves a refusal in the details. Never raises."""
        refusal = self._inbox.receive(name, args)
        if refusal is not None:
            self._note = f"refused: {refusal}"
            self._show()

    async def _operate(self, ref: ContentRef) -> None:
        """Apply the operators' signals in order; each result is shown in the details."""
        while self._inbox.commands:
            command, argument = self._inbox.commands.popleft()
            result = await workflow.execute_activity_method(
                ContentActivities.operate,
                OperatorCommand(content_id=ref.content_id, command=command, argument=argument),
                **with_summary(OPERATE, f"operator: {command}"),
            )
            self._note = f"{'done' if result.applied else 'refused'}: {result.text}"
            self._must_look = True

    async def _look(self, ref: ContentRef) -> bool:
        """Read the post, and continue what an earlier run left; False when there is no such post."""
        self._must_look = self._inbox.woken = False
        view = await workflow.execute_activity_method(ContentActivities.look, ref, **with_summary(LOOK, "look"))
        if view is None:
            return False
        self._take_in(ref, view)
        return True

    def _take_in(self, ref: ContentRef, view: View) -> None:
        self._draft_version, self._brand_ref = view.draft_version, view.brand_ref
        self._plans = {plan.publication_id: plan for plan in view.plans}
        self._deliveries.post(ref, view.deliveries)
        self._drop_outdated_preparations()
        for plan in view.plans:
            if self._is_unattended(plan):
                self._run_publication(
                    Claimed(
                        publication_id=plan.publication_id,
                        channel=plan.channel,
                        epoch=plan.epoch,
                        draft_version=view.draft_version,
                        mode=_mode_of(plan),
                    )
                )
        self._show()

    def _is_unattended(self, plan: Plan) -> bool:
        """Whether it has work but no task here: publishing, due for a check while unconfirmed, or with steps left."""
        if plan.publication_id in self._tasks:
            return False
        due_look = plan.next_look_at is not None and plan.next_look_at <= workflow.now()
        if plan.status is S.PUBLISHED:
            has_step = plan.has_steps_left and _has_come(plan.step_look_at or workflow.now())
            return has_step or due_look or _has_come(plan.withdrawal_at) or _has_come(plan.edit_at)
        return plan.status is S.PUBLISHING or (plan.status is S.UNCONFIRMED and due_look)

    def _begin_preparations(self) -> None:
        for key, plan in self._plans.items():
            if key not in self._tasks and _has_come(plan.preparable_at):
                self._preparing[key] = self._draft_version
                self._tasks[key] = asyncio.create_task(publication.prepare(plan, self._draft_version))

    def _drop_outdated_preparations(self) -> None:
        """Cancel running preparations that an edit, a cancel or a later time has made pointless."""
        for key, draft_version in list(self._preparing.items()):
            plan = self._plans.get(key)
            if plan is None or plan.prepare_at is None or draft_version != self._draft_version:
                self._tasks.pop(key).cancel()
                del self._preparing[key]

    def _publish_what_is_due(self, ref: ContentRef) -> None:
        """Start `publish` for what is due soon. It claims at the due time, which is the point of no return."""
        for key, plan in self._plans.items():
            at = plan.claimable_at
            if key in self._tasks or at is None or not _has_come(at - EARLY) or _has_come(plan.publish_by):
                continue
            claimed = Claimed(
                publication_id=key,
                channel=plan.channel,
                epoch=plan.epoch,
                draft_version=self._draft_version,
                mode=NextStep.PUBLISH,
                claim_at=at,
                account_id=plan.account_id,
            )
            self._tasks[key] = asyncio.create_task(
                publication.run_publication(claimed, content_id=ref.content_id, brand_ref=self._brand_ref)
            )

    def _run_publication(self, claimed: Claimed) -> None:
        key = claimed.publication_id
        change: dict[str, object] = {"epoch": claimed.epoch, "next_look_at": None, "step_look_at": None}
        if claimed.mode is NextStep.WITHDRAW:
            change["withdrawal_at"] = None
        if claimed.mode is NextStep.EDIT:
            change["edit_at"] = None
        if self._plans[key].status not in (S.UNCONFIRMED, S.PUBLISHED):
            # A check of an unconfirmed publication changes nothing yet: it still needs a person's attention.
            change["status"] = S.PUBLISHING
        self._plans[key] = self._plans[key].model_copy(update=change)
        self._tasks[key] = asyncio.create_task(publication.run_publication(claimed))

    def _at_rest(self) -> bool:
        """Whether everything has ended, no task runs, and no signal waits."""
        quiet = self._inbox.is_empty and not self._must_look and not self._tasks
        return quiet and all(plan.rests for plan in self._plans.values())

    async def _wait(self) -> None:
        """Wait until a task ends, a signal comes, or the next time at which something must happen.

        A post is handed to its activity a little before its due time.
        """

        def something_happened() -> bool:
            return self._must_look or not self._inbox.is_empty or any(task.done() for task in self._tasks.values())

        moments = [
            plan.wants_at - EARLY if plan.wants_at == plan.claimable_at else plan.wants_at
            for key, plan in self._plans.items()
            if key not in self._tasks and plan.wants_at is not None
        ]
        # A timer's clock and ours agree to the millisecond only: never wait for less.
        patience = max(min(moments) - workflow.now(), timedelta(milliseconds=1)) if moments else None
        try:
            await workflow.wait_condition(something_happened, timeout=patience, timeout_summary=self._waits_for())
        except TimeoutError:
            self._must_look = any(_wants_a_look(plan) for plan in self._plans.values())
        self._must_look = self._must_look or self._inbox.woken

    def _waits_for(self) -> str:
        return "waits for " + ", ".join(
            f"{plan.channel} at {plan.wants_at:%Y-%m-%d %H:%M:%SZ}"
            for key, plan in self._plans.items()
            if plan.wants_at is not None and key not in self._tasks
        )

    def _collect_finished(self) -> None:
        """Take in the results of the finished tasks."""
        for key, task in list(self._tasks.items()):
            if not task.done():
                continue
            del self._tasks[key]
            self._preparing.pop(key, None)
            result = task.result()
            self._deliveries.post(ContentRef(content_id=_own_ref().content_id), result.deliveries)
            change: dict[str, object] = {"status": result.status, "epoch": result.epoch}
            if result.step is NextStep.READY:
                change["prepare_at"] = None
            elif result.step is NextStep.DONE:
                change |= {"next_look_at": None, "has_steps_left": False}
            else:
                self._must_look = True
            self._plans[key] = self._plans[key].model_copy(update=change)
            self._show()

    def _show(self) -> None:
        """Show the state in the Web UI; the search attribute changes only when a person should look."""
        plans = list(self._plans.values())
        now = workflow.now()
        workflow.set_current_details(details(plans, now, self._note))
        attention = attention_of(plans, now)
        if attention != self._attention:
            self._attention = attention
            update = ATTENTION.value_set(attention) if attention else ATTENTION.value_unset()
            workflow.upsert_search_attributes([update])


def _own_ref() -> ContentRef:
    try:
        return ContentRef(content_id=content_id_of(workflow.info().workflow_id))
    except ValueError as error:
        raise ApplicationError(str(error), type="WORKFLOW_ID", non_retryable=True) from None


def _mode_of(plan: Plan) -> NextStep:
    """The first step of a publication without a task here."""
    if plan.status is not S.PUBLISHED:
        return NextStep.RECONCILE
    if _has_come(plan.withdrawal_at):
        return NextStep.WITHDRAW
    if _has_come(plan.edit_at):
        return NextStep.EDIT
    return NextStep.STEP if plan.has_steps_left and _has_come(plan.step_look_at or workflow.now()) else NextStep.LOCATE


def _has_come(moment: datetime | None) -> bool:
    return moment is not None and moment <= workflow.now()


def _wants_a_look(plan: Plan) -> bool:
    """Whether the database must be read again: past its window, or unconfirmed and due for a check."""
    if plan.status in (S.UNCONFIRMED, S.PUBLISHED):
        times = (plan.next_look_at, plan.step_look_at, plan.withdrawal_at, plan.edit_at)
        return any(_has_come(at) for at in times)
    return plan.status is S.QUEUED and _has_come(plan.publish_by)
