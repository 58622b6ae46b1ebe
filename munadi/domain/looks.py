"""When live posts are looked at: the times after publishing, of the installation, a brand or a network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal
from zlib import crc32

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from munadi.domain.channel import ChannelName
from munadi.domain.look_rule import LookRule
from munadi.domain.model import WireModel

MOST_TIMES = 8
SOONEST, LATEST = timedelta(minutes=10), timedelta(days=90)
DEFAULT_AFTER = (timedelta(hours=1), timedelta(days=1), timedelta(days=7), timedelta(days=30))
# Looks are spread by up to this part of their time, so that a burst of posts is not followed by a burst of looks.
JITTER = 0.1
# What is due so soon is looked at with what is due now, by the same call.
SOON = timedelta(minutes=10)


WRITTEN = re.compile(r"^P(?!$)(\d{1,4}D)?(T(?!$)(\d{1,5}H)?(\d{1,6}M)?(\d{1,8}S)?)?$")


def _is_text(value: Any) -> Any:
    if isinstance(value, timedelta) or (isinstance(value, str) and WRITTEN.fullmatch(value)):
        return value
    raise ValueError("a time is an ISO 8601 duration such as PT1H or P7D")


def _is_within(time: timedelta) -> timedelta:
    if not SOONEST <= time <= LATEST:
        raise ValueError("a time is from PT10M (10 minutes) to P90D (90 days)")
    return time


def _in_order(times: tuple[timedelta, ...]) -> tuple[timedelta, ...]:
    if not 1 <= len(times) <= MOST_TIMES:
        raise ValueError(f"there are from 1 to {MOST_TIMES} times, not {len(times)}")
    if any(later <= earlier for earlier, later in pairwise(times)):
        raise ValueError("each time must be longer than the one before")
    return times


LookTime = Annotated[
    timedelta,
    BeforeValidator(_is_text),
    AfterValidator(_is_within),
    WithJsonSchema({"type": "string", "pattern": WRITTEN.pattern, "examples": ["PT1H", "P7D"]}),
]
LookTimes = Annotated[
    tuple[LookTime, ...],
    Field(json_schema_extra={"minItems": 1, "maxItems": MOST_TIMES}, examples=[["PT1H", "P1D", "P7D", "P30D"]]),
    AfterValidator(_in_order),
]


class Looks(WireModel):
    """When published posts are looked at, to see whether they are still there."""

    after: LookTimes | None = Field(
        None,
        description="How long after publishing: at most 8 ISO 8601 durations, each longer than the one before, from "
        "PT10M to P90D. Null: as the installation is set.",
    )
    channels: dict[ChannelName, LookTimes | Literal[False]] = Field(
        {},
        max_length=len(ChannelName),
        description="The same for single networks; `false`: never. X is never looked at unless it stands here.",
    )

    def times(self, channel: str, rule: LookRule) -> tuple[timedelta, ...] | None:
        """The times that are set for a network here; an empty tuple: never, None: nothing is set."""
        own = self.channels.get(ChannelName(channel))
        if own is False:
            return ()
        return own or (self.after if rule.is_on else None)


def times_of(brand: Looks, installation: Looks, channel: str, rule: LookRule) -> tuple[timedelta, ...]:
    """When a post is looked at: as the brand is set, else the installation, else after 1 hour, 1, 7 and 30 days."""
    for looks in (brand, installation):
        if (times := looks.times(channel, rule)) is not None:
            return times
    return DEFAULT_AFTER if rule.is_on else ()


def next_time(key: str, published_at: datetime, times: Sequence[timedelta], done: datetime) -> datetime | None:
    """The next look at a post after those until `done`, spread by its `key`; None after the last."""
    for place, after in enumerate(times):
        share = crc32(f"{key}/{place}".encode()) / 0xFFFFFFFF
        at = published_at + after * (1 + JITTER * (2 * share - 1))
        if at > done:
            return at
    return None


def looks_of(stored: Any) -> Looks:
    """What a brand has stored. Networks that this version does not know are left out."""
    if not stored:
        return Looks()
    known = {name: times for name, times in (stored.get("channels") or {}).items() if name in set(ChannelName)}
    return Looks.model_validate({"after": stored.get("after"), "channels": known})
