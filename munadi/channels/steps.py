"""The visible steps of a post: the post, the later parts of its thread, and a first comment. Pure."""

from __future__ import annotations

from datetime import timedelta

from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import POST

COMMENT, PART = "comment", "part-"
# Before the network is read again for the post that a step answers.
PARENT_WAIT = timedelta(seconds=5)


def steps_after(draft: Draft) -> tuple[str, ...]:
    """The steps after the post, in order: `part-2`, `part-3`…, then `comment`."""
    parts = tuple(f"{PART}{number}" for number in range(2, len(draft.parts) + 2))
    return (*parts, COMMENT) if draft.first_comment else parts


def texts_of(draft: Draft) -> list[tuple[str, str]]:
    """The texts of the post and of its later parts, with their pointers."""
    return [("/text", draft.text), *((f"/parts/{index}", part) for index, part in enumerate(draft.parts))]


def parent_of(step: str) -> str:
    """The step that a reply answers: the part before it, or the post."""
    number = int(step.removeprefix(PART)) if step.startswith(PART) else 2
    return POST if number <= 2 else f"{PART}{number - 1}"


def text_of(draft: Draft, step: str) -> str | None:
    """The text of one step; None for a step that the draft does not have."""
    known = {POST: draft.text, COMMENT: draft.first_comment}
    known.update({f"{PART}{number}": part for number, part in enumerate(draft.parts, 2)})
    return known.get(step)


def parent_unknown(title: str, step: str) -> ChannelError:
    """Why a reply is not sent yet: the id of the post that it answers is not known."""
    message = f"{title}: {step} answers {parent_of(step)}, whose id is not known yet"
    return ChannelError(Reason.PROVIDER_OUTAGE, Effect.NOT_SENT, message, "PARENT_UNKNOWN", retry_after=PARENT_WAIT)


def no_such_step(title: str, step: str) -> ChannelError:
    """A step that the post does not have."""
    return ChannelError(Reason.INTERNAL_ERROR, Effect.NOT_SENT, f"{title}: this post has no step {step!r}")
