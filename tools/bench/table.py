"""Every figure that is reported: its row, its label, its unit, and the aim that it has to reach.

A figure's key begins with its row: `accept.c8.x4.rate` is measured by the function `accept`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tools.bench.publishing import LARGEST
from tools.bench.system import SCALES

# How a value is written. Rates and counts under ten have one decimal.
DECIMALS = {"ratio": 2, "s": 2, "%": 1, "ms": 0, "MB": 0, "/s": 0, "/min": 0, "": 0, "each": 1}
DROP = 1 / 3


@dataclass(frozen=True)
class Figure:
    """One figure. `least` or `most` is its aim; with neither it is only reported."""

    key: str
    label: str
    unit: str = ""
    least: float | None = None
    most: float | None = None

    @property
    def row(self) -> str:
        """The name of the row that measures it."""
        return self.key.partition(".")[0]

    @property
    def aim(self) -> str:
        """The aim in words."""
        if self.least is not None:
            return f"≥ {self.text(self.least)}"
        return "–" if self.most is None else f"≤ {self.text(self.most)}"

    def met(self, value: float) -> bool:
        """Whether a value reaches the aim; every value does where there is none."""
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def dropped(self, now: float, recorded: float) -> bool:
        """Whether it is worse than recorded by a third."""
        if self.most is not None:
            return now * (1 - DROP) > recorded
        return now < recorded * (1 - DROP)

    def text(self, value: float | None) -> str:
        """A value with its unit."""
        if value is None:
            return "–"
        decimals = DECIMALS[self.unit]
        if self.unit in ("/s", "/min") and value < 10:
            decimals = 1
        unit = {"ratio": "", "": "", "each": "", "/s": "/s", "/min": " a minute", "%": " %"}
        return f"{value:,.{decimals}f}{unit.get(self.unit, f' {self.unit}')}"


def figures() -> tuple[Figure, ...]:
    """The table, in its order."""
    groups = (_accepting, _publishing, _lateness, _reading, _idle, _engine, _database, _burst_cost)
    return tuple(figure for group in groups for figure in group())


def _accepting() -> Iterator[Figure]:
    for clients, rate in ((1, 100), (8, 150)):
        named = "one client" if clients == 1 else "eight clients"
        for scale in SCALES:
            key, label = f"accept.c{clients}.x{scale}", f"{named}, {25 * scale} posts"
            yield Figure(f"{key}.rate", f"accepted per second, {label}", "/s", least=rate)
            yield Figure(f"{key}.p50", f"answer p50, {label}", "ms")
            yield Figure(f"{key}.p99", f"answer p99, {label}", "ms", most=100)


def _publishing() -> Iterator[Figure]:
    shapes = {"three": "facebook, threads and bluesky", "pair": "facebook and threads"}
    for scale in SCALES:
        posts = f"{25 * scale} posts"
        yield Figure(f"publish.bare.x{scale}.rate", f"bare workflows per second, {posts}", "/s")
        for shape, channels in shapes.items() if scale < LARGEST else [("three", shapes["three"])]:
            key, aim = f"publish.{shape}.x{scale}", 0.5 if shape == "three" else None
            yield Figure(f"{key}.rate", f"published per second, {channels}, {posts}", "/s")
            yield Figure(f"{key}.ratio", f"published ÷ bare, {channels}, {posts}", "ratio", least=aim)


def _lateness() -> Iterator[Figure]:
    aims: Mapping[int, tuple[float | None, float, float | None]] = {
        50: (0.4, 0.8, None),
        300: (1.2, 2.4, 2400),
        1000: (None, 10, None),
    }
    apart = "the API's latenessMs and the network's clock, at most apart"
    for count, (p50, last, minute) in aims.items():
        yield Figure(f"burst.n{count}.p50", f"{count:,} posts due together, p50 late", "s", most=p50)
        yield Figure(f"burst.n{count}.last", f"{count:,} posts due together, the last one late", "s", most=last)
        yield Figure(f"burst.n{count}.minute", f"{count:,} posts due together, published", "/min", least=minute)
        yield Figure(f"burst.n{count}.told", f"{count:,} posts due together, {apart}", "ms", most=20)
    yield Figure("steady.p50", "5 posts a second, p50 late", "ms", most=50)
    yield Figure("steady.p99", "5 posts a second, p99 late", "ms", most=150)
    yield Figure("steady.last", "5 posts a second, the last one late", "ms")
    yield Figure("steady.told", f"5 posts a second, {apart}", "ms", most=5)
    yield Figure("noisy.quiet.p95", "ten posts beside another brand's 150, p95 late (worse of two rounds)", "s", most=1)
    yield Figure("noisy.noisy.p95", "the other brand's 150 posts, p95 late (worse of two rounds)", "s")


def _reading() -> Iterator[Figure]:
    for scale in SCALES:
        reads = f"four clients, {250 * scale:,} reads"
        yield Figure(f"read.x{scale}.rate", f"statuses read per second, {reads}", "/s")
        yield Figure(f"read.x{scale}.bare", f"bare rows read per second, {reads}", "/s")
        yield Figure(f"read.x{scale}.ratio", f"statuses ÷ bare rows, {reads}", "ratio", least=0.6)


def _idle() -> Iterator[Figure]:
    for key, label, cpu, memory in (
        ("idle.started", "just started", 1.0, 400.0),
        ("idle.waiting", "1,000 posts waiting, after load", 1.0, 500.0),
        ("crowd.waiting", "10,000 posts waiting", 2.0, None),
    ):
        yield Figure(f"{key}.cpu", f"{label}, CPU of all processes", "%", most=cpu)
        yield Figure(f"{key}.memory", f"{label}, memory of all processes", "MB", most=memory)
    yield Figure("crowd.growth", "10,000 posts waiting, growth of the worker's memory", "MB", most=50)


def _engine() -> Iterator[Figure]:
    for count in (1, 2, 3):
        accounts = ("one account", "two accounts", "three accounts")[count - 1]
        yield Figure(f"engine.n{count}.actions", f"Temporal actions, {accounts}", "", most=count + 2)
        yield Figure(f"engine.n{count}.events", f"history events, {accounts}", "", most=13 + 4 * count)


def _database() -> Iterator[Figure]:
    for count in (1, 3):
        channels = "one channel" if count == 1 else "three channels"
        yield Figure(f"sql.n{count}.statements", f"SQL statements of a post, {channels}", "each")
        yield Figure(f"sql.n{count}.commits", f"commits of a post, {channels}", "each")


def _burst_cost() -> Iterator[Figure]:
    yield Figure("burst.timeouts", "workflow tasks that timed out, 300 posts due together", "", most=0)
    yield Figure("burst.signals", "signals, 300 posts due together", "")
