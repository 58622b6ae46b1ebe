"""The times of a page are all in one zone, that of the brand that the page is about. The header names it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import pass_context
from jinja2.runtime import Context

from api.languages import formats

WITHOUT_A_BRAND = "UTC"


def shared_zone(brands: Iterable[Mapping[str, Any]]) -> str:
    """The IANA zone of brands that have the same one; UTC where they differ, or there is none."""
    zones = {brand["timezone"] or WITHOUT_A_BRAND for brand in brands}
    return str(zones.pop()) if len(zones) == 1 else WITHOUT_A_BRAND


def instant(text: str | datetime | None) -> datetime | None:
    """A time from the API's JSON."""
    return datetime.fromisoformat(text) if isinstance(text, str) else text


@pass_context
def shown_time(context: Context, at: str | datetime, *, exact: bool = False) -> str:
    """An instant in the page's zone: `17 Dec 2026, 14:30`, or with its seconds where they matter."""
    return written(at, context["zone"], exact=exact)


def written(at: str | datetime, zone: str, *, exact: bool = False) -> str:
    """An instant in an IANA zone, for people."""
    here = (datetime.fromisoformat(at) if isinstance(at, str) else at).astimezone(ZoneInfo(zone))
    return (
        f"{formats.day(here, 'd MMM y')}, {here:%H:%M:%S}" if exact else f"{formats.day(here, 'd MMM y')}, {here:%H:%M}"
    )


def local_field(at: str, zone: str) -> str:
    """An instant from the API's JSON as a date-and-time field takes it, in an IANA time zone."""
    return datetime.fromisoformat(at).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def short_day(day: str) -> str:
    """A day as a chart names it: `1 Nov`."""
    return formats.day(date.fromisoformat(day), "d MMM")


def zone_label(zone: str, now: datetime) -> str:
    """A zone and its present distance from UTC: `Asia/Kolkata (UTC+05:30)`."""
    return zone if zone == "UTC" else f"{zone} (UTC{now.astimezone(ZoneInfo(zone)).isoformat()[-6:]})"


def start_of(day: str, zone: str, days_later: int = 0) -> str:
    """The instant at which a day of a form begins in a zone; what is no day is left to the API, which refuses it."""
    try:
        begins = datetime.combine(date.fromisoformat(day) + timedelta(days=days_later), time(), ZoneInfo(zone))
        return begins.astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return day
