"""`com.atproto.repo.*`: records and blobs, with the reference's answers to repeats and conflicts.

putRecord of equal content is a no-op without a `commit`, regardless of `swapRecord`; an applyWrites with a used rkey
among its creates is a 500: nothing of it is written. Records are not checked here: the real server refuses invalid
ones, and in tests the lexicons' models check what the sandbox accepts. Source: npm @atproto/pds 0.4.217.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from munadi.sandbox.bluesky.model import (
    TID,
    Account,
    Blob,
    Record,
    blob_cid,
    canonical,
    record_cid,
    refuse,
    refuse_if,
    require_usable,
)
from munadi.sandbox.clock import HOUR, wall_time
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.media import StoredMedia, sniff
from munadi.sandbox.model import PostView

if TYPE_CHECKING:
    from munadi.sandbox.bluesky import Bluesky

KINDS = POST, THREADGATE, POSTGATE = [f"app.bsky.feed.{name}" for name in ("post", "threadgate", "postgate")]
CREATE, UPDATE, DELETE = (f"com.atproto.repo.applyWrites#{name}" for name in ("create", "update", "delete"))
WRITE_POINTS = {CREATE: 3, UPDATE: 2, DELETE: 1}
MAX_WRITES = 200
WRITES = ("putRecord", "applyWrites", "deleteRecord")
EMBED_KINDS = {
    "app.bsky.embed.images": "image",
    "app.bsky.embed.gallery": "image",
    "app.bsky.embed.video": "video",
    "app.bsky.embed.external": "link",
    "app.bsky.embed.record": "quote",
    "app.bsky.embed.recordWithMedia": "quote",
}


async def put_record(platform: Bluesky, call: Call) -> Answer:
    caller = platform.caller(call)
    body = platform.input(call)
    platform.limited(caller.did, "pointsPerHour", HOUR, WRITE_POINTS[UPDATE])
    account = platform.own_repo(body["repo"], caller)
    record = _prepared(account, body["collection"], body["rkey"], body["record"])
    current = platform.records.get(record.uri)
    if current is not None and current.cid == record.cid:
        return Answer(200, _written(record))
    _check_head(account, body)
    at = current.cid if current else None
    refuse_if(body.get("swapRecord", at) != at, "InvalidSwap", f"Record was at {at or 'null'}")
    _require_blobs(platform, record)
    _store(platform, record, current)
    commit = _commit(platform, account, record.cid)
    return Answer(200, _written(record) | {"commit": commit}, effect=True)


async def apply_writes(platform: Bluesky, call: Call) -> Answer:
    """All of the writes in one commit, or none."""
    caller = platform.caller(call)
    body = platform.input(call)
    writes = body["writes"]
    platform.limited(caller.did, "pointsPerHour", HOUR, sum(WRITE_POINTS[write["$type"]] for write in writes))
    account = platform.own_repo(body["repo"], caller)
    refuse_if(len(writes) > MAX_WRITES, "InvalidRequest", f"Too many writes. Max: {MAX_WRITES}")
    planned = [_planned(account, write) for write in writes]
    _check_head(account, body)
    there = {record.uri: record.uri in platform.records for record in planned}
    for record, write in zip(planned, writes, strict=True):
        if there[record.uri] is (write["$type"] == CREATE):
            raise refuse("InternalServerError")  # the reference's own words for either
        there[record.uri] = write["$type"] != DELETE
    for record in planned:
        _require_blobs(platform, record)
    results = [_applied(platform, write, record) for write, record in zip(writes, planned, strict=True)]
    change = " ".join(record.cid for record in planned)
    return Answer(200, {"commit": _commit(platform, account, change), "results": results}, effect=True)


async def delete_record(platform: Bluesky, call: Call) -> Answer:
    """A repeat is a success without a `commit`, whatever `swapRecord` says; another version is refused."""
    caller = platform.caller(call)
    body = platform.input(call)
    platform.limited(caller.did, "pointsPerHour", HOUR, WRITE_POINTS[DELETE])
    account = platform.own_repo(body["repo"], caller)
    current = platform.records.get(f"at://{account.did}/{body['collection']}/{body['rkey']}")
    if current is None:
        return Answer(200, {})
    _check_head(account, body)
    refuse_if(body.get("swapRecord", current.cid) != current.cid, "InvalidSwap", f"Record was at {current.cid}")
    platform.records.remove(current.uri)
    return Answer(200, {"commit": _commit(platform, account, current.cid)}, effect=True)


async def upload_blob(platform: Bluesky, call: Call) -> Answer:
    """A blob is invisible until a record names it. Its type is found in the bytes; the client's is the fallback."""
    account = platform.caller(call)
    require_usable(account, deactivated_too=False)
    refuse_if(len(call.body) > platform.limits["blobBytes"], "PayloadTooLarge")
    mime_type = sniff(call.body) or call.content_type
    digest = platform.blob_store.keep(call.body, mime_type).digest
    blob = Blob(account.did, blob_cid(call.body), mime_type, len(call.body), digest)
    platform.blobs.put(blob.key, blob)
    return Answer(200, {"blob": blob.reference}, effect=True)


def _planned(account: Account, write: dict[str, Any]) -> Record:
    rkey = write["rkey"]
    if write["$type"] == DELETE:
        return Record(account.did, write["collection"], rkey, "")
    return _prepared(account, write["collection"], rkey, write["value"])


def _applied(platform: Bluesky, write: dict[str, Any], record: Record) -> dict[str, Any]:
    kind = {"$type": f"{write['$type']}Result"}
    if write["$type"] == DELETE:
        platform.records.remove(record.uri)
        return kind
    _store(platform, record, platform.records.get(record.uri))
    return {**_written(record), **kind}


