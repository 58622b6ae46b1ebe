"""Property tests draw the same examples every time, but for the random search of `make faults`."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]


def drawn() -> list[int]:
    """The examples of a property test that has settings of its own, as many here have."""
    seen: list[int] = []

    @settings(max_examples=20, deadline=None)
    @given(st.integers())
    def draw(number: int) -> None:
        seen.append(number)

    draw()
    return seen


def test_the_same_examples_are_drawn_every_time(pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("--hypothesis-profile") == "random":
        pytest.fail("this run searches at random: leave out --hypothesis-profile")
    assert drawn() == drawn()


def test_only_make_faults_searches_at_random() -> None:
    lines = [line for line in (ROOT / "Makefile").read_text().splitlines() if "--hypothesis-profile=random" in line]
    assert len(lines) == 1
    assert '-m "(faults or hypothesis) and not alone"' in lines[0]
    assert not settings.get_profile("random").derandomize
