"""Writes calendars that other programs subscribe to (iCalendar, RFC 5545).

Rule: text is escaped (section 3.3.11), and every line is folded at 75 octets between two characters (section 3.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ConfigDict, Field

from munadi.domain.model import BrandOf, CreatedAt, UniqueId, WireModel

PRODUCT = "-//Munadi//Munadi//EN"
# A post has no length; programs draw an entry that can be read.
_SHOWN_AS = timedelta(minutes=15)
_LONGEST_LINE = 75
# Control characters have no place in text (section 3.3.11); a tab has.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ESCAPED = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}


@dataclass(frozen=True)
class Entry:
    """One post. `state` is TENTATIVE, CONFIRMED or CANCELLED; `version` grows with every change."""

    id: str
    at: datetime
    changed_at: datetime
    version: int
    title: str
    description: str
    url: str
    state: str


def write_calendar(name: str, timezone: str, entries: Iterable[Entry]) -> bytes:
    """A whole calendar in UTF-8. `timezone` is only for display: every time is in UTC."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escape(name)}",
        f"X-WR-TIMEZONE:{escape(timezone)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
        "X-PUBLISHED-TTL:PT15M",
    ]
    for entry in entries:
        lines += _entry(entry)
    lines.append("END:VCALENDAR")
    return b"".join(part + b"\r\n" for line in lines for part in fold(line))


def _entry(entry: Entry) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{escape(entry.id)}",
        f"DTSTAMP:{instant(entry.changed_at)}",
        f"DTSTART:{instant(entry.at)}",
        f"DTEND:{instant(entry.at + _SHOWN_AS)}",
        f"SEQUENCE:{entry.version}",
        f"LAST-MODIFIED:{instant(entry.changed_at)}",
        f"SUMMARY:{escape(entry.title)}",
        f"DESCRIPTION:{escape(entry.description)}",
        f"URL:{_CONTROLS.sub('', entry.url)}",
        f"STATUS:{entry.state}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def instant(at: datetime) -> str:
    """A time in UTC, such as `20270115T033000Z`."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def escape(text: str) -> str:
    """A value of type TEXT."""
    lines = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(_ESCAPED.get(character, character) for character in lines)


def fold(line: str) -> Iterator[bytes]:
    """The line's parts of at most 75 octets. Every part but the first begins with a space, which readers remove."""
    part = b""
    for character in line:
        more = character.encode()
        if len(part) + len(more) > _LONGEST_LINE:
            yield part
            part = b" "
        part += more
    yield part


FEED: dict[str, Any] = {
    "id": "cal_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "brandRef": "acme",
    "createdByKey": "key_01kf2v6s3tf0d8m7s0a3x9y5hr",
    "endsAt": "2027-07-14T10:00:00Z",
    "createdAt": "2027-01-14T10:00:00Z",
}
FEED_WITH_URL: dict[str, Any] = {**FEED, "url": "https://munadi.acme.example/feeds/….ics"}


class CalendarFeed(WireModel):
    """A secret address of a brand's calendar, without the address. It ends with the key that made it."""

    model_config = ConfigDict(json_schema_extra={"examples": [FEED]})

    id: UniqueId
    brand_ref: BrandOf
    created_by_key: str | None = Field(description="The id of the API key that made it; null: made before 0.3.0.")
    ends_at: datetime | None = Field(description="When it ends, or has ended, with that key; null: no end is set.")
    created_at: CreatedAt


class CalendarFeedWithUrl(CalendarFeed):
    """The response to a creation, the only one that shows the address."""

    model_config = ConfigDict(json_schema_extra={"examples": [FEED_WITH_URL]})

    url: str = Field(description="Whoever has it can read the brand's posts. It cannot be shown again.")
