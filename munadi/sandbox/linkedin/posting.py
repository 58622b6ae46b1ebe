"""Posts, listed for pages only and refused as duplicates for ten minutes; comments; their files; and who the caller is.

Files are opened, received in parts at addresses that expire, finished by the parts' tags, and processed for a while.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

from munadi.sandbox.clock import DAY, HOUR, MINUTE, wall_time
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.linkedin.model import PAGE, Account, Asset, Post, read_back, refuse, refuse_if, seen
from munadi.sandbox.media import image_facts, sniff, video_facts

if TYPE_CHECKING:
    from munadi.sandbox.linkedin import LinkedIn

READ = "r_organization_social"
WRITE = ("w_member_social", "w_organization_social")
STATES = ("WAITING_UPLOAD", "PROCESSING", "PROCESSING_FAILED", "AVAILABLE")
LIVES = {"images": HOUR, "documents": HOUR, "videos": 30 * DAY}
# How a PDF, an Office file and an older one begin.
DOCUMENTS = (b"%PDF-", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
MAX_BYTES = 60_000_000  # the sandbox holds no more
MOST_READ = 50  # by their ids, in one call; LinkedIn states no number


async def create(platform: LinkedIn, call: Call) -> Answer:
    """201 without a body: the id is a header, which a switch drops."""
    caller, body = platform.caller(call, *WRITE), call.json(refuse("invalid"))
    author = platform.author(caller, body.get("author"))
    assets, alts = _checked(platform, author, body)
    if platform.switches["refuseDuplicates"]:
        since = platform.clock.now() - 10 * MINUTE
        same = [one.urn for one in platform.written if one.body == body and one.created_at > since]
        named = "urn:li:share:1" if platform.switches["ghostDuplicates"] else same[0] if same else ""
        refuse_if(same, "duplicate", f"Content is a duplicate of {named}")
    urn = f"urn:li:{'ugcPost' if 'media' in body.get('content', {}) else 'share'}:{platform.next_id()}"
    post = Post(urn, author.id, body, platform.clock.now(), wall_time(), assets, alts)
    platform.written.put(urn, post)
    headers = {"x-li-uuid": f"AAY{platform.next_id()}"}
    return Answer(201, None, headers if platform.switches["dropPostId"] else {**headers, "x-restli-id": urn}, True)


async def listed(platform: LinkedIn, call: Call) -> Answer:
    """A page's posts, newest first: 404 where there are none. The total is not to be believed, new posts come late."""
    caller, query = platform.caller(call, READ), call.query
    refuse_if(query.get("q") != "author", "field")
    author, count = platform.author(caller, query.get("author")), int(query.get("count", 10))
    refuse_if(not 1 <= count <= 100 or query.get("sortBy") not in (None, "CREATED", "LAST_MODIFIED"), "invalid")
    rows = [
        one for one in reversed(list(platform.written)) if one.profile_id == author.id and _is_listed(platform, one)
    ]
    refuse_if(not rows, "missing")
    start = int(query.get("start", 0))
    shown = [_view(platform, one) for one in rows[start : start + count]]
    return Answer(200, {"elements": shown, "paging": {"start": start, "count": count, "total": len(rows) + 7}})


async def read(platform: LinkedIn, call: Call) -> Answer:
    caller, post = platform.caller(call, READ), platform.written.get(call.path.rpartition("/")[2])
    if post is None or not _is_listed(platform, post):
        raise refuse("missing")
    platform.author(caller, post.profile_id)
    return Answer(200, _view(platform, post))


async def several(platform: LinkedIn, call: Call) -> Answer:
    """Posts by their ids: each is in `results` or in `errors`. The Development tier has no such call."""
    caller, given = platform.caller(call, READ), call.query.get("ids", "")
    refuse_if(platform.switches["developmentTier"], "access")
    refuse_if(call.headers.get("x-restli-method") != "BATCH_GET" or not given.startswith("List("), "invalid")
    urns = given.removeprefix("List(").removesuffix(")").split(",")
    refuse_if(len(urns) > MOST_READ or not all(urn.startswith("urn:li:") for urn in urns), "invalid")
    results: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for urn in urns:
        post = platform.written.get(urn)
        if post is None or not _is_listed(platform, post):
            errors[urn] = {"status": 404, "code": "NOT_FOUND", "message": "Entity is not found"}
            continue
        platform.author(caller, post.profile_id)
        results[urn] = _view(platform, post)
    return Answer(200, {"results": results, "statuses": {}, "errors": errors})


async def delete(platform: LinkedIn, call: Call) -> Answer:
    """204, also when it is gone already."""
    caller, post = platform.caller(call, *WRITE), platform.written.get(call.path.rpartition("/")[2])
    if post is not None:
        platform.author(caller, post.profile_id)
        platform.written.remove(post.urn)
    return Answer(204, None, effect=post is not None)


