"""Content ids as the AT Protocol makes them: CIDv1, SHA-256, base32; raw for blobs, dag-cbor for records.

Source: atproto.com/specs/data-model, ipld.io/specs/codecs/dag-cbor. The test compares with `libipld`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Any

RAW, DAG_CBOR = 0x55, 0x71
SHA2_256 = b"\x12\x20"
LINK_TAG = b"\xd8\x2a"  # tag 42
CID_SHAPE = re.compile(r"^b[a-z2-7]{50,}$")


def blob_cid(body: bytes) -> str:
    return _cid(RAW, body)


def record_cid(record: Any) -> str:
    """`record` in its JSON form: links are `{"$link": …}`, bytes are `{"$bytes": …}`. No floats."""
    return _cid(DAG_CBOR, encode(record))


def is_cid(text: Any) -> bool:
    return isinstance(text, str) and bool(CID_SHAPE.match(text)) and _decoded(text) is not None


def encode(value: Any) -> bytes:
    """Deterministic dag-cbor: shortest lengths, map keys by length and then bytes."""
    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, str):
        text = value.encode()
        return _head(3, len(text)) + text
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(encode, value))
    if isinstance(value, dict):
        return _encode_mapping(value)
    raise TypeError(f"no dag-cbor for {type(value).__name__}")


def canonical(value: Any) -> Any:
    """The same data with map keys in dag-cbor order: how a record reads back after it was stored."""
    if isinstance(value, dict):
        return {key: canonical(value[key]) for key in sorted(value, key=_key_order)}
    return [canonical(inner) for inner in value] if isinstance(value, list) else value


def _key_order(key: str) -> tuple[int, bytes]:
    raw = key.encode()
    return len(raw), raw


def _encode_mapping(value: dict[str, Any]) -> bytes:
    if value.keys() == {"$link"} and (binary := _decoded(value["$link"])):
        return LINK_TAG + _bytes(b"\x00" + binary)  # the multibase prefix for "binary"
    if value.keys() == {"$bytes"} and isinstance(value["$bytes"], str):
        return _bytes(_unpadded(value["$bytes"]))
    parts = [encode(key) + encode(value[key]) for key in sorted(value, key=_key_order)]
    return _head(5, len(parts)) + b"".join(parts)


def _unpadded(text: str) -> bytes:
    """Base64 without its padding, as `$bytes` carries it; what is no base64 counts as its own text."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return text.encode()


def _bytes(body: bytes) -> bytes:
    return _head(2, len(body)) + body


def _head(major: int, length: int) -> bytes:
    if length < 24:
        return bytes([major << 5 | length])
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if length < 1 << (8 * size):
            return bytes([major << 5 | code]) + length.to_bytes(size, "big")
    raise OverflowError("integer too large for cbor")


def _cid(codec: int, body: bytes) -> str:
    binary = bytes([1, codec]) + SHA2_256 + hashlib.sha256(body).digest()
    return "b" + base64.b32encode(binary).decode().lower().rstrip("=")


def _decoded(text: Any) -> bytes | None:
    if not isinstance(text, str) or not text.startswith("b"):
        return None
    body = text[1:].upper()
    try:
        return base64.b32decode(body + "=" * (-len(body) % 8))
    except binascii.Error:
        return None
