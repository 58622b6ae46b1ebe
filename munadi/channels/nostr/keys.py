"""Keys and references as people have them: bech32 texts of 32 bytes (NIP-19). Source: docs/networks/nostr.md, 2."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import coincurve

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
SECRET, PUBLIC, EVENT = "nsec", "npub", "nevent"
HEX = re.compile(r"[0-9a-f]{64}")


def secret_of(text: str) -> coincurve.PrivateKey | None:
    """The secret key of an `nsec1…` or of 64 hexadecimal digits; None for what is none."""
    found = _bytes_of(text.strip(), SECRET)
    try:
        return coincurve.PrivateKey(found) if found else None
    except ValueError:
        return None  # zero, or beyond the order of the curve


def public_of(text: str) -> str | None:
    """The public key of an `npub1…` or of 64 hexadecimal digits, as digits; None for what is none."""
    found = _bytes_of(text.strip(), PUBLIC)
    return found.hex() if found else None


def public_key(secret: coincurve.PrivateKey) -> str:
    """The public key of a secret one: 64 hexadecimal digits, which are an account's id."""
    return secret.public_key_xonly.format().hex()


def npub(public: str) -> str:
    """A public key as people know it."""
    return encode(PUBLIC, bytes.fromhex(public))


def nevent(event_id: str, relay: str, author: str) -> str:
    """A reference to an event, with a relay that has it and its author."""
    place = relay.encode()[:255]
    parts = ((0, bytes.fromhex(event_id)), (1, place), (2, bytes.fromhex(author)))
    return encode(EVENT, b"".join(bytes((kind, len(value))) + value for kind, value in parts))


def encode(kind: str, data: bytes) -> str:
    """Bytes as bech32. NIP-19 has no limit of 90 characters."""
    words = _regrouped(data, 8, 5, pad=True) or []
    check = _checksum([*_expanded(kind), *words, *([0] * 6)]) ^ 1
    tail = [(check >> 5 * (5 - index)) & 31 for index in range(6)]
    return f"{kind}1{''.join(ALPHABET[word] for word in (*words, *tail))}"


def decode(text: str) -> tuple[str, bytes] | None:
    """Kind and bytes of a bech32 text; None for what is none."""
    if text not in (text.lower(), text.upper()) or len(text) > 1000:
        return None
    kind, _, rest = text.lower().rpartition("1")
    if not kind or len(rest) < 6 or any(each not in ALPHABET for each in rest):
        return None
    words = [ALPHABET.index(each) for each in rest]
    if _checksum([*_expanded(kind), *words]) != 1:
        return None
    data = _regrouped(words[:-6], 5, 8, pad=False)
    return None if data is None else (kind, bytes(data))


def _bytes_of(text: str, kind: str) -> bytes | None:
    if HEX.fullmatch(text.lower()):
        return bytes.fromhex(text)
    found = decode(text)
    return found[1] if found and found[0] == kind and len(found[1]) == 32 else None


def _expanded(kind: str) -> list[int]:
    return [*(ord(each) >> 5 for each in kind), 0, *(ord(each) & 31 for each in kind)]


def _checksum(words: Iterable[int]) -> int:
    found = 1
    for word in words:
        top = found >> 25
        found = (found & 0x1FFFFFF) << 5 ^ word
        for bit, part in enumerate(GENERATOR):
            found ^= part if (top >> bit) & 1 else 0
    return found


def _regrouped(data: Sequence[int], size: int, wanted: int, *, pad: bool) -> list[int] | None:
    """Bits of groups of one size in groups of another; None where the rest is no padding."""
    value = bits = 0
    found = []
    for each in data:
        value, bits = (value << size | each) & 0xFFFF, bits + size
        while bits >= wanted:
            bits -= wanted
            found.append(value >> bits & (1 << wanted) - 1)
    rest = value & (1 << bits) - 1
    if pad:
        return [*found, rest << wanted - bits] if bits else found
    return None if rest or bits >= size else found
