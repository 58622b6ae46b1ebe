"""The geometry of small charts: a day is a column. Pages draw them as SVG; colours and hatching are in the styles.

Published stand above the line and failed below it, so that no meaning is in a colour alone. Lateness is on a
logarithmic scale, because a tenth of a second and an hour are both worth seeing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import log10
from typing import Any

from api.dashboard.labels import within
from api.languages.catalogue import N_, gettext

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 360, 110, 42, 8, 16
GAP = 0.25
# Lines of the scale, in milliseconds.
LINES = (10, 100, 1_000, 10_000, 60_000, 600_000, 3_600_000, 86_400_000, 604_800_000, 2**31 - 1)
# What a bar or a point says.
_TITLES = {
    "published": N_("%(day)s: %(count)s published"),
    "failed": N_("%(day)s: %(count)s failed"),
    "p50": N_("%(day)s: half at most %(most)s late"),
    "p99": N_("%(day)s: 99 of 100 at most %(most)s late"),
}
Day = Mapping[str, Any]


@dataclass(frozen=True)
class Bar:
    """The publications of a day with one outcome."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    title: str


@dataclass(frozen=True)
class Line:
    """A line of the scale, with its label."""

    y: float
    label: str


@dataclass(frozen=True)
class Mark:
    """A point of a line: its place, and what it says."""

    x: float
    y: float
    title: str


@dataclass(frozen=True)
class Curve:
    """A percentile over the days. `paths`: one for each run of days that have a value, as `points` of a polyline."""

    kind: str
    paths: tuple[str, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Outcomes:
    """Published and failed by day. `base`: where both begin. `summary`: in words, what the chart shows."""

    bars: tuple[Bar, ...]
    base: float
    lines: tuple[Line, ...]
    summary: str


@dataclass(frozen=True)
class Lateness:
    """A chart of lateness by day: a curve for each percentile, lines to read it by, and a sentence."""

    curves: tuple[Curve, ...]
    lines: tuple[Line, ...]
    summary: str


def outcomes_chart(days: Sequence[Day]) -> Outcomes:
    """The chart of days with `date`, `published` and `failed`."""
    most = max((day["published"] for day in days), default=0)
    worst = max((day["failed"] for day in days), default=0)
    scale = (HEIGHT - TOP - BOTTOM) / max(most + worst, 1)
    base = TOP + most * scale if most + worst else HEIGHT - BOTTOM
    bars = []
    for place, day in enumerate(days):
        for kind, sign in (("published", -1), ("failed", 1)):
            if count := day[kind]:
                height = round(count * scale, 1)
                y = round(base - height if sign < 0 else base, 1)
                title = gettext(_TITLES[kind]) % {"day": day["date"], "count": count}
                bars.append(Bar(round(_x(place, days), 1), y, _column(days), height, kind, title))
    lines = [Line(round(base - most * scale, 1), str(most))] if most else []
    lines += [Line(round(base + worst * scale, 1), str(worst))] if worst else []
    total, failed = (sum(day[kind] for day in days) for kind in ("published", "failed"))
    summary = gettext(
        "%(published)s published and %(failed)s failed from %(first)s to %(last)s. "
        "At most %(most)s published and %(worst)s failed on one day."
    ) % {
        "published": total,
        "failed": failed,
        "first": days[0]["date"],
        "last": days[-1]["date"],
        "most": most,
        "worst": worst,
    }
    return Outcomes(tuple(bars), round(base, 1), tuple(lines), summary)


def lateness_chart(days: Sequence[Day]) -> Lateness | None:
    """The chart of days with `p50Ms` and `p99Ms`; None if nothing is known of any."""
    latest = max((day["p99Ms"] or 0 for day in days), default=0)
    if not latest:
        return None
    top = next(line for line in LINES if line >= max(latest, 1_000))
    curves = tuple(_curve(kind, days, top) for kind in ("p99", "p50"))
    lines = tuple(Line(_y(line, top), within(line)) for line in LINES if line <= top)
    latest_day = max(days, key=lambda day: day["p99Ms"] or 0)
    summary = gettext(
        "The worst day is %(day)s: half of the posts were at most %(half)s late, 99 of 100 at most %(most)s."
    )
    values = {"day": latest_day["date"], "half": within(latest_day["p50Ms"]), "most": within(latest)}
    return Lateness(curves, lines, summary % values)


def _curve(kind: str, days: Sequence[Day], top: int) -> Curve:
    points = list(_marks(kind, days, top))
    runs = [[mark for _, mark in run] for _, run in groupby(enumerate(points), key=lambda each: each[1] is None)]
    paths = [" ".join(f"{mark.x},{mark.y}" for mark in run if mark) for run in runs if len(run) > 1 and run[0]]
    return Curve(kind, tuple(paths), tuple(mark for mark in points if mark))


def _marks(kind: str, days: Sequence[Day], top: int) -> Iterator[Mark | None]:
    for place, day in enumerate(days):
        value = day[f"{kind}Ms"]
        middle = round(_x(place, days) + _column(days) / 2, 1)
        if value is None:
            yield None
        else:
            said = gettext(_TITLES[kind]) % {"day": day["date"], "most": within(value)}
            yield Mark(middle, _y(value, top), said)


def _x(place: int, days: Sequence[Day]) -> float:
    return LEFT + (WIDTH - LEFT) / len(days) * (place + GAP / 2)


def _column(days: Sequence[Day]) -> float:
    return round((WIDTH - LEFT) / len(days) * (1 - GAP), 1)


def _y(milliseconds: int, top: int) -> float:
    share = log10(milliseconds / LINES[0]) / log10(top / LINES[0])
    return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)
