"""Timestamp identifiers: 53 bits of microseconds and 10 bits of clock id in base32-sortable.

Source: atproto.com/specs/tid.
"""

from __future__ import annotations

import re
import secrets

ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
SHAPE = re.compile(r"^[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}$")


class TidClock:
    """Hands out strictly increasing TIDs."""

    def __init__(self) -> None:
        self._last = 0
        self._clock_id = secrets.randbelow(1 << 10)

    def next(self, now: float) -> str:
        self._last = max(self._last + 1, int(now * 1_000_000))
        number = self._last << 10 | self._clock_id
        return "".join(ALPHABET[number >> shift & 31] for shift in range(60, -1, -5))
