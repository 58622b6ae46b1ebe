"""The preparation of a step's publication, saved unless the draft or the epoch has changed."""

from __future__ import annotations

from munadi.domain.publication import Preparation
from munadi.domain.publishing import Step
from munadi.ports import Attempts, Clock, PreparationStore


def preparation_store(
    attempts: Attempts, step: Step, clock: Clock, preparation: Preparation | None
) -> PreparationStore:
    """A store that begins with `preparation`. Saving raises StaleEpoch when another run has taken over."""

    async def write(changed: Preparation) -> None:
        await attempts.save_preparation(step.publication_id, changed, epoch=step.epoch, now=clock.now())

    return PreparationStore(preparation, write, step.draft_version)
