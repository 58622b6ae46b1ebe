"""What a brand published day by day, and what it cost: for bills. Days are UTC, as the months of `munadi.domain.usage`.

A publication counts on the day of its `publishedAt`. Its cost is the price of its network (`Channel.price`), which is
stored when the post is accepted or edited.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Self

from pydantic import Field

from munadi.domain.model import BrandOf, ChannelOf, WireModel

MILLION = 1_000_000
_COLUMNS = ("brand", "date", "channel", "publications", "cost_usd")


class Billed(WireModel):
    """Publications, and what their networks charge for them."""

    publications: int = Field(description="Publications that their network published.")
    cost: float = Field(description="US dollars, by the price list of the network; 0 where publishing is free.")


class UsageDay(Billed):
    """The publications of one day at one network."""

    date: Annotated[date, Field(description="The day, in UTC.")]
    channel: ChannelOf


class UsageDays(WireModel):
    """What a brand published by day and network. Days and networks without a publication are missing."""

    brand_ref: BrandOf
    since: date = Field(description="The first day, in UTC.")
    until: date = Field(description="The last day, in UTC.")
    days: tuple[UsageDay, ...] = Field(description="In order of date, then of channel.")
    total: Billed = Field(description="All days together.")

    @classmethod
    def of(cls, brand_ref: str, since: date, until: date, counts: Sequence[tuple[date, str, int, int]]) -> Self:
        """From day, channel, number and price in millionths of a dollar."""
        days = tuple(
            UsageDay(date=day, channel=channel, publications=number, cost=price / MILLION)
            for day, channel, number, price in sorted(counts)
        )
        cost = sum(price for _, _, _, price in counts) / MILLION
        total = Billed(publications=sum(number for _, _, number, _ in counts), cost=cost)
        return cls(brand_ref=brand_ref, since=since, until=until, days=days, total=total)

    def csv(self) -> str:
        """The days as CSV (RFC 4180), with a line of names. Costs have six places: prices have parts of a cent."""
        text = io.StringIO()
        lines = csv.writer(text)
        lines.writerow(_COLUMNS)
        for each in self.days:
            lines.writerow([self.brand_ref, each.date, each.channel, each.publications, f"{each.cost:.6f}"])
        return text.getvalue()
