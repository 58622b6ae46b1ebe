"""The result of validating a post: problems, warnings, what each publication would show, how long its texts are."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from munadi.domain.channel import TextLength
from munadi.domain.content import Draft
from munadi.domain.model import ChannelOf, WireModel
from munadi.domain.problem import MAX_PROBLEMS, Problem
from munadi.domain.publication import Warning_
from munadi.intake.drafts import PlacedDraft, checked_once


class DraftView(Draft):
    """What one publication would show."""

    channel: ChannelOf
    account_id: str = Field(description="The account that would publish.")


class LengthView(TextLength):
    """The length of a text by one limit of its network, counted as that network counts."""

    channel: ChannelOf
    account_id: str | None = Field(description="The account, or null if none is known.")


class Validation(WireModel):
    """The result of validating a post."""

    valid: bool = Field(description="Whether it could be submitted as it is.")
    problems: tuple[Problem, ...] = Field(description=f"The first {MAX_PROBLEMS} at most.")
    more_problems: int = Field(0, description="How many further problems there are, which are not listed.")
    warnings: tuple[Warning_, ...] = Field(
        description="What a network will show or publish differently, listed beside problems too: docs/warnings.md."
    )
    publications: tuple[DraftView, ...] = Field(
        description="What each publication would show, also listed beside problems; without those of unknown accounts."
    )
    lengths: tuple[LengthView, ...] = Field(
        description="Every text measured against every limit, with a pointer into the request, for a character "
        "counter. Of a text that is far too long the code points are counted."
    )


def validation_of(
    placed: Sequence[PlacedDraft], warnings: Sequence[Warning_], problems: Sequence[Problem] = (), more: int = 0
) -> Validation:
    """The result from drafts, warnings and problems. `more` problems are only counted."""
    placed = checked_once(placed)
    return Validation(
        valid=not problems,
        problems=tuple(problems[:MAX_PROBLEMS]),
        more_problems=max(0, len(problems) - MAX_PROBLEMS) + more,
        warnings=tuple(warnings),
        publications=tuple(
            DraftView(
                **each.draft.model_dump(by_alias=False),
                channel=each.target.channel.spec.name.value,
                account_id=row.id,
            )
            for each in placed
            if (row := each.target.row) is not None
        ),
        lengths=tuple(view for each in placed for view in _lengths(each)),
    )


def _lengths(placed: PlacedDraft) -> list[LengthView]:
    target = placed.target
    return [
        LengthView(
            **{**each.model_dump(by_alias=False), "pointer": placed.pointer(each.pointer)},
            channel=target.channel.spec.name.value,
            account_id=target.row.id if target.row else None,
        )
        for each in target.channel.lengths(placed.draft, target.account)
    ]
