"""The request bodies about series, and what an occurrence of one sends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from munadi.domain.content import ClientRef, StoredFields, Time, Zone
from munadi.domain.problem import Problem, ProblemsFound
from munadi.domain.problem_collector import ProblemCollector
from munadi.domain.time import iso_time, resolve_instant, resolve_zone
from munadi.intake.links import Link
from munadi.intake.recurrence import MAX_LENGTH, Due, Recurrence
from munadi.intake.requests import (
    MAX_CHANNELS,
    ChannelOrName,
    ChannelRequest,
    ContentRequest,
    Id,
    Media,
    RequestBody,
    Text,
)

MAX_VARIANTS = 50
Rule = Annotated[str, Field(max_length=MAX_LENGTH, examples=["FREQ=WEEKLY;BYDAY=MO,TH"])]
Variants = Annotated[list[Text], Field(max_length=MAX_VARIANTS)]


class SeriesContent(RequestBody, StoredFields):
    """What each occurrence publishes: a post without its times."""

    text: Text | None = Field(None, description="The text of the post; each network has its own limit.")
    media: Media | None = Field(None, description="Files by their `id`, which are kept while the series needs them.")
    link: Link | None = Field(None, description="Shown as a preview where the network has link posts, else appended.")
    channels: list[ChannelOrName] = Field(
        min_length=1, max_length=MAX_CHANNELS, description="Where to publish, as in a post."
    )
    client_ref: ClientRef | None = Field(None, description="Your own id, which every occurrence has.")


class SeriesRequest(RequestBody):
    """A post that comes again."""

    brand_ref: Id = Field(description="The brand that publishes.")
    rrule: Rule = Field(description="How it comes again, as in RFC 5545: by days, weeks, months or years.")
    start: Time = Field(
        description="The first possible date, and the time of day of each: local in `timezone`, or with an offset."
    )
    timezone: Zone = Field(description="An IANA zone, such as Asia/Kolkata. The time of day there stays the same.")
    content: SeriesContent = Field(description="What each occurrence publishes.")
    variants: Variants | None = Field(
        None, description="Texts that occurrences have in turn, in place of the content's. Null: none."
    )


class SeriesEdit(RequestBody):
    """Changes to a series: what is absent stays. Occurrences that are not published yet follow."""

    rrule: Rule | None = Field(None, description="How it comes again, as in RFC 5545.")
    start: Time | None = Field(None, description="The first possible date, and the time of day of each.")
    timezone: Zone | None = Field(None, description="An IANA zone.")
    content: SeriesContent | None = Field(None, description="What each occurrence publishes; it replaces the whole.")
    variants: Variants | None = Field(None, description="Texts that occurrences have in turn; null removes them.")


class OccurrenceRequest(ContentRequest):
    """The request for one occurrence. No client sends it."""

    series_id: str
    occurrence: date


@dataclass(frozen=True)
class SeriesPlan:
    """A series as it is checked and made: its rule, and what its occurrences send."""

    series_id: str
    brand_ref: str
    rule: Recurrence
    content: dict[str, Any]
    variants: Sequence[str]

    def request(self, due: Due, following: datetime | None) -> OccurrenceRequest:
        """The request for one date. It ends when the next one is due, so that an outage leaves one to publish."""
        text = {"text": self.variants[due.number % len(self.variants)]} if self.variants else {}
        at = due.at.astimezone(self.rule.zone).isoformat()
        sent = self.content | text | {"brandRef": self.brand_ref, "scheduledAt": at, "timezone": self.rule.zone.key}
        if following is not None and (following - due.at).days < 1:
            sent["publishBy"] = following.isoformat()
        own = {"seriesId": self.series_id, "occurrence": due.on}
        return OccurrenceRequest.model_validate(sent | own)


def read_rule(rrule: str, start: str, timezone: str, problems: ProblemCollector) -> tuple[Recurrence, datetime] | None:
    """The rule of a series and its local start; None, with problems, where it cannot be read."""
    try:
        zone = resolve_zone(timezone)
        local = resolve_instant(start, timezone=timezone, pointer="/start").astimezone(zone).replace(tzinfo=None)
    except ProblemsFound as error:
        problems.extend(error.problems)
        return None
    given = iso_time(start)
    local = local if given.tzinfo else given.replace(fold=0)
    if local.second or local.microsecond:
        problems.add("/start", "TIME_FORMAT", "give whole minutes")
        return None
    rule = Recurrence.read(rrule, local, zone, problems)
    return None if rule is None else (rule, local)


def by_id_only(content: SeriesContent) -> Iterator[Problem]:
    """A problem for each file that is not uploaded yet: its address may show something else later."""
    places: list[tuple[str, SeriesContent | ChannelRequest]] = [
        ("/content", content),
        *((f"/content/channels/{n}", each) for n, each in enumerate(content.channels)),
    ]
    for root, part in places:
        for index, each in enumerate(part.media or ()):
            if each.id is None:
                message = "upload the file first, and name it by its id: each occurrence needs it"
                yield Problem(
                    pointer=f"{root}/media/{index}/url", code="MEDIA_NEEDS_ID", message=message, rule="media_needs_id"
                )
