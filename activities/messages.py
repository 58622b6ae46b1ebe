"""What a workflow hands to an activity: ids, versions, counts. The answers are in `munadi.publishing.model`."""

from __future__ import annotations

from typing import Any

from munadi.domain.model import Model
from munadi.domain.publication import PublicationStatus
from munadi.publishing.model import Command, NextStep, Step, StepResult

# Tries of a call that certainly was not sent, before it becomes a hold on a durable timer: 0, 2, 8, 26 s.
PUBLISH_TRIES = 4
PREPARE_TRIES = 5


class ContentRef(Model):
    """A content."""

    content_id: str


class AccountRef(Model):
    """A connected profile."""

    account_id: str


class PublicationRef(Model):
    """A publication, with the epoch and draft under which this run may act on it."""

    publication_id: str
    epoch: int
    draft_version: int = 0
    # The claim came late with nothing on record: look before the first send.
    look_first: bool = False


class OperatorCommand(Model):
    """A signal of an operator, with its input."""

    content_id: str
    command: Command
    argument: Any = None


class DeliveryRef(Model):
    """One event on its way to one endpoint."""

    delivery_id: str


def read_again(ref: PublicationRef, step: Step | None) -> StepResult:
    """The publication has changed since the workflow read it: the workflow must read the database again."""
    status = step.status if step is not None else PublicationStatus.FAILED
    return StepResult(publication_id=ref.publication_id, status=status, step=NextStep.LOOK, epoch=ref.epoch)
