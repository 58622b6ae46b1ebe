"""`com.atproto.repo.*`: records and blobs, with the reference's answers to repeats and conflicts; and who reads them.

putRecord of equal content is a no-op without a `commit`, regardless of `swapRecord`; an applyWrites with a used rkey
among its creates is a 500: nothing of it is written. Records are not checked here: the real server refuses invalid
ones, and in tests the lexicons' models check what the sandbox accepts. Source: npm @atproto/pds 0.4.217.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from munadi.sandbox.bluesky.formats import TID, blob_cid, canonical, record_cid
from munadi.sandbox.bluesky.model import Account, Blob, Record, refuse, refuse_if, require_usable
from munadi.sandbox.clock import DAY, HOUR, wall_time
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.media import sniff

if TYPE_CHECKING:
    from munadi.sandbox.bluesky import Bluesky

KINDS = POST, THREADGATE, POSTGATE = [f"app.bsky.feed.{name}" for name in ("post", "threadgate", "postgate")]
CREATE, UPDATE, DELETE = (f"com.atproto.repo.applyWrites#{name}" for name in ("create", "update", "delete"))
WRITE_POINTS = {CREATE: 3, UPDATE: 2, DELETE: 1}
MAX_WRITES = 200
WRITES = ("putRecord", "applyWrites")


async def put_record(platform: Bluesky, call: Call) -> Answer:
    caller = platform.caller(call)
    body = platform.input(call)
    _spend(platform, caller, WRITE_POINTS[UPDATE])
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
    _spend(platform, caller, sum(WRITE_POINTS[write["$type"]] for write in writes))
    account = platform.own_repo(body["repo"], caller)
    refuse_if(len(writes) > MAX_WRITES, "InvalidRequest", f"Too many writes. Max: {MAX_WRITES}")
    planned = [_planned(platform, account, write) for write in writes]
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


async def get_record(platform: Bluesky, call: Call) -> Answer:
    repo, collection, rkey = (call.query.get(name, "") for name in ("repo", "collection", "rkey"))
    account = platform.readable_repo(repo)
    if account is None:
        raise refuse("InvalidRequest", "Could not locate record")
    uri = f"at://{account.did}/{collection}/{rkey}"
    record = platform.records.get(uri)
    if record is None or call.query.get("cid", record.cid) != record.cid:
        raise refuse("RecordNotFound", f"Could not locate record: {uri}")
    return Answer(200, {"uri": record.uri, "cid": record.cid, "value": record.value})


async def upload_blob(platform: Bluesky, call: Call) -> Answer:
    """A blob is invisible until a record names it. Its type is found in the bytes; the client's is the fallback."""
    account = platform.caller(call)
    require_usable(account, deactivated_too=False)
    refuse_if(len(call.body) > platform.limits["blobBytes"], "PayloadTooLarge")
    platform.limited("everyone", "uploadsPerDay", DAY)
    mime_type = sniff(call.body) or call.content_type
    digest = platform.shelf.keep(call.body, mime_type).digest
    blob = Blob(account.did, blob_cid(call.body), mime_type, len(call.body), digest)
    platform.blobs.put(blob.key, blob)
    return Answer(200, {"blob": blob.reference}, effect=True)


async def resolve_handle(platform: Bluesky, call: Call) -> Answer:
    handle = call.query.get("handle", "").lower()
    account = platform.readable_repo(handle)
    if account is None or account.handle != handle:
        raise refuse("InvalidRequest", "Unable to resolve handle")
    return Answer(200, {"did": account.did})


async def get_posts(platform: Bluesky, call: Call) -> Answer:
    """Posts that the AppView has indexed by now; it runs seconds behind the PDS."""
    latest = platform.clock.now() - platform.delays["appview"]
    records = [platform.records.get(uri) for uri in call.query.getlist("uris")]
    posts = [
        {"uri": record.uri, "cid": record.cid, "author": {"did": record.did}, "record": record.value}
        for record in records
        if record is not None and record.collection == POST and record.indexed_at <= latest
    ]
    return Answer(200, {"posts": posts})


def _spend(platform: Bluesky, caller: Account, points: int) -> None:
    platform.limited(caller.did, "pointsPerHour", HOUR, points)
    platform.limited(caller.did, "pointsPerDay", DAY, points)


def _planned(platform: Bluesky, account: Account, write: dict[str, Any]) -> Record:
    rkey = write.get("rkey") or platform.tids.next(platform.clock.now())
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
    account.head_rev = platform.tids.next(platform.clock.now())
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
