"""What a record must be before it is written: its type, its key, its schema, its blobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from munadi.sandbox.bluesky import lexicon, schemas
from munadi.sandbox.bluesky.errors import refuse
from munadi.sandbox.bluesky.formats import FORMATS
from munadi.sandbox.bluesky.lexicon import LexiconError, is_blob
from munadi.sandbox.bluesky.model import Blob, Record
from munadi.sandbox.storage import Table

POST, THREADGATE, POSTGATE = (f"app.bsky.feed.{name}" for name in ("post", "threadgate", "postgate"))
KNOWN_SCHEMAS = {POST: schemas.POST, THREADGATE: schemas.THREADGATE, POSTGATE: schemas.POSTGATE}


def prepared(
    record: dict[str, Any], collection: str, rkey: str, validate: bool | None, path: str = "$.record"
) -> tuple[dict[str, Any], str | None]:
    """The record with its `$type`, and its validationStatus: None when validation was switched off."""
    named = record.get("$type", collection)
    if named != collection:
        raise refuse("InvalidRequest", f"Invalid $type: expected {collection}, got {named}")
    value = {**record, "$type": collection}
    if validate is False:
        return value, None
    schema = KNOWN_SCHEMAS.get(collection)
    if schema is None:
        if validate:
            raise refuse("InvalidRequest", f"Unknown lexicon type: {collection}")
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
        if f"{record.did} {cid}" not in blobs:
            raise refuse("BlobNotFound", f"Could not find blob: {cid}")


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
