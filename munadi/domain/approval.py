"""The approval of a post: which draft of it may be published, and what a person or a program decided about it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from munadi.domain.model import WireModel

MAX_NOTE = 2_000
Note = Annotated[str, Field(min_length=1, max_length=MAX_NOTE)]
# The approved draft of a post that needs an approval and has none. Drafts are numbered from 1.
NO_DRAFT = 0


class ApprovalStatus(StrEnum):
    """What was decided about a post that needs an approval."""

    REQUESTED = "requested"
    GRANTED = "granted"
    DECLINED = "declined"


class Proposed(StrEnum):
    """The last decision about a post that waits for an approval."""

    REQUESTED = "requested"
    DECLINED = "declined"


class Approval(WireModel):
    """The approval of a post, or what became of the request for it."""

    status: ApprovalStatus = Field(description="`granted` publishes it; the others let it wait.")
    version: int = Field(description="The version of the post that this is about.")
    by: str | None = Field(
        description="The API key or review link that asked or decided. Null: a command on the server."
    )
    note: str | None = Field(description="The words of who decided; null without any.")
    at: datetime = Field(description="When it was asked for or decided.")


def lacks_approval(approved_draft: int | None, draft_version: int) -> bool:
    """Whether a post must not be published as it is. `approved_draft`: the only draft that may be; None: any."""
    return approved_draft is not None and approved_draft != draft_version
