"""Times of requests and answers as seconds since the epoch, and distributions of durations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime


def epoch(moment: str) -> float:
    """A time of an answer as seconds since the epoch. One without a zone, as SQLite stores it, is UTC."""
    at = datetime.fromisoformat(moment)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def instant(seconds: float) -> str:
    """A time as it is sent, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def rank(values: Iterable[float], share: float) -> float:
    """The value below which that share of all values are; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def p95(values: Iterable[float]) -> float:
    """The 95th percentile."""
    return rank(values, 0.95)


def spread(seconds: Sequence[float]) -> dict[str, str]:
    """A distribution of lateness as text, for the evidence."""
    at = {name: rank(seconds, share) for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))}
    return {
        f"lateness {name}": f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s" for name, value in at.items()
    }
