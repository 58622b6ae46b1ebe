"""Content ids as the AT Protocol makes them: CIDv1, SHA-256, base32; raw for blobs, dag-cbor for records.

Source: atproto.com/specs/data-model, ipld.io/specs/codecs/dag-cbor, by the library libipld.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
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
