"""The ages of a post at which it is looked at, as an installation and a brand want them.

X and LinkedIn have ages of their own (`LookRule.after`): a look costs money there, or a large part of the app's calls.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapSerializer,
    WrapValidator,
)

from munadi.domain.channel import ChannelName
from munadi.domain.look_rule import LookRule
from munadi.domain.model import DURATION, WireModel

MOST_AGES = 12
SOONEST, LATEST = timedelta(seconds=1), timedelta(days=365)
AFTER = (timedelta(hours=1), timedelta(days=1), timedelta(days=7), timedelta(days=30))
_BOUNDS = "PT1S to P365D"
_LONGEST_TEXT = 32


class AgeRefused(ValueError):
    """An age that cannot be, with what is allowed and what was sent."""

    def __init__(self, text: str, limit: str | int, actual: str | int | None) -> None:
        super().__init__(text)
        self.limit, self.actual = limit, actual


def _read(sent: Any, read: ValidatorFunctionWrapHandler) -> timedelta:
    """An age as its schema says it: of the library's other forms, a month has no fixed length, and a number no unit."""
    text = sent if isinstance(sent, str) else None
    if text is not None and len(text) > _LONGEST_TEXT:
        raise AgeRefused(f"an age has at most {_LONGEST_TEXT} characters", _LONGEST_TEXT, len(text))
    if not isinstance(sent, timedelta) and (text is None or not re.fullmatch(DURATION, text)):
        words = "an age is ISO 8601 in days, hours, minutes and seconds, such as PT1H or P7D"
        raise AgeRefused(words, _BOUNDS, text)
    try:
        age: timedelta | None = read(sent)
    except ValidationError:  # a number of days that no computer can count
        age = None
    if age is None or not SOONEST <= age <= LATEST:
        raise AgeRefused(f"an age is from {_BOUNDS}", _BOUNDS, str(sent))
    return age


def _write(age: timedelta, write: SerializerFunctionWrapHandler) -> Any:
    """The library writes 365 days as a year."""
    return f"P{LATEST.days}D" if age == LATEST else write(age)


def _in_order(ages: tuple[timedelta, ...]) -> tuple[timedelta, ...]:
    return tuple(sorted(set(ages)))


Age = Annotated[
    timedelta,
    WrapValidator(_read),
    WrapSerializer(_write, when_used="json"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": DURATION,
            "maxLength": _LONGEST_TEXT,
            "description": f"ISO 8601, from {_BOUNDS}.",
            "examples": ["PT1H", "P7D"],
        }
    ),
]
Ages = Annotated[tuple[Age, ...], Field(max_length=MOST_AGES), AfterValidator(_in_order)]


class Looks(WireModel):
    """When Munadi looks whether published posts are still there."""

    after: Ages | None = Field(
        None, description="The ages of a post at which it is looked at, ISO 8601; empty: never; null: by the setting."
    )
    channels: dict[ChannelName, Ages] = Field(
        {},
        max_length=len(ChannelName),
        description="Ages for single networks, by their names; empty: posts there are not looked at.",
    )


def ages_for(channel: ChannelName, rule: LookRule, brand: Looks | None, installation: Looks) -> tuple[timedelta, ...]:
    """The ages at which posts of a brand at a network are looked at.

    What names the network comes first: the brand's, the installation's, the network's own. Then what is for all.
    """
    given: list[Looks] = [*([brand] if brand else []), installation]
    for one in given:
        if channel in one.channels:
            return one.channels[channel]
    if rule.after is not None:
        return rule.after
    return next((one.after for one in given if one.after is not None), AFTER)


def kept_looks(stored: Mapping[str, Any] | None) -> Looks | None:
    """The stored wish of a brand; None where it has none."""
    return Looks.model_validate(stored) if stored else None


def stored_looks(looks: Looks | None) -> dict[str, Any] | None:
    """The wish of a brand as a row has it."""
    return None if looks is None else looks.model_dump(mode="json")