def _prepared(account: Account, collection: str, rkey: str, given: dict[str, Any]) -> Record:
    if collection in KINDS and not TID.match(rkey):
        shown = f'Invalid TID string (got "{rkey}") at $'
        raise refuse("InvalidRequest", f"Invalid record key for {collection}: {shown}")
    value = {**given, "$type": collection}
    return Record(account.did, collection, rkey, record_cid(value), canonical(value))


def _check_head(account: Account, body: dict[str, Any]) -> None:
    if "swapCommit" in body and body["swapCommit"] != account.head_cid:
        raise refuse("InvalidSwap", f"Commit was at {account.head_cid or 'null'}")


def _store(platform: Bluesky, record: Record, current: Record | None) -> None:
    record.indexed_at = platform.clock.now()
    record.received_at = current.received_at if current else wall_time()
    platform.records.put(record.uri, record)


def _commit(platform: Bluesky, account: Account, change: str) -> dict[str, str]:
    """A new head. Its id is stable and unique, but not the root of a real Merkle search tree."""
    account.head_rev = str(int(platform.clock.now() * 1_000_000))
    account.head_cid = record_cid({"change": change, "prev": account.head_cid, "rev": account.head_rev})
    platform.accounts.put(account.did, account)
    return {"cid": account.head_cid, "rev": account.head_rev}


def _written(record: Record) -> dict[str, Any]:
    status = "valid" if record.collection in KINDS else "unknown"
    return {"uri": record.uri, "cid": record.cid, "validationStatus": status}


def _require_blobs(platform: Bluesky, record: Record) -> None:
    for cid in blob_cids(record.value):
        refuse_if(f"{record.did} {cid}" not in platform.blobs, "BlobNotFound", f"Could not find blob: {cid}")


def blob_cids(value: Any) -> Iterator[str]:
    """Every blob a record names, in order."""
    if isinstance(value, dict) and value.get("$type") == "blob":
        yield value["ref"]["$link"]
    elif isinstance(value, dict):
        for inner in value.values():
            yield from blob_cids(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from blob_cids(inner)


def post_views(platform: Bluesky) -> list[PostView]:
    posts = [_post_view(platform, record) for record in platform.records if record.collection == POST]
    _show_threads(posts)
    return sorted(posts, key=lambda post: post.received_at)


def _show_threads(posts: list[PostView]) -> None:
    """Show the author's own replies as comments of the thread's first post, in order."""
    by_uri = {post.id: post for post in posts}
    followers: dict[str, PostView] = {}
    for post in posts:
        parent = by_uri.get(_parent(post) or "")
        if parent is not None and parent.profile == post.profile:
            followers.setdefault(parent.id, post)
    for root in posts:
        following = followers.get(root.id) if _parent(root) is None else None
        while following is not None:
            root.comments.append(following.text)
            following = followers.get(following.id)


def _parent(post: PostView) -> str | None:
    reply = post.raw["value"].get("reply")
    parent = reply.get("parent") if isinstance(reply, dict) else None
    return str(parent.get("uri")) if isinstance(parent, dict) else None


def _post_view(platform: Bluesky, record: Record) -> PostView:
    embed = record.value.get("embed")
    embed = embed if isinstance(embed, dict) else {}
    kind = EMBED_KINDS.get(str(embed.get("$type")), "reply" if "reply" in record.value else "text")
    embed = inner if isinstance(inner := embed.get("media"), dict) else embed  # a quote with media shows the media
    external = embed.get("external")
    gates = _gates(platform, record)
    return platform.view(
        record,
        "",
        id=record.uri,
        text=str(record.value.get("text", "")),
        kind=kind,
        media=_media(platform, record, embed),
        raw={"uri": record.uri, "cid": record.cid, "value": record.value, "gates": gates},
        link=str(external["uri"]) if isinstance(external, dict) and external.get("uri") else None,
        notes=_notes(embed, gates),
    )


def _gates(platform: Bluesky, record: Record) -> dict[str, Any]:
    """The gates at the post's key, by collection."""
    found = (platform.records.get(f"at://{record.did}/{name}/{record.rkey}") for name in (THREADGATE, POSTGATE))
    return {gate.collection: gate.value for gate in found if gate is not None}


def _notes(embed: dict[str, Any], gates: dict[str, Any]) -> list[str]:
    notes = []
    if isinstance(allow := gates.get(THREADGATE, {}).get("allow"), list):
        rules = [str(rule.get("$type")).partition("#")[2].removesuffix("Rule") for rule in allow]
        notes.append(f"Replies: {', '.join(rules) or 'nobody'}")
    if gates.get(POSTGATE, {}).get("embeddingRules"):
        notes.append("No quotes")
    if captions := embed.get("captions"):
        notes.append(f"Captions: {', '.join(str(caption.get('lang')) for caption in captions)}")
    if embed.get("presentation") == "gif":
        notes.append("Shown as a GIF")
    return notes


def _media(platform: Bluesky, record: Record, embed: dict[str, Any]) -> list[tuple[StoredMedia, str]]:
    shown = []
    images = embed.get("images") or embed.get("items") or [embed]
    alts = [image.get("alt", "") if isinstance(image, dict) else "" for image in images]
    pictured = {name: value for name, value in embed.items() if name != "captions"}
    for index, cid in enumerate(blob_cids(pictured)):
        blob = platform.blobs.get(f"{record.did} {cid}")
        stored = platform.blob_store.facts(blob.digest) if blob else None
        if stored is not None:
            shown.append((stored, str(alts[index]) if index < len(alts) else ""))
    return shown
