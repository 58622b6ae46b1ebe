"""Events: what a key signs, and whose hash is their id. Source: docs/networks/nostr.md, sections 3 and 7.

Rule: the same post makes the same event, byte for byte, at every try. Its time is that of the slot, which the
preparation keeps, and the order of its tags is fixed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import coincurve

from munadi.channels.nostr.keys import decode, public_key
from munadi.channels.nostr.spec import Options
from munadi.domain.media import MediaAsset

PROFILE, NOTE, DELETION, RELAY_LIST, SERVER_LIST, RELAY_LOGIN, FILE_LOGIN = 0, 1, 5, 10002, 10063, 22242, 24242
Tag = list[str]
_HASHTAG = re.compile(r"(?<![\w#/&])#(\w{1,100})(?![\w#])")
_MENTION = re.compile(r"\bnostr:(npub1[a-z0-9]{58})\b")
_UPLOAD_LIFE = 600


@dataclass(frozen=True)
class Shown:
    """A file of a note: where it is, and what it is."""

    url: str
    sha256: str
    asset: MediaAsset


@dataclass(frozen=True)
class Parents:
    """The events that a reply names: the first of the thread, and the one that it answers. `relay` has them."""

    root: str
    parent: str
    relay: str
    author: str


def signed(secret: coincurve.PrivateKey, kind: int, at: int, tags: Sequence[Tag], content: str) -> dict[str, Any]:
    """An event with its id and its signature (NIP-01, BIP-340). Nothing in it is random."""
    author = public_key(secret)
    event_id = hash_of(author, at, kind, tags, content)
    signature = secret.sign_schnorr(event_id, b"\0" * 32)
    return {
        "id": event_id.hex(),
        "pubkey": author,
        "created_at": at,
        "kind": kind,
        "tags": [list(tag) for tag in tags],
        "content": content,
        "sig": signature.hex(),
    }


def hash_of(author: str, at: int, kind: int, tags: Sequence[Tag], content: str) -> bytes:
    """The id of an event: the hash of its fields in the one form that NIP-01 allows."""
    said = json.dumps([0, author, at, kind, list(tags), content], separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(said.encode()).digest()


def is_genuine(event: Any) -> bool:
    """Whether an event of a relay is its author's: a relay may say anything."""
    try:
        fields = (event["pubkey"], event["created_at"], event["kind"], event["tags"], event["content"])
        digest = hash_of(*fields)
        key = coincurve.PublicKeyXOnly(bytes.fromhex(event["pubkey"]))
        return digest.hex() == event["id"] and key.verify(bytes.fromhex(event["sig"]), digest)
    except (KeyError, TypeError, ValueError):
        return False


def note_content(text: str, files: Sequence[Shown]) -> str:
    """The text with the addresses of its files, each on a line of its own."""
    return "\n".join([*([text] if text else []), *(one.url for one in files)])


def note_tags(text: str, files: Sequence[Shown], options: Options, parents: Parents | None) -> list[Tag]:
    """The tags of a note: what it answers, whom it names, its subjects, its warning and its files, in this order."""
    tags = _reply_tags(parents)
    tags += [["p", each] for each in mentioned(text) if ["p", each] not in tags]
    subjects = [*options.hashtags, *_HASHTAG.findall(text)]
    tags += [["t", each] for each in dict.fromkeys(each.lower() for each in subjects)]
    if options.content_warning is not None:
        tags.append(["content-warning", options.content_warning])
    return tags + [_file_tag(one) for one in files]


def mentioned(text: str) -> list[str]:
    """The public keys of those whom a text names as `nostr:npub1…`."""
    found = [decode(each) for each in _MENTION.findall(text)]
    return list(dict.fromkeys(one[1].hex() for one in found if one is not None and len(one[1]) == 32))


def key_tag(publication_id: str) -> Tag:
    """What tells a note from another one with the same text in the same second, which would be the same event."""
    return ["key", hashlib.sha256(publication_id.encode()).hexdigest()[:16]]


def deletion_tags(event_id: str) -> list[Tag]:
    """The tags of a request to delete one note (NIP-09)."""
    return [["e", event_id], ["k", str(NOTE)]]


def login_tags(relay: str, challenge: str) -> list[Tag]:
    """The tags of a log-in at a relay (NIP-42)."""
    return [["relay", relay], ["challenge", challenge]]


def upload_header(secret: coincurve.PrivateKey, sha256: str, now: int) -> str:
    """The `Authorization` of an upload: an event for this file alone, for some minutes (BUD-02)."""
    tags = [["t", "upload"], ["x", sha256], ["expiration", str(now + _UPLOAD_LIFE)]]
    event = signed(secret, FILE_LOGIN, now - 1, tags, "Upload a file of a post")
    said = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
    return f"Nostr {base64.urlsafe_b64encode(said).decode().rstrip('=')}"


def _reply_tags(parents: Parents | None) -> list[Tag]:
    if parents is None:
        return []
    tags = [["e", parents.root, parents.relay, "root", parents.author]]
    if parents.parent != parents.root:
        tags.append(["e", parents.parent, parents.relay, "reply", parents.author])
    return [*tags, ["p", parents.author]]


def _file_tag(one: Shown) -> Tag:
    """What a client shows before it has loaded a file (NIP-92)."""
    asset = one.asset
    tag = ["imeta", f"url {one.url}", f"m {asset.mime_type}", f"x {one.sha256}"]
    tag += [f"dim {asset.width}x{asset.height}"] if asset.width and asset.height else []
    return [*tag, f"alt {asset.alt}"] if asset.alt else tag
