"""A series: a post that comes again by a rule. Each occurrence is an ordinary post."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from munadi.domain.model import BrandOf, CreatedAt, UniqueId, UpdatedAt, WireModel
from munadi.domain.problem import Problem


class SeriesStatus(StrEnum):
    """Whether occurrences are still made."""

    ACTIVE = "active"
    ENDED = "ended"


class SeriesEnd(StrEnum):
    """Why a series ended: its rule has no further occurrence, or somebody stopped it."""

    FINISHED = "finished"
    STOPPED = "stopped"


class Occurrence(WireModel):
    """A date on which a series publishes."""

    occurrence: date = Field(description="The date on clocks of the series' time zone.")
    at: datetime = Field(description="When it is due by the rule.")
    content_id: str | None = Field(description="Its post; null: it is not made yet.")


class SeriesView(WireModel):
    """A series as the API returns it."""

    id: UniqueId
    brand_ref: BrandOf
    status: SeriesStatus = Field(description="`active`, or `ended`: nothing more is made.")
    rrule: str = Field(description="The rule, as in RFC 5545.")
    start: str = Field(description="The first possible date, and the time of day of every occurrence; local.")
    timezone: str = Field(description="The IANA time zone of the dates and the time.")
    content: dict[str, Any] = Field(description="What each occurrence publishes, as it was sent.")
    variants: tuple[str, ...] = Field(description="Texts that occurrences have in turn, in place of the content's.")
    upcoming: tuple[Occurrence, ...] = Field(description="The next dates, at most ten.")
    missed: int = Field(
        description="How many dates passed without a post, because no worker ran or the post was refused until then."
    )
    problems: tuple[Problem, ...] = Field(
        description="Why the next occurrence cannot be made as things stand; it is tried again until its time."
    )
    version: int = Field(description="Counts every change of the series.")
    created_at: CreatedAt
    updated_at: UpdatedAt
    ended_at: datetime | None = Field(description="When it ended; null while it goes on.")
    ended_as: SeriesEnd | None = Field(description="Why it ended.")
