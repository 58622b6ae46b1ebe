"""What became of publications, day by day, and how late they were. Pure.

Lateness is counted in steps, so that one statement answers for any number of publications. A percentile is therefore
the upper bound of its step: half of all were published within `p50Ms` after their time, at the latest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import ceil
from typing import Annotated

from pydantic import Field

from munadi.domain.model import ChannelOf, WireModel

# Upper bounds in milliseconds. The last is the latest that a publication can be, as it is stored (25 days).
STEPS = (
    10, 25, 50, 100, 250, 500, 1_000, 2_000, 3_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000,
    1_800_000, 3_600_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 172_800_000, 604_800_000, 2**31 - 1,
)  # fmt: skip
DAYS = 30
MOST_DAYS = 92


class Outcomes(WireModel):
    """How many publications were published and failed, and how late. Null: none was published by itself."""

    published: int = Field(description="How many are live at their network.")
    failed: int = Field(description="How many failed.")
    p50_ms: int | None = Field(
        description="Half of them were published within this many milliseconds after their time."
    )
    p99_ms: int | None = Field(description="99 of 100 were published within this many milliseconds after their time.")


class DayOutcomes(Outcomes):
    """The publications that were due on one day, in UTC."""

    date: Annotated[date, Field(description="The day, in the calendar's time zone.")]


class ChannelInsights(Outcomes):
    """One network: all days together, and each of them, also those without a publication."""

    channel: ChannelOf
    days: tuple[DayOutcomes, ...] = Field(description="Every day of the range, in order.")


class Insights(WireModel):
    """What became of the publications that were due from one day to another, in UTC, both included. Networks without
    any are missing. `brandRef` null: every brand that the key may see."""

    brand_ref: str | None = Field(description="The brand it belongs to.")
    since: date = Field(description="From this time on.")
    until: date = Field(description="Up to this time, without it. Null: up to now.")
    channels: tuple[ChannelInsights, ...] = Field(description="Only events about these networks; empty: all.")


@dataclass
class Tally:
    """Counts of publications. `steps`: the published ones by the step of their lateness, where it is known."""

    published: int = 0
    failed: int = 0
    steps: Counter[int] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Count another tally's publications too."""
        self.published += other.published
        self.failed += other.failed
        self.steps.update(other.steps)

    def percentile(self, percent: int) -> int | None:
        """The upper bound, in milliseconds, of the step in which that share of all is reached."""
        rank = ceil(self.steps.total() * percent / 100)
        reached = 0
        for step in sorted(self.steps):
            reached += self.steps[step]
            if rank and reached >= rank:
                return STEPS[step]
        return None

    def outcomes(self) -> dict[str, int | None]:
        """The counts and percentiles of this cell, by the field names of `Outcomes`."""
        return {
            "published": self.published,
            "failed": self.failed,
            "p50_ms": self.percentile(50),
            "p99_ms": self.percentile(99),
        }


def days_between(since: date, until: date) -> list[date]:
    """Every day, both included."""
    return [since + timedelta(days=number) for number in range((until - since).days + 1)]


def insights_of(
    brand_ref: str | None, since: date, until: date, tallies: Mapping[tuple[str, date], Tally], order: Iterable[str]
) -> Insights:
    """The answer from the tallies by channel and day. `order`: the names of channels, as they are listed."""
    present = {channel for channel, _ in tallies}
    listed = [*(name for name in order if name in present), *sorted(present - set(order))]
    return Insights(
        brand_ref=brand_ref,
        since=since,
        until=until,
        channels=tuple(_channel(name, days_between(since, until), tallies) for name in listed),
    )


def _channel(name: str, days: list[date], tallies: Mapping[tuple[str, date], Tally]) -> ChannelInsights:
    together, by_day = Tally(), []
    for day in days:
        tally = tallies.get((name, day), Tally())
        together.add(tally)
        by_day.append(DayOutcomes.model_validate({"date": day, **tally.outcomes()}))
    return ChannelInsights.model_validate({"channel": name, "days": tuple(by_day), **together.outcomes()})
