"""The visible steps of a post: the post, the later parts of its thread, and a first comment. Pure."""

from __future__ import annotations

from munadi.domain.content import Draft
from munadi.domain.publication import POST

COMMENT, PART = "comment", "part-"


def steps_after(draft: Draft) -> tuple[str, ...]:
    """The steps after the post, in order: `part-2`, `part-3`…, then `comment`."""
    parts = tuple(f"{PART}{number}" for number in range(2, len(draft.parts) + 2))
    return (*parts, COMMENT) if draft.first_comment else parts


def parent_of(step: str) -> str:
    """The step that a reply answers: the part before it, or the post."""
    number = int(step.removeprefix(PART)) if step.startswith(PART) else 2
    return POST if number <= 2 else f"{PART}{number - 1}"


def text_of(draft: Draft, step: str) -> str | None:
    """The text of one step; None for a step that the draft does not have."""
    known = {POST: draft.text, COMMENT: draft.first_comment}
    known.update({f"{PART}{number}": part for number, part in enumerate(draft.parts, 2)})
    return known.get(step)
