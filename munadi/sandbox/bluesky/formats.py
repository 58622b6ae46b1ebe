"""String formats of Lexicon, as the reference checks them (npm @atproto/syntax), and a clock of TIDs.

A timestamp identifier (TID) is 53 bits of microseconds and 10 bits of clock id in base32-sortable
(atproto.com/specs/tid).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import datetime

from munadi.sandbox.bluesky.cid import is_cid

TID_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
TID = re.compile(r"^[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}$")
DATETIME = re.compile(
    r"^\d{4}-(0[1-9]|1[012])-([0-2]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$"
)
URI = re.compile(r"^\w+:(?://)?[^\s/][^\s]*$")
DID = re.compile(r"^did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]$")
HANDLE = re.compile(r"^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$")
NSID = re.compile(r"^[a-zA-Z]([a-zA-Z0-9-]{0,62})?(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,62})?)+(\.[a-zA-Z][a-zA-Z0-9]{0,62})$")
RECORD_KEY = re.compile(r"^[a-zA-Z0-9_~.:-]{1,512}$")
LANGUAGE = re.compile(r"^(i|[a-z]{2,3})(-[a-zA-Z0-9]{1,8})*$")
AT_URI = re.compile(r"^at://[^\s/]+(/[^\s/]+(/[^\s/]+)?)?$")


def is_datetime(text: str) -> bool:
    if len(text) > 64 or text.endswith("-00:00") or not DATETIME.match(text):
        return False
    seconds = text[:19].replace(":60", ":59")  # a leap second is fine, a 31st of June is not
    try:
        datetime.fromisoformat(seconds + "+00:00")
    except ValueError:
        return False
    return True


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.match(text) is not None


# format → (what the message calls it, its check)
FORMATS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "datetime": ("datetime", is_datetime),
    "uri": ("uri", _matches(URI)),
    "at-uri": ("at-uri", _matches(AT_URI)),
    "cid": ("CID string", is_cid),
    "did": ("DID", _matches(DID)),
    "handle": ("handle", _matches(HANDLE)),
    "nsid": ("NSID", _matches(NSID)),
    "language": ("language", _matches(LANGUAGE)),
    "at-identifier": ("AT identifier", lambda text: bool(DID.match(text) or HANDLE.match(text))),
    "record-key": ("record key", lambda text: text not in (".", "..") and bool(RECORD_KEY.match(text))),
    "tid": ("TID string", _matches(TID)),
}


class TidClock:
    """Hands out strictly increasing TIDs."""

    def __init__(self) -> None:
        self._last = 0
        self._clock_id = secrets.randbelow(1 << 10)

    def next(self, now: float) -> str:
        self._last = max(self._last + 1, int(now * 1_000_000))
        number = self._last << 10 | self._clock_id
        return "".join(TID_ALPHABET[number >> shift & 31] for shift in range(60, -1, -5))
