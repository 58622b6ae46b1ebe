"""The media server (Blossom): files by their hash, each with an event of its owner (docs/networks/nostr.md, 3)."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.media import sniff
from munadi.sandbox.nostr.model import File, Key, check, refuse, refuse_if

if TYPE_CHECKING:
    from munadi.sandbox.nostr import Nostr

KIND = 24242
ENDS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp", "video/mp4": "mp4"}


async def upload(platform: Nostr, call: Call) -> Answer:
    """201, or 200 for a file that is there already."""
    sha256 = hashlib.sha256(call.body).hexdigest()
    _owner(platform, call, sha256)
    refuse_if(len(call.body) > platform.limits["fileBytes"], "large")
    refuse_if(call.headers.get("x-sha-256", sha256) != sha256, "hash")
    mime_type = sniff(call.body)
    refuse_if(mime_type is None, "type")
    known = platform.files.get(sha256)
    stored = platform.blob_store.keep(call.body, str(mime_type))
    platform.files.put(sha256, File(sha256, stored.digest, str(mime_type)))
    url = f"{call.base_url}/nostr/media/{sha256}.{ENDS.get(str(mime_type), 'bin')}"
    uploaded = int(platform.clock.now())
    shown = {"url": url, "sha256": sha256, "size": len(call.body), "type": mime_type, "uploaded": uploaded}
    return Answer(200 if known else 201, shown, effect=True)


async def download(platform: Nostr, call: Call) -> Answer:
    """The bytes of a file."""
    found = platform.files.get(call.path.rpartition("/")[2].partition(".")[0])
    content = platform.blob_store.read(found.digest) if found else None
    if found is None or content is None:
        raise refuse("missing")
    return Answer(200, content, {"content-type": found.mime_type})


def _owner(platform: Nostr, call: Call, sha256: str) -> Key:
    """Whose upload it is. Raises 401 without an event for this file, of this time."""
    event = event_of(call)
    try:
        check(event)
    except (KeyError, Refusal):
        raise refuse("auth") from None
    tags: dict[str, Any] = {tag[0]: tag[1] for tag in event["tags"] if len(tag) > 1}
    now = platform.clock.now()
    is_right = event["kind"] == KIND and tags.get("t") == "upload" and tags.get("x") == sha256
    is_timely = event["created_at"] <= now + 60 and float(tags.get("expiration") or 0) > now
    owner = platform.accounts.get(event["pubkey"])
    if owner is None or not is_right or not is_timely or not platform.is_admitted(owner):
        raise refuse("auth")
    refuse_if(owner.status == "unpaid", "quota")
    return owner


def event_of(call: Call) -> dict[str, Any]:
    """The event of an `Authorization`; an empty one for what is none."""
    scheme, _, given = call.headers.get("authorization", "").partition(" ")
    try:
        found = json.loads(base64.urlsafe_b64decode(given + "=" * (-len(given) % 4))) if scheme == "Nostr" else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
