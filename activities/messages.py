"""The inputs of activities: ids, versions, counts. Their results are in `munadi.domain.publishing`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from munadi.domain.model import Passed
from munadi.domain.publication import PublicationStatus
from munadi.domain.publishing import Command, NextStep, Step, StepResult

# Attempts of a call that was certainly not sent, before it becomes a hold on a durable timer: 0, 2, 8, 26 s.
PUBLISH_TRIES = 4
PREPARE_TRIES = 5
# `publish` begins this long before the due time, and waits the rest of it inside: what a burst of posts needs before
# their claims is done by then. Until the claim a post can be changed or canceled.
EARLY = timedelta(seconds=2)


class ContentRef(Passed):
    """Names a post."""

    content_id: str


class AccountRef(Passed):
    """Names a connected account."""

    account_id: str


class PublicationRef(Passed):
    """Names a publication, with the epoch and draft under which this run may act on it."""

    publication_id: str
    epoch: int
    draft_version: int = 0
    # The claim came late without an attempt on record: check the network before the first send.
    look_first: bool = False
    # Claim it first, once this time has come. None: it has been claimed. The rest is set with it.
    claim_at: datetime | None = None
    content_id: str = ""
    account_id: str = ""
    brand_ref: str = ""

    def not_due(self, after: timedelta) -> StepResult:
        """The result for a publication that is not due yet: it stays queued, and the workflow reads it again later."""
        status = PublicationStatus.QUEUED
        return StepResult(
            publication_id=self.publication_id, status=status, step=NextStep.LOOK, epoch=self.epoch, after=after
        )


class OperatorCommand(Passed):
    """An operator's signal, with its input."""

    content_id: str
    command: Command
    argument: Any = None


def read_again(ref: PublicationRef, step: Step | None) -> StepResult:
    """The result for a publication that has changed since the workflow read it: the workflow reads again."""
    status = step.status if step is not None else PublicationStatus.FAILED
    return StepResult(publication_id=ref.publication_id, status=status, step=NextStep.LOOK, epoch=ref.epoch)
