"""`com.atproto.repo.*`: the records, with the reference's answers to repeats and to conflicts.

putRecord of equal content is a no-op without a `commit`, regardless of `swapRecord`; an applyWrites with a used rkey
among its creates is a 500: nothing of it is written. Source: npm @atproto/pds 0.4.217, run side by side.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from munadi.sandbox.bluesky import lexicon, schemas
from munadi.sandbox.bluesky.errors import refuse, refuse_if
from munadi.sandbox.bluesky.formats import FORMATS, canonical, record_cid
from munadi.sandbox.bluesky.lexicon import LexiconError, is_blob
from munadi.sandbox.bluesky.limits import REPO_WRITES
from munadi.sandbox.bluesky.model import Account, Blob, Record
from munadi.sandbox.clock import wall_time
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.storage import Table

if TYPE_CHECKING:
    from munadi.sandbox.bluesky import Bluesky

POST, THREADGATE, POSTGATE = (f"app.bsky.feed.{name}" for name in ("post", "threadgate", "postgate"))
KNOWN_SCHEMAS = {POST: schemas.POST, THREADGATE: schemas.THREADGATE, POSTGATE: schemas.POSTGATE}
WRITE_POINTS = {schemas.CREATE: 3, schemas.UPDATE: 2, schemas.DELETE: 1}
MAX_WRITES = 200
WRITES = ("putRecord", "applyWrites")


async def put_record(platform: Bluesky, call: Call) -> Answer:
    caller = platform.caller(call)
    body = platform.input(call, schemas.PUT_RECORD)
    headers = platform.rates.spend(REPO_WRITES, caller.did, WRITE_POINTS[schemas.UPDATE])
    account = platform.own_repo(body["repo"], caller)
    record, validity = _prepared(account, body, body["rkey"])
    current = platform.records.get(record.uri)
    if current is not None and current.cid == record.cid:
        return Answer(200, _written(record, None, validity), headers)
    _check_head(account, body)
    at = current.cid if current else None
    refuse_if(body.get("swapRecord", at) != at, "InvalidSwap", f"Record was at {at or 'null'}")
    require_blobs(record, platform.blobs)
    _store(platform, record, current)
    commit = _commit(platform, account, record.cid)
    return Answer(200, _written(record, commit, validity), headers, effect=True)


async def apply_writes(platform: Bluesky, call: Call) -> Answer:
    """All of the writes in one commit, or none."""
    caller = platform.caller(call)
    body = platform.input(call, schemas.APPLY_WRITES)
    writes = body["writes"]
    points = sum(WRITE_POINTS[write["$type"]] for write in writes)
    headers = platform.rates.spend(REPO_WRITES, caller.did, points)
    account = platform.own_repo(body["repo"], caller)
    refuse_if(len(writes) > MAX_WRITES, "InvalidRequest", f"Too many writes. Max: {MAX_WRITES}")
    planned = [_planned(platform, account, index, write, body.get("validate")) for index, write in enumerate(writes)]
    _check_head(account, body)
    there = {record.uri: record.uri in platform.records for record, _ in planned}
    for (record, _), write in zip(planned, writes, strict=True):
        if there[record.uri] is (write["$type"] == schemas.CREATE):
            raise refuse("InternalServerError", headers=headers)  # the reference's own words for either
        there[record.uri] = write["$type"] != schemas.DELETE
    for record, _ in planned:
        require_blobs(record, platform.blobs)
    results = [_applied(platform, write, *plan) for write, plan in zip(writes, planned, strict=True)]
    change = " ".join(record.cid for record, _ in planned)
    return Answer(200, {"commit": _commit(platform, account, change), "results": results}, headers, effect=True)


async def get_record(platform: Bluesky, call: Call) -> Answer:
    query = {name: call.query.get(name, "") for name in ("repo", "collection", "rkey")}
    if not all(query.values()) or not FORMATS["nsid"][1](query["collection"]):
        raise refuse("InternalServerError")  # the reference's answer to any invalid query
    account = platform.readable_repo(query["repo"])
    if account is None:
        raise refuse("InvalidRequest", "Could not locate record")
    uri = f"at://{account.did}/{query['collection']}/{query['rkey']}"
    record = platform.records.get(uri)
    if record is None or call.query.get("cid", record.cid) != record.cid:
        raise refuse("RecordNotFound", f"Could not locate record: {uri}")
    return Answer(200, {"uri": record.uri, "cid": record.cid, "value": record.value})


def _planned(
    platform: Bluesky, account: Account, index: int, write: dict[str, Any], validate: bool | None
) -> tuple[Record, str | None]:
    rkey = write.get("rkey") or platform.tids.next(platform.clock.now())
    if write["$type"] == schemas.DELETE:
        return Record(account.did, write["collection"], rkey, ""), None
    body = {**write, "record": write["value"], "validate": validate}
    return _prepared(account, body, rkey, f"$.writes[{index}].record")


def _applied(platform: Bluesky, write: dict[str, Any], record: Record, validity: str | None) -> dict[str, Any]:
    kind = {"$type": f"{write['$type']}Result"}
    if write["$type"] == schemas.DELETE:
        platform.records.remove(record.uri)
        return kind
    _store(platform, record, platform.records.get(record.uri))
    return {**_written(record, None, validity), **kind}


def _prepared(account: Account, body: dict[str, Any], rkey: str, path: str = "$.record") -> tuple[Record, str | None]:
    collection = body["collection"]
    value, validity = _validated(body["record"], collection, rkey, body.get("validate"), path)
    return Record(account.did, collection, rkey, record_cid(value), canonical(value)), validity


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


def _written(record: Record, commit: dict[str, str] | None, validity: str | None) -> dict[str, Any]:
    body: dict[str, Any] = {"uri": record.uri, "cid": record.cid}
    if commit is not None:
        body["commit"] = commit
    if validity is not None:
        body["validationStatus"] = validity
    return body


def _validated(
    record: dict[str, Any], collection: str, rkey: str, validate: bool | None, path: str = "$.record"
) -> tuple[dict[str, Any], str | None]:
    """The record with its `$type`, and its validationStatus: None when validation was switched off."""
    named = record.get("$type", collection)
    refuse_if(named != collection, "InvalidRequest", f"Invalid $type: expected {collection}, got {named}")
    value = {**record, "$type": collection}
    if validate is False:
        return value, None
    schema = KNOWN_SCHEMAS.get(collection)
    if schema is None:
        refuse_if(validate, "InvalidRequest", f"Unknown lexicon type: {collection}")
        return value, "unknown"
    if not FORMATS["tid"][1](rkey):
        shown = f'Invalid TID string (got "{rkey}") at $'
        raise refuse("InvalidRequest", f"Invalid record key for {collection}: {shown}")
    try:
        lexicon.validate(value, schema, path)
    except LexiconError as problem:
        raise refuse("InvalidRequest", f"Invalid {collection} record: {problem}") from None
    return value, "valid"


def require_blobs(record: Record, blobs: Table[Blob]) -> None:
    for cid in blob_cids(record.value):
        refuse_if(f"{record.did} {cid}" not in blobs, "BlobNotFound", f"Could not find blob: {cid}")


def blob_cids(value: Any) -> Iterator[str]:
    """Every blob a record names, in order."""
    if is_blob(value):
        yield value["ref"]["$link"]
    elif isinstance(value, dict):
        for inner in value.values():
            yield from blob_cids(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from blob_cids(inner)
