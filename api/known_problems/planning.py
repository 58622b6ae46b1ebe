"""Problems of series."""

from __future__ import annotations

from api.known_problems.model import KnownProblem

_TAGS = frozenset({"series"})
PLANNING = (
    KnownProblem(
        "SERIES_ENDED",
        409,
        "No longer possible",
        "the series has ended; make another one",
        "Create another series.",
        _TAGS,
    ),
    KnownProblem(
        "SERIES_CHANGED",
        409,
        "Changed meanwhile",
        "the series was changed meanwhile; try again",
        "Read the series, and send the change again.",
        _TAGS,
    ),
    KnownProblem(
        "TOO_MANY_SERIES",
        409,
        "Too many series",
        "the brand has 100 series that go on; end one first",
        "Stop a series of the brand that is not needed.",
        _TAGS,
    ),
)
