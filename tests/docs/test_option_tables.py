"""The tables of options explain every part of a schema."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import pytest
from pydantic import Field

from munadi.channels.registry import channel_options
from munadi.domain.model import WireModel
from scripts.option_tables import meaning, rows, takes


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Spot(WireModel):
    x: float = Field(ge=0, le=1)
    far_away: bool | None = None


class Sample(WireModel):
    """What it is
    about.

    And more.
    """

    name: Annotated[str, Field(min_length=1, max_length=50, pattern=r"^a|b$")]
    colour: Colour | None = None
    count: int | None = Field(default=None, ge=1)
    spots: tuple[Spot, ...] = Field(default=(), max_length=2)
    by_language: dict[str, Spot] = Field(default_factory=dict)
    is_loud: bool = True


def test_each_option_is_described_in_words() -> None:
    assert list(rows(Sample)) == [
        ("`name`", "text of 1–50 characters like `^a|b$`", "required"),
        ("`colour`", "`red`, `blue`", "–"),
        ("`count`", "whole number ≥ 1", "–"),
        ("`spots`", "list of ≤ 2: object: `x` number 0–1; `farAway`? true or false", "–"),
        ("`byLanguage`", "object, by name: object: `x` number 0–1; `farAway`? true or false", "–"),
        ("`isLoud`", "true or false", "`true`"),
    ]
    assert meaning(Sample) == "What it is about.\n\nAnd more."


def test_a_type_without_words_is_an_error() -> None:
    with pytest.raises(ValueError, match="no words"):
        takes({"type": "null"}, {})


@pytest.mark.parametrize("name", list(channel_options()))
def test_every_channel_explains_its_options(name: str) -> None:
    options = channel_options()
    found = options[next(each for each in options if each == name)]
    assert meaning(found)
    assert len(list(rows(found))) == len(found.model_fields)