async def update(platform: LinkedIn, call: Call) -> Answer:
    """204: the text is another one, and the rest stays."""
    caller, post = platform.caller(call, *WRITE), platform.written.get(call.path.rpartition("/")[2])
    refuse_if(call.headers.get("x-restli-method") != "PARTIAL_UPDATE", "invalid")
    if post is None:
        raise refuse("missing")
    platform.author(caller, post.profile_id)
    text = call.json(refuse("invalid")).get("patch", {}).get("$set", {}).get("commentary")
    refuse_if(not isinstance(text, str), "field")
    refuse_if(not (text.strip() or post.body.get("content")), "blank")
    refuse_if(len(seen(text)) > 3000, "long")
    edited = {"commentary": text, "lifecycleStateInfo": {"isEditedByAuthor": True}}
    changed = text != post.body["commentary"]
    post.body = {**post.body, **edited}
    platform.written.put(post.urn, post)
    return Answer(204, None, effect=changed)


async def comment(platform: LinkedIn, call: Call) -> Answer:
    caller, body = platform.caller(call, *WRITE), call.json(refuse("invalid"))
    actor, post = platform.author(caller, body.get("actor")), platform.written.get(call.path.split("/")[-2])
    if post is None or body.get("object") != post.urn:
        raise refuse("missing")
    text = body.get("message", {}).get("text")
    refuse_if(not isinstance(text, str) or not text.strip(), "blank")
    refuse_if(len(text) > 1250, "long")
    number = int(platform.next_id())
    urn = f"urn:li:comment:(urn:li:activity:{post.urn.rpartition(':')[2]},{number})"
    platform.add_comment(urn, post.urn, actor, text)
    return Answer(201, {"id": str(number), "commentUrn": urn}, {"x-restli-id": urn}, effect=True)


def _checked(platform: LinkedIn, author: Account, body: dict[str, Any]) -> tuple[list[str], dict[str, str]]:
    """The files of a post and their alt texts. Raises LinkedIn's refusals."""
    refuse_if({"author", "commentary", "visibility", "distribution", "lifecycleState"} - set(body), "field")
    content, text = body.get("content") or {}, body["commentary"]
    refuse_if(len(content) > 1, "invalid")
    refuse_if(not isinstance(text, str) or not (text.strip() or content), "blank")
    refuse_if(len(seen(text)) > 3000, "long")
    article, several = content.get("article"), content.get("multiImage", {}).get("images")
    rows = several or ([content["media"]] if "media" in content else [])
    rows += [{"id": article["thumbnail"]}] if article and article.get("thumbnail") else []
    assets = [attached(platform, author, row.get("id")) for row in rows]
    documents = [row for row, asset in zip(rows, assets, strict=True) if asset.kind == "documents"]
    refuse_if(documents and "media" not in content, "invalid")
    refuse_if(documents and not documents[0].get("title"), "field", "title is required for a document")
    return [asset.urn for asset in assets], {row["id"]: row["altText"] for row in rows if row.get("altText")}


def _is_listed(platform: LinkedIn, post: Post) -> bool:
    return platform.clock.now() >= post.created_at + platform.delays["index"] and platform.is_seen(post)


def _view(platform: LinkedIn, post: Post) -> dict[str, Any]:
    at = int(post.created_at * 1000)
    shown = {**post.body, "commentary": read_back(post.body["commentary"])}
    found = {**shown, "id": post.urn, "createdAt": at, "publishedAt": at, "lastModifiedAt": at}
    return platform.changed(post.urn, found)


async def userinfo(platform: LinkedIn, call: Call) -> Answer:
    profile = platform.caller(call, "openid")
    return Answer(200, {"sub": profile.id.rpartition(":")[2], "name": profile.username, "locale": {"language": "en"}})


async def pages(platform: LinkedIn, call: Call) -> Answer:
    """The roles of the person: one row for each page, which others than ADMINISTRATOR are not asked for."""
    caller, query = platform.caller(call, "rw_organization_admin"), call.query
    if query.get("q") != "roleAssignee":
        raise refuse("field")
    own = [one for one in platform.accounts if one.person == caller.person and one.id != one.person]
    rows = [
        {
            "organization": one.id,
            "role": "ANALYST" if one.status == "no_role" else "ADMINISTRATOR",
            "state": "APPROVED",
            "roleAssignee": one.person,
        }
        for one in own
    ]
    found = [row for row in rows if query.get("role") in (None, row["role"])]
    return Answer(200, {"elements": found, "paging": {"start": 0, "count": len(found)}})


async def page(platform: LinkedIn, call: Call) -> Answer:
    platform.caller(call, "rw_organization_admin")
    found = platform.accounts.get(f"{PAGE}{call.path.rpartition('/')[2]}")
    if found is None:
        raise refuse("missing")
    return Answer(200, {"id": int(found.id.rpartition(":")[2]), "vanityName": found.username, "localizedName": "Acme"})


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
    asset.digest = platform.blob_store.keep(body, str(sniff(body) or "application/octet-stream")).digest
    asset.problem = "INVALID_FILE" if not checks[asset.kind](body) or platform.switches["failProcessing"] else ""
    asset.ready_at = platform.clock.now() + platform.delays[asset.kind.removesuffix("s")]
    platform.assets.put(asset.urn, asset)


def _address(call: Call, asset: Asset, number: int) -> str:
    return f"{call.base_url}/linkedin/www/dms-uploads/{asset.urn}/{number}?ut={asset.token}"
