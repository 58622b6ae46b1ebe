"""Files: opened, received in parts at addresses that expire, finished by the parts' tags, processed for a while."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

from munadi.sandbox.clock import DAY, HOUR
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.linkedin.model import Account, Asset, refuse, refuse_if
from munadi.sandbox.media import image_facts, sniff, video_facts

if TYPE_CHECKING:
    from munadi.sandbox.linkedin import LinkedIn

WRITE = ("w_member_social", "w_organization_social")
STATES = ("WAITING_UPLOAD", "PROCESSING", "PROCESSING_FAILED", "AVAILABLE")
LIVES = {"images": HOUR, "documents": HOUR, "videos": 30 * DAY}
# How a PDF, an Office file and an older one begin.
DOCUMENTS = (b"%PDF-", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
MAX_BYTES = 60_000_000  # the sandbox holds no more


async def initialize(platform: LinkedIn, call: Call) -> Answer:
    caller, kind = platform.caller(call, *WRITE), call.path.split("/")[2]
    asked = call.json(refuse("invalid")).get("initializeUploadRequest")
    if call.query.get("action") != "initializeUpload" or not isinstance(asked, dict):
        raise refuse("field")
    owner, total = platform.author(caller, asked.get("owner")), asked.get("fileSizeBytes", 0)
    refuse_if(not 0 <= total <= MAX_BYTES or (kind == "videos") != (total > 0), "invalid")
    now, name = platform.clock.now(), kind.removesuffix("s")
    urn = f"urn:li:{name}:C5F{platform.next_id()}"
    asset = Asset(urn, owner.id, kind, total, now, now + LIVES[kind], secrets.token_urlsafe(12))
    platform.assets.put(urn, asset)
    expires = int(asset.expires_at * 1000)
    value: dict[str, Any] = {name: urn}
    if kind != "videos":
        value |= {"uploadUrl": _address(call, asset, 0), "uploadUrlExpiresAt": expires}
        return Answer(200, {"value": value}, effect=True)
    size = platform.limits["partBytes"]
    parts = [
        {"uploadUrl": _address(call, asset, number), "firstByte": first, "lastByte": min(first + size, total) - 1}
        for number, first in enumerate(range(0, total, size))
    ]
    value |= {"uploadToken": asset.token, "uploadInstructions": parts, "uploadUrlsExpireAt": expires}
    return Answer(200, {"value": value}, effect=True)


async def receive(platform: LinkedIn, call: Call) -> Answer:
    """The bytes of one part. Images and documents need the token, parts of videos do not."""
    urn, number = call.path.split("/")[-2:]
    asset = platform.assets.get(urn)
    if asset is None or call.query.get("ut") != asset.token:
        raise refuse("access")
    refuse_if(asset.kind != "videos" and platform.issuer.live(call.bearer or "") is None, "token")
    refuse_if(platform.clock.now() >= asset.expires_at, "expired")
    refuse_if(not call.body or len(call.body) > MAX_BYTES, "invalid")
    tag = hashlib.sha1(call.body, usedforsecurity=False).hexdigest()
    platform.received[f"{urn}/{int(number):04}"] = bytearray(call.body)
    asset.tags[number] = tag
    platform.assets.put(urn, asset)
    if asset.kind != "videos":
        _finish(platform, asset, platform.collected(urn))
        return Answer(201, None, effect=True)
    return Answer(200, None, {"etag": tag}, effect=True)


async def finalize(platform: LinkedIn, call: Call) -> Answer:
    """All parts of a video, named by their tags in order."""
    caller = platform.caller(call, *WRITE)
    asked = call.json(refuse("invalid")).get("finalizeUploadRequest", {})
    asset = platform.assets.get(str(asked.get("video")))
    if asset is None:
        raise refuse("missing")
    platform.author(caller, asset.owner)
    numbers = sorted(asset.tags, key=int)
    refuse_if(asked.get("uploadToken") != asset.token, "invalid")
    refuse_if(asked.get("uploadedPartIds") != [asset.tags[number] for number in numbers], "invalid")
    if asset.digest is None:
        body = platform.collected(asset.urn)
        refuse_if(len(body) != asset.total, "invalid", "The parts do not add up to the file's size")
        _finish(platform, asset, body)
    return Answer(200, None, effect=True)


async def status(platform: LinkedIn, call: Call) -> Answer:
    """A member's token reads no images and no documents."""
    _, _, kind, urn = call.path.split("/")
    caller, asset = platform.caller(call, *WRITE), platform.assets.get(urn)
    forbidden = f"Accessing this {kind.removesuffix('s')} resource is forbidden"
    refuse_if(kind != "videos" and caller.id == caller.person, "access", forbidden)
    if asset is None or asset.kind != kind:
        raise refuse("missing")
    platform.author(caller, asset.owner)
    body: dict[str, Any] = {"id": asset.urn, "owner": asset.owner, "status": asset.state(platform.clock.now(), *STATES)}
    return Answer(200, {**body, **({"processingFailureReason": asset.problem} if asset.problem else {})})


def attached(platform: LinkedIn, author: Account, urn: Any) -> Asset:
    """A file of a new post, which may still be processed. Raises LinkedIn's refusals."""
    asset = platform.assets.get(str(urn))
    if asset is None:
        named = ("video", "document")
        raise refuse(next((kind for kind in named if f":{kind}:" in str(urn)), "image"))
    refuse_if(asset.owner != author.id, "access")
    refuse_if(asset.digest is None, "waiting")
    refuse_if(asset.state(platform.clock.now(), *STATES) == "PROCESSING_FAILED", "failed")
    return asset


def _finish(platform: LinkedIn, asset: Asset, body: bytes) -> None:
    checks = {"images": image_facts, "documents": lambda sent: sent.startswith(DOCUMENTS), "videos": video_facts}
    asset.digest = platform.shelf.keep(body, str(sniff(body) or "application/octet-stream")).digest
    asset.problem = "INVALID_FILE" if not checks[asset.kind](body) or platform.switches["failProcessing"] else ""
    asset.ready_at = platform.clock.now() + platform.delays[asset.kind.removesuffix("s")]
    platform.assets.put(asset.urn, asset)


def _address(call: Call, asset: Asset, number: int) -> str:
    return f"{call.base_url}/linkedin/www/dms-uploads/{asset.urn}/{number}?ut={asset.token}"
