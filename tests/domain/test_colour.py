"""Colours: whichever one a brand chooses, its text can be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.pages.look import DARK, LIGHT
from munadi.domain.colour import BLACK, READABLE, WHITE, contrast, readable_on, text_on

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    # Known ratios of other checkers, such as WebAIM's.
    [(BLACK, WHITE, 21.0), (WHITE, WHITE, 1.0), ("#777777", WHITE, 4.48), ("#0000ff", WHITE, 8.59)],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


@given(COLOURS)
def test_text_can_be_read_on_any_colour_and_in_any_colour(colour: str) -> None:
    assert contrast(text_on(colour), colour) >= READABLE
    for grounds in (LIGHT, DARK):
        shown = readable_on(colour, grounds)
        assert min(contrast(shown, ground) for ground in grounds) >= READABLE
        if min(contrast(colour, ground) for ground in grounds) >= READABLE:
            assert shown == colour


def test_a_colour_is_darkened_on_a_light_ground_and_lightened_on_a_dark_one() -> None:
    assert text_on("#ffd400") == BLACK
    assert text_on("#0b5fff") == WHITE
    assert readable_on("#ffd400", LIGHT) < "#ffd400"
    assert readable_on("#001040", DARK) > "#001040"
