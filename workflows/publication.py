"""The tasks of one publication: prepare it, or bring it from `publishing` to an end.

Each step is an activity that returns the next step; waits are durable timers.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, CancelledError

with workflow.unsafe.imports_passed_through():
    from activities.editing import EditingActivities
    from activities.messages import PublicationRef
    from activities.preparing import PreparingActivities
    from activities.publishing import PublishingActivities
    from activities.reconciling import ReconcilingActivities
    from activities.withdrawing import WithdrawingActivities
    from munadi.domain.channel import ChannelName
    from munadi.domain.publication import PublicationStatus
    from munadi.domain.publishing import Claimed, NextStep, Plan, StepResult
    from workflows.options import CHECK, EDIT, PREPARE, PUBLISH, RECONCILE, STEP, WITHDRAW, with_summary

# The steps after which the same task takes another one.
CONTINUES = frozenset({NextStep.PUBLISH, NextStep.CHECK, NextStep.RECONCILE, NextStep.STEP, NextStep.LOOK_FIRST})


async def prepare(plan: Plan, draft_version: int) -> StepResult:
    """Do the invisible step part by part until only the visible call is left."""
    ref = PublicationRef(publication_id=plan.publication_id, epoch=plan.epoch, draft_version=draft_version)
    while True:
        try:
            result = await workflow.execute_activity_method(
                PreparingActivities.prepare, ref, **with_summary(PREPARE, f"prepare {plan.channel}")
            )
        except ActivityError as error:
            if isinstance(error.cause, CancelledError):
                raise asyncio.CancelledError from None
            # It timed out, or failed too often for an internal reason: read again, and continue from the saved handle.
            result = StepResult(
                publication_id=plan.publication_id,
                status=PublicationStatus.QUEUED,
                step=NextStep.LOOK,
                epoch=plan.epoch,
                after=timedelta(seconds=15),
            )
        if result.step is not NextStep.AGAIN:
            if result.after:
                await workflow.sleep(result.after, summary=f"{plan.channel}: before preparing again")
            return result
        await workflow.sleep(result.after, summary=f"{plan.channel}: being processed by the network")


async def run_publication(claimed: Claimed, *, content_id: str = "", brand_ref: str = "") -> StepResult:
    """Take a claimed or due publication to published, failed, unconfirmed or back to queued.

    The visible call is made at most once.
    """
    step = claimed.mode
    ref = PublicationRef(
        publication_id=claimed.publication_id,
        epoch=claimed.epoch,
        draft_version=claimed.draft_version,
        claim_at=claimed.claim_at,
        content_id=content_id,
        account_id=claimed.account_id,
        brand_ref=brand_ref,
    )
    while True:
        if step is NextStep.LOOK_FIRST:
            step, ref = NextStep.RECONCILE, ref.model_copy(update={"look_first": True})
        result = await _take(step, ref, claimed.channel)
        if result.after:
            await workflow.sleep(result.after, summary=f"{claimed.channel}: before the next look")
        if result.step not in CONTINUES:
            return result
        step = result.step
        ref = PublicationRef(
            publication_id=claimed.publication_id, epoch=result.epoch, draft_version=claimed.draft_version
        )


async def _take(step: NextStep, ref: PublicationRef, channel: ChannelName) -> StepResult:
    if step is NextStep.CHECK:
        return await workflow.execute_activity_method(
            PublishingActivities.check, ref, **with_summary(CHECK, f"check {channel}")
        )
    if step is NextStep.LOCATE:
        return await workflow.execute_activity_method(
            PublishingActivities.locate, ref, **with_summary(CHECK, f"read the id of the post at {channel}")
        )
    if step is NextStep.STEP:
        return await workflow.execute_activity_method(
            PublishingActivities.finish, ref, **with_summary(STEP, f"next step at {channel}")
        )
    if step is NextStep.WITHDRAW:
        return await workflow.execute_activity_method(
            WithdrawingActivities.withdraw, ref, **with_summary(WITHDRAW, f"withdraw from {channel}")
        )
    if step is NextStep.EDIT:
        return await workflow.execute_activity_method(
            EditingActivities.edit, ref, **with_summary(EDIT, f"edit at {channel}")
        )
    if step is NextStep.RECONCILE:
        return await workflow.execute_activity_method(
            ReconcilingActivities.reconcile, ref, **with_summary(RECONCILE, f"check {channel} for the post")
        )
    try:
        return await workflow.execute_activity_method(
            PublishingActivities.publish, ref, **with_summary(PUBLISH, f"publish to {channel}")
        )
    except ActivityError as error:
        if isinstance(error.cause, CancelledError):
            raise asyncio.CancelledError from None
        # The worker died, or something failed around the call: only a check of the network shows the outcome.
        return StepResult(
            publication_id=ref.publication_id,
            status=PublicationStatus.PUBLISHING,
            step=NextStep.RECONCILE,
            epoch=ref.epoch,
        )
