"""What each tool answers as data (`structuredContent`), for clients that read it by a schema.

Open on purpose: a newer API may add fields and statuses, and a client refuses an answer that breaks the schema. So
only what every version answers is named, and a status is a text.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Cursor = Annotated[str | None, Field(description="Give it as `cursor` to continue; null at the end.")]
NextStep = Annotated[str, Field(description="What to do next.")]


class Output(BaseModel):
    """The base of every tool's answer."""

    model_config = ConfigDict(extra="allow", alias_generator=to_camel)


class Violation(Output):
    """A broken rule of the request."""

    pointer: str | None = Field(description="JSON pointer to the argument.")
    code: str | None
    message: str | None
    remedy: Annotated[str | None, Field(description="What to do.")] = None


class Notice(Output):
    """Something that is accepted, and that a reader should know."""

    code: str
    message: str


class FailureOutput(Output):
    """Why a network did not publish."""

    reason: str
    retryable: str = Field(description="Whether a retry can help.")
    message: str
    remedy: str = Field(description="What to do.")


class PublicationOutput(Output):
    """A post at one account."""

    id: str
    channel: str
    status: str
    provider_url: str | None = Field(description="The published post's address.")
    failure: FailureOutput | None


class ContentOutput(Output):
    """A post as Munadi stored it."""

    id: str
    brand_ref: str
    status: str = Field(description='Only "published" means that every network published it.')
    scheduled_at: str
    version: int
    publications: list[PublicationOutput]
    warnings: list[Notice]


class ContentAnswer(Output):
    """A post and what to do next."""

    content: ContentOutput
    ended: bool = Field(description="Nothing more happens by itself.")
    next_step: NextStep
    idempotency_key: Annotated[str | None, Field(description="Of publish.")] = None
    replayed: Annotated[bool | None, Field(description="Of publish: an earlier call created this post.")] = None
    timed_out: Annotated[bool | None, Field(description="Of wait: it has not ended yet.")] = None


class ValidationAnswer(Output):
    """Whether a post would be accepted."""

    valid: bool
    problems: list[Violation]
    warnings: list[Notice]


class DraftOutput(Output):
    """A draft with the result of its last check."""

    id: str
    brand_ref: str
    version: int = Field(description="Counts changes; update_post_draft and submit_post_draft take it.")
    content: dict[str, Any] = Field(description="The post as far as it was written.")
    valid: bool = Field(description="Whether it could be submitted when it was checked.")
    problems: list[Violation]
    warnings: list[Notice]


class DraftAnswer(Output):
    """A draft and what to do next."""

    draft: DraftOutput
    next_step: NextStep


class DraftPage(Output):
    """A page of drafts, the newest first."""

    data: list[DraftOutput]
    next_cursor: Cursor


class Page(Output):
    """A page of a list."""

    data: list[dict[str, Any]]
    next_cursor: Cursor


class EventPage(Output):
    """Events in the order of the log."""

    data: list[dict[str, Any]]
    next_after: int = Field(description="Give it as `after` to continue.")
    more: bool


class MediaOutput(Output):
    """A file that posts can use."""

    id: str = Field(description='For media: [{"id": …}].')


class ChannelOutput(Output):
    """A network's limits and rules."""

    options: dict[str, Any] | None = Field(description="The JSON Schema of its options.")
