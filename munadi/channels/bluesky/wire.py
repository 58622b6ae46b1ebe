"""Shapes on the wire: the post record and the call that writes it. Pure, and the same for the same draft.

Source: lexicons app.bsky.feed.post, com.atproto.label.defs#selfLabels, com.atproto.repo.{putRecord,applyWrites}.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from munadi.channels.bluesky.embeds import embed_of, strong_ref
from munadi.channels.bluesky.facets import as_wire, detect
from munadi.channels.bluesky.spec import Options
from munadi.channels.bluesky.state import Prepared, Ref
from munadi.channels.bluesky.thread import POST as FIRST
from munadi.channels.bluesky.thread import number_of, text_of
from munadi.ports import Answer, PublicationDraft

POST = "app.bsky.feed.post"


@dataclass(frozen=True)
class Reply:
    """What a part answers: the thread's first post, and the one just before it."""

    root: Ref
    parent: Ref


def timestamp(at: datetime) -> str:
    """RFC 3339 with milliseconds and Z, as the official client writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def post_record(
    draft: PublicationDraft, options: Options, prepared: Prepared, stage: str = FIRST, reply: Reply | None = None
) -> dict[str, Any]:
    """The whole record; `createdAt` is the due time, which a repeat shares, and a millisecond more for each part.

    Embed and extra tags belong to the first post; languages and labels to every one.
    """
    text = text_of(draft, stage)
    created_at = draft.due_at + timedelta(milliseconds=number_of(stage) - 1)
    record: dict[str, Any] = {"$type": POST, "text": text, "createdAt": timestamp(created_at)}
    if facets := as_wire(text, detect(text), prepared.mentions):
        record["facets"] = facets
    if reply is not None:
        record["reply"] = {"root": strong_ref(reply.root), "parent": strong_ref(reply.parent)}
    if stage == FIRST:
        record |= _first_only(draft, options, prepared)
    if options.langs:
        record["langs"] = list(options.langs)
    if options.labels:
        values = [{"val": label} for label in options.labels]
        record["labels"] = {"$type": "com.atproto.label.defs#selfLabels", "values": values}
    return record


def _first_only(draft: PublicationDraft, options: Options, prepared: Prepared) -> dict[str, Any]:
    embed = embed_of(draft, options, prepared)
    return ({"embed": embed} if embed else {}) | ({"tags": list(options.tags)} if options.tags else {})


def commit(did: str, key: str, records: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The one call that writes these records, by collection, all at the same key: its method and its body."""
    if len(records) == 1:
        ((collection, record),) = records.items()
        body = {"repo": did, "collection": collection, "rkey": key, "record": record, "swapRecord": None}
        return "com.atproto.repo.putRecord", body
    writes = [
        {"$type": "com.atproto.repo.applyWrites#create", "collection": collection, "rkey": key, "value": record}
        for collection, record in records.items()
    ]
    return "com.atproto.repo.applyWrites", {"repo": did, "writes": writes}


def written(answer: Answer) -> list[dict[str, Any]]:
    """What the answer to a commit says of each record, in order."""
    results = answer.field("results")
    said = results if isinstance(results, list) else [answer.body]
    return [one if isinstance(one, dict) else {} for one in said]


def same_post(one: Any, other: Any) -> bool:
    """Whether two records are the same post: everything but `createdAt`, which a later try may write anew."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return False
    return {**one, "createdAt": None} == {**other, "createdAt": None}


def post_uri(did: str, key: str) -> str:
    """The post's id."""
    return f"at://{did}/{POST}/{key}"


def post_url(did: str, key: str) -> str:
    """Where people see it; the DID form survives a change of handle."""
    return f"https://bsky.app/profile/{did}/post/{key}"
