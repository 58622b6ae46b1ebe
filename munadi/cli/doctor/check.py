"""One check and its result."""

from __future__ import annotations

from dataclasses import dataclass

# Far more than that and times in logs, tokens and signatures disagree.
MAX_SKEW_SECONDS = 5.0
NTP = "Synchronise both clocks with NTP: posts are published by the clocks of API and workers."
DATABASE = "Is it up, and does MUNADI_DATABASE_URL name it? Munadi accepts nothing without it."


@dataclass(frozen=True)
class Check:
    """One check. `advice` is what to do; with `ok` it is a warning."""

    name: str
    ok: bool
    message: str
    advice: str | None = None


def skewed(name: str, seconds: float, other: str) -> Check:
    """The check of two clocks that differ by this many seconds."""
    message = f"this machine and {other} differ by {seconds:.0f} s"
    return Check(name, True, message) if seconds <= MAX_SKEW_SECONDS else Check(name, False, message, NTP)
