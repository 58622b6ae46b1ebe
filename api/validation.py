"""What accepting a content would say: problems, warnings, what each publication would show, how long its texts are."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from munadi.domain.channel import TextLength
from munadi.domain.content import Draft
from munadi.domain.model import WireModel
from munadi.domain.problem import MAX_PROBLEMS, Problem
from munadi.domain.publication import Warning_
from munadi.intake.check import rooted
from munadi.intake.drafts import PlacedDraft


class DraftView(Draft):
    """What one publication would show."""

    channel: str
    account_id: str


class LengthView(TextLength):
    """How long a text is by one limit of its network, counted as that network counts."""

    channel: str
    account_id: str | None


class Validation(WireModel):
    """What accepting a content would say."""

    valid: bool
    problems: tuple[Problem, ...] = Field(description=f"The first {MAX_PROBLEMS} at most.")
    more_problems: int = Field(0, description="How many further problems there are, which are not listed.")
    warnings: tuple[Warning_, ...] = Field(
        description="What is accepted and will not look or go as written, beside problems too: docs/warnings.md."
    )
    publications: tuple[DraftView, ...] = Field(
        description="What would be shown, beside problems too; without those whose account is not known."
    )
    lengths: tuple[LengthView, ...] = Field(
        description="Every text by every limit, with a pointer into the request: what a character counter shows."
    )


def validation_of(
    placed: Sequence[PlacedDraft], warnings: Sequence[Warning_], problems: Sequence[Problem] = (), more: int = 0
) -> Validation:
    """What was found of a request as answered; `more` problems are only counted."""
    return Validation(
        valid=not problems,
        problems=tuple(problems[:MAX_PROBLEMS]),
        more_problems=max(0, len(problems) - MAX_PROBLEMS) + more,
        warnings=tuple(warnings),
        publications=tuple(
            DraftView(
                **each.draft.model_dump(by_alias=False),
                channel=each.target.channel.spec.name.value,
                account_id=each.target.account_id,
            )
            for each in placed
            if each.target.row is not None
        ),
        lengths=tuple(view for each in placed for view in _lengths(each)),
    )


def _lengths(placed: PlacedDraft) -> list[LengthView]:
    target = placed.target
    return [
        LengthView(
            **{**each.model_dump(by_alias=False), "pointer": rooted(each.pointer, placed)},
            channel=target.channel.spec.name.value,
            account_id=target.row.id if target.row else None,
        )
        for each in target.channel.lengths(placed.draft)
    ]
