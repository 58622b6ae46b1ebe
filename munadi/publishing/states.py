"""The transitions of a publication, the status of a post, and the workflow's next step.

Everything here is pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from munadi.domain.content import ContentStatus
from munadi.domain.publication import ENDED, PublicationStatus
from munadi.domain.publishing import NextStep

S = PublicationStatus

# All transitions. Every transaction that changes a status checks it against this table.
TRANSITIONS: dict[PublicationStatus, frozenset[PublicationStatus]] = {
    S.ACCEPTED: frozenset({S.QUEUED, S.CANCELED, S.FAILED}),
    S.QUEUED: frozenset({S.PUBLISHING, S.CANCELED, S.FAILED}),
    S.PUBLISHING: frozenset({S.PUBLISHED, S.FAILED, S.UNCONFIRMED, S.QUEUED}),
    S.UNCONFIRMED: frozenset({S.PUBLISHED, S.FAILED, S.QUEUED}),
    S.FAILED: frozenset({S.QUEUED}),
    S.PUBLISHED: frozenset(),
    S.CANCELED: frozenset(),
}


class IllegalTransition(Exception):
    """A status change that the table does not allow. It is a bug, never a business outcome."""


class ChangeRefused(Exception):
    """The state of the post does not allow this change. `code` is stable, the text says why."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def check_transition(before: PublicationStatus, after: PublicationStatus) -> None:
    """Raise IllegalTransition unless the transition is in the table."""
    if after not in TRANSITIONS[before]:
        raise IllegalTransition(f"a publication cannot go from {before} to {after}")


def roll_up(statuses: Iterable[PublicationStatus]) -> ContentStatus:
    """The status of a post from those of its publications; unconfirmed counts as ended."""
    given = list(statuses)
    if not given:
        raise ValueError("a content has at least one publication")
    ended = [status in ENDED for status in given]
    if S.PUBLISHING in given or (any(ended) and not all(ended)):
        return ContentStatus.PUBLISHING
    if not any(ended):
        return ContentStatus.ACCEPTED if all(s is S.ACCEPTED for s in given) else ContentStatus.QUEUED
    if S.UNCONFIRMED in given:
        return ContentStatus.UNCONFIRMED
    if all(status is S.PUBLISHED for status in given):
        return ContentStatus.PUBLISHED
    if S.PUBLISHED in given:
        return ContentStatus.PARTIALLY_PUBLISHED
    return ContentStatus.FAILED if S.FAILED in given else ContentStatus.CANCELED


def next_step_of(
    status: PublicationStatus,
    *,
    steps_left: bool,
    next_look_at: datetime | None,
    step_look_at: datetime | None = None,
) -> NextStep:
    """What the workflow does next with a publication in this state."""
    if status is S.PUBLISHED and steps_left and step_look_at is None:
        return NextStep.STEP
    if status is S.PUBLISHED and (steps_left or next_look_at is not None):
        return NextStep.LOOK
    return NextStep.DONE if status in ENDED - {S.UNCONFIRMED} else NextStep.LOOK
