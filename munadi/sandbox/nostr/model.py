"""The rows of the emulated relay, its refusals, and events as NIP-01 has them. Source: docs/networks/nostr.md, 3, 6.

Ids and signatures are checked here, so that a mistake in signing is refused as by any relay.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import coincurve

from munadi.sandbox import model
from munadi.sandbox.exchange import Call, Problems

KNOWN: dict[str, tuple[Any, ...]] = {
    "invalid": (400, "invalid: event"),
    "id": (400, "invalid: the id is not the hash of the event"),
    "signature": (400, "invalid: the signature is wrong"),
    "future": (400, "invalid: the event is too far in the future"),
    "past": (400, "invalid: the event is too old"),
    "long": (400, "invalid: the content is too long"),
    "pow": (400, "pow: 28 bits needed"),
    "blocked": (400, "blocked: this key is banned here"),
    "restricted": (400, "restricted: only members write here"),
    "token": (400, "auth-required: log in to write here"),
    "deleted": (400, "deleted: its author deleted this event"),
    "rate": (400, "rate-limited: slow down"),
    "error": (400, "error: could not write"),
    "missing": (404, "not found"),
    "auth": (401, "Unauthorized: no event for this upload"),
    "hash": (409, "the body has another hash"),
    "type": (415, "no such files here"),
    "large": (413, "the file is too large"),
    "quota": (402, "pay for more"),
}
HTTP = frozenset({"missing", "auth", "hash", "type", "large", "quota"})


def _body(name: str, status: int, text: str, key: str = "", **more: Any) -> Any:
    """A frame of the relay, or what a media server says."""
    return {"message": text} if name in HTTP else [["OK", key, False, text]]


PROBLEMS = Problems(KNOWN, _body, usual="error")
refuse, refuse_if = PROBLEMS.refuse, PROBLEMS.refuse_if


@dataclass
class Key(model.Account):
    """A key. `secret` is its secret part, as a client imports it."""

    site = "https://njump.me/{0.npub}"

    secret: str

    @property
    def npub(self) -> str:
        return bech32("npub", bytes.fromhex(self.id))


@dataclass
class Note:
    """A note that some relays have. `relays` are their names."""

    id: str
    profile_id: str
    text: str
    received_at: float  # real time
    event: dict[str, Any]
    relays: list[str] = field(default_factory=list)
    kind: str = "note"


@dataclass
class Deleted:
    """A note that its author deleted; it is not taken again."""

    id: str
    at: float


@dataclass
class File:
    """A file of the media server, by its hash."""

    sha256: str
    digest: str
    mime_type: str


def frame_of(call: Call) -> list[Any]:
    """The frame of a client; an empty list for what is none."""
    try:
        found = json.loads(call.body)
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def event_in(frame: list[Any]) -> dict[str, Any]:
    """The event of a frame, which is its author's. Raises the relay's refusals."""
    event = frame[1] if len(frame) == 2 and isinstance(frame[1], dict) else {}
    key = str(event.get("id") or "")
    named = {"id": str, "pubkey": str, "created_at": int, "kind": int, "tags": list, "content": str, "sig": str}
    wrong = any(not isinstance(event.get(name), kind) for name, kind in named.items())
    refuse_if(wrong or len(event) != len(named), "invalid", key=key)
    check(event)
    return event


def check(event: dict[str, Any]) -> None:
    """Refuse an event whose id or signature is wrong."""
    fields = [0, event["pubkey"], event["created_at"], event["kind"], event["tags"], event["content"]]
    digest = hashlib.sha256(json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()).digest()
    refuse_if(digest.hex() != event["id"], "id", key=event["id"])
    try:
        public = coincurve.PublicKeyXOnly(bytes.fromhex(event["pubkey"]))
        is_right = public.verify(bytes.fromhex(event["sig"]), digest)
    except ValueError:
        is_right = False
    refuse_if(not is_right, "signature", key=event["id"])


def made(secret: str, kind: int, tags: list[list[str]], content: str, at: int) -> dict[str, Any]:
    """An event of a profile of the sandbox."""
    key = coincurve.PrivateKey(bytes.fromhex(secret))
    public = key.public_key_xonly.format().hex()
    fields = [0, public, at, kind, tags, content]
    digest = hashlib.sha256(json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()).digest()
    event = {"id": digest.hex(), "pubkey": public, "created_at": at, "kind": kind, "tags": tags, "content": content}
    return {**event, "sig": key.sign_schnorr(digest).hex()}


def bech32(kind: str, data: bytes) -> str:
    """Bytes as NIP-19 writes them."""
    letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    bits = "".join(f"{each:08b}" for each in data)
    bits += "0" * (-len(bits) % 5)
    words = [int(bits[at : at + 5], 2) for at in range(0, len(bits), 5)]
    expanded = [*(ord(each) >> 5 for each in kind), 0, *(ord(each) & 31 for each in kind)]
    check = 1
    for value in [*expanded, *words, *[0] * 6]:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, part in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= part if (top >> bit) & 1 else 0
    tail = [(check ^ 1) >> 5 * (5 - at) & 31 for at in range(6)]
    return f"{kind}1{''.join(letters[word] for word in (*words, *tail))}"
