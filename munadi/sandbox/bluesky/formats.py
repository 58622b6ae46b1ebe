"""Content ids and the clock of TIDs.

Content ids are CIDv1, SHA-256, base32; raw for blobs, dag-cbor for records (atproto.com/specs/data-model,
ipld.io/specs/codecs/dag-cbor), by the library libipld. A timestamp identifier (TID) is 53 bits of microseconds and 10
bits of clock id in base32-sortable (atproto.com/specs/tid).
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from typing import Any

import libipld

RAW, DAG_CBOR = b"\x55", b"\x71"
VERSION, SHA2_256 = b"\x01", b"\x12\x20"


def blob_cid(body: bytes) -> str:
    return _cid(RAW, body)


def record_cid(record: Any) -> str:
    """`record` in its JSON form: links are `{"$link": …}`, bytes are `{"$bytes": …}`. No floats."""
    return _cid(DAG_CBOR, libipld.encode_dag_cbor(_ipld(record)))


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
    if value.keys() == {"$link"} and isinstance(value["$link"], str):
        return libipld.decode_multibase(value["$link"])[1]
    if value.keys() == {"$bytes"} and isinstance(value["$bytes"], str):
        return base64.b64decode(value["$bytes"] + "=" * (-len(value["$bytes"]) % 4))
    return {key: _ipld(inner) for key, inner in value.items()}


def _cid(codec: bytes, body: bytes) -> str:
    return str(libipld.encode_cid(VERSION + codec + SHA2_256 + hashlib.sha256(body).digest()))


TID_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
TID = re.compile(r"^[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}$")


class TidClock:
    """Hands out strictly increasing TIDs."""

    def __init__(self) -> None:
        self._last = 0
        self._clock_id = secrets.randbelow(1 << 10)

    def next(self, now: float) -> str:
        self._last = max(self._last + 1, int(now * 1_000_000))
        number = self._last << 10 | self._clock_id
        return "".join(TID_ALPHABET[number >> shift & 31] for shift in range(60, -1, -5))
