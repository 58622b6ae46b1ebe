"""Charts: every count has its area, failures are below the line, gaps stay gaps, and all lies inside the picture."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from api.dashboard.charts import BOTTOM, HEIGHT, LEFT, TOP, WIDTH, lateness_chart, outcomes_chart
from api.dashboard.icons import initials, network_icon, tint
from api.dashboard.labels import within
from munadi.domain.channel import ChannelName
from munadi.domain.insights import STEPS


def days_of(*counts: tuple[int, int, int | None, int | None]) -> list[dict[str, Any]]:
    names = ("published", "failed", "p50Ms", "p99Ms")
    return [
        {"date": f"2026-12-{place + 1:02}", **dict(zip(names, each, strict=True))} for place, each in enumerate(counts)
    ]


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 5000)), min_size=1, max_size=31))
def test_bars_lie_inside_and_are_as_long_as_their_counts(counts: list[tuple[int, int]]) -> None:
    chart = outcomes_chart(days_of(*((published, failed, None, None) for published, failed in counts)))
    assert len(chart.bars) == sum(bool(count) for pair in counts for count in pair)
    for bar in chart.bars:
        assert bar.x >= LEFT
        assert bar.x + bar.width <= WIDTH + 0.5
        assert bar.y >= TOP - 0.2
        assert bar.y + bar.height <= HEIGHT
        assert bar.y >= chart.base - 0.2 if bar.kind == "failed" else bar.y + bar.height <= chart.base + 0.2
    # One scale for both: the two longest fill the picture.
    longest = [
        max((bar.height for bar in chart.bars if bar.kind == kind), default=0) for kind in ("published", "failed")
    ]
    assert not chart.bars or abs(sum(longest) - (HEIGHT - TOP - BOTTOM)) < 0.2


@given(st.lists(st.none() | st.sampled_from(STEPS), min_size=1, max_size=31))
def test_lateness_lies_inside_and_a_day_without_one_is_a_gap(late: list[int | None]) -> None:
    chart = lateness_chart(days_of(*((1, 0, each, each) for each in late)))
    known = [each for each in late if each is not None]
    assert (chart is None) == (not known)
    for curve in chart.curves if chart else ():
        assert len(curve.marks) == len(known)
        assert all(LEFT <= mark.x <= WIDTH and TOP - 0.2 <= mark.y <= HEIGHT for mark in curve.marks)
    if chart and None not in late and len(late) > 1:
        assert [len(curve.paths) for curve in chart.curves] == [1, 1]


def test_a_gap_ends_a_line() -> None:
    chart = lateness_chart(days_of(*((1, 0, each, each) for each in (10, 10, None, 10, 10))))
    assert chart is not None
    assert [len(path.split()) for path in chart.curves[0].paths] == [2, 2]


def test_a_bound_is_said_in_its_largest_unit() -> None:
    said = [within(each) for each in (10, 500, 1_000, 120_000, 3_600_000, 86_400_000, 604_800_000)]
    assert said == ["10 ms", "500 ms", "1 s", "2 min", "1 h", "24 h", "7 days"]


def test_a_network_has_a_mark_of_its_own_or_a_globe() -> None:
    drawn = [mark for mark in map(network_icon, ChannelName) if "network-other" not in mark]
    assert len(set(drawn)) == len(drawn) >= 10
    assert "network-other" in network_icon("seventh")


def test_initials_stand_for_names_and_handles() -> None:
    names = ("Acme Stores", "acme.bsky.social", "@acme@mastodon.example", "Émile zola", "_", "")
    assert [initials(name) for name in names] == ["AS", "A", "A", "ÉZ", "?", "?"]
    assert {tint(name) for name in map(str, range(100))} == set(range(6))
