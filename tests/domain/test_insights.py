"""Percentiles from counted steps are never earlier than the truth, and days without a post are there."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from datetime import date
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from munadi.domain.insights import STEPS, Tally, insights_of

FIRST, LAST = date(2026, 12, 1), date(2026, 12, 3)


@given(st.lists(st.integers(0, STEPS[-1]), min_size=1, max_size=300))
def test_a_percentile_is_the_bound_of_the_step_of_the_exact_one(late: list[int]) -> None:
    tally = Tally(published=len(late), steps=Counter(bisect_left(STEPS, each) for each in late))
    for percent in (50, 99):
        exact = sorted(late)[ceil(len(late) * percent / 100) - 1]
        assert tally.percentile(percent) == STEPS[bisect_left(STEPS, exact)]


def test_nothing_published_has_no_percentiles() -> None:
    assert (Tally(failed=3).percentile(50), Tally(failed=3).percentile(99)) == (None, None)


def test_every_day_is_there_and_the_whole_is_their_sum() -> None:
    tallies = {
        ("x", FIRST): Tally(published=2, steps=Counter({0: 2})),
        ("x", LAST): Tally(published=2, failed=1, steps=Counter({0: 1, 5: 1})),
        ("new", LAST): Tally(failed=1),
    }
    found = insights_of("acme", FIRST, LAST, tallies, ["bluesky", "x"])
    assert [channel.channel for channel in found.channels] == ["x", "new"]
    first = found.channels[0]
    assert [(day.date.day, day.published, day.failed) for day in first.days] == [(1, 2, 0), (2, 0, 0), (3, 2, 1)]
    assert (first.published, first.failed, first.p50_ms, first.p99_ms) == (4, 1, STEPS[0], STEPS[5])
    assert first.days[1].p99_ms is None
