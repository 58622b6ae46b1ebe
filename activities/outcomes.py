"""Building the answers that activities on one publication give to the workflow."""

from __future__ import annotations

from datetime import timedelta

from munadi.domain.publication import PublicationStatus
from munadi.publishing.model import NextStep, Settled, StepResult, Work

S = PublicationStatus
_OVER = frozenset({S.PUBLISHED, S.FAILED, S.CANCELED})


def look_again(publication_id: str, epoch: int, work: Work | None) -> StepResult:
    """The world moved on: the workflow must look."""
    status = work.status if work is not None else S.FAILED
    return StepResult(publication_id=publication_id, status=status, step=NextStep.LOOK, epoch=epoch)


def next_step(work: Work, step: NextStep, after: timedelta = timedelta(0), deliveries: int = 0) -> StepResult:
    """The same publication, unchanged in status, goes on with `step` after a while."""
    return StepResult(
        publication_id=work.publication_id,
        status=work.status,
        step=step,
        epoch=work.epoch,
        after=after,
        deliveries=deliveries,
    )


def _after(settled: Settled) -> NextStep:
    if settled.status is S.PUBLISHED and settled.stages_left:
        return NextStep.STAGE
    if settled.status is S.PUBLISHED and settled.next_look_at is not None:
        return NextStep.LOOK
    return NextStep.DONE if settled.status in _OVER else NextStep.LOOK


def settled_as(publication_id: str, settled: Settled) -> StepResult:
    """Ended for good → done; anything else → the workflow looks at what is true now."""
    return StepResult(
        publication_id=publication_id,
        status=settled.status,
        step=_after(settled),
        epoch=settled.epoch,
        next_look_at=settled.next_look_at,
        deliveries=settled.deliveries,
    )
