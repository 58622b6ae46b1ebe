"""Content ids, the string formats of Lexicon as the reference checks them (npm @atproto/syntax), and a clock of TIDs.

Content ids are CIDv1, SHA-256, base32; raw for blobs, dag-cbor for records (atproto.com/specs/data-model,
ipld.io/specs/codecs/dag-cbor), by the library libipld. A timestamp identifier (TID) is 53 bits of microseconds and 10
bits of clock id in base32-sortable (atproto.com/specs/tid).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

import libipld

RAW, DAG_CBOR = b"\x55", b"\x71"
VERSION, SHA2_256 = b"\x01", b"\x12\x20"
CID_SHAPE = re.compile(r"b[a-z2-7]{50,}")


def blob_cid(body: bytes) -> str:
    return _cid(RAW, body)


def record_cid(record: Any) -> str:
    """`record` in its JSON form: links are `{"$link": …}`, bytes are `{"$bytes": …}`. No floats."""
    return _cid(DAG_CBOR, libipld.encode_dag_cbor(_ipld(record)))


def is_cid(text: Any) -> bool:
    if not isinstance(text, str) or not CID_SHAPE.fullmatch(text):
        return False
    try:
        libipld.decode_cid(text)
    except ValueError:
        return False
    return True


def canonical(value: Any) -> Any:
    """The same data with map keys in dag-cbor order (by length, then bytes): how a stored record reads back."""
    if isinstance(value, dict):
        return {key: canonical(value[key]) for key in sorted(value, key=lambda key: (len(key.encode()), key.encode()))}
    return [canonical(inner) for inner in value] if isinstance(value, list) else value


def _ipld(value: Any) -> Any:
    """The value with links and bytes as libipld takes them: both are `bytes`, and those of a CID become a link."""
    if isinstance(value, list):
        return [_ipld(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"$link"} and is_cid(value["$link"]):
        return libipld.decode_multibase(value["$link"])[1]
    if value.keys() == {"$bytes"} and isinstance(value["$bytes"], str):
        return _unpadded(value["$bytes"])
    return {key: _ipld(inner) for key, inner in value.items()}


def _unpadded(text: str) -> bytes:
    """Base64 without its padding, as `$bytes` carries it; text that is not base64 counts as itself."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return text.encode()


def _cid(codec: bytes, body: bytes) -> str:
    return str(libipld.encode_cid(VERSION + codec + SHA2_256 + hashlib.sha256(body).digest()))


TID_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
TID = re.compile(r"^[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}$")
DATETIME = re.compile(
    r"^\d{4}-(0[1-9]|1[012])-([0-2]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$"
)
URI = re.compile(r"^\w+:(?://)?[^\s/][^\s]*$")
DID = re.compile(r"^did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]$")
HANDLE = re.compile(r"^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$")
NSID = re.compile(r"^[a-zA-Z][a-zA-Z0-9-]{0,62}(\.[a-zA-Z0-9][a-zA-Z0-9-]{0,62})+(\.[a-zA-Z][a-zA-Z0-9]{0,62})$")
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
