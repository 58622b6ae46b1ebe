"""The handle of a step's publication, saved unless the draft or the epoch has changed."""

from __future__ import annotations

from munadi.domain.publication import Handle
from munadi.domain.publishing import Step
from munadi.ports import Attempts, Clock, HandleStore


def handle_store(attempts: Attempts, step: Step, clock: Clock, handle: Handle | None) -> HandleStore:
    """A store that begins with `handle`. Saving raises StaleEpoch when another run has taken over."""

    async def write(changed: Handle) -> None:
        await attempts.save_handle(step.publication_id, changed, epoch=step.epoch, now=clock.now())

    return HandleStore(handle, write, step.draft_version)
