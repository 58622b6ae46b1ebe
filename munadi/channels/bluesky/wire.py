"""Shapes on the wire: the post record, its gates, and the call that writes them. Pure: the same for the same draft.

Source: lexicons app.bsky.feed.{post,threadgate,postgate}, com.atproto.label.defs#selfLabels,
com.atproto.repo.{putRecord,applyWrites}.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from munadi.channels.bluesky.embeds import embed_of, strong_ref
from munadi.channels.bluesky.facets import as_wire, detect
from munadi.channels.bluesky.spec import NOBODY, Options
from munadi.channels.bluesky.state import Prepared, Ref
from munadi.channels.bluesky.thread import number_of
from munadi.channels.steps import text_of
from munadi.domain.publication import POST
from munadi.ports import Answer, PublicationDraft

FEED_POST = "app.bsky.feed.post"
THREADGATE, POSTGATE = "app.bsky.feed.threadgate", "app.bsky.feed.postgate"
REPLY_RULES = {"mentioned": "mentionRule", "followers": "followerRule", "following": "followingRule"}


@dataclass(frozen=True)
class Reply:
    """What a part answers: the thread's first post, and the one just before it."""

    root: Ref
    parent: Ref


def timestamp(at: datetime) -> str:
    """RFC 3339 with milliseconds and Z, as the official client writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def post_record(
    draft: PublicationDraft, options: Options, prepared: Prepared, step: str = POST, reply: Reply | None = None
) -> dict[str, Any]:
    """The whole record. `createdAt` is the due time, the same in every retry, and a millisecond more for each part.

    Embed and extra tags belong to the first post; languages and labels to every one.
    """
    text = text_of(draft, step) or ""
    created_at = draft.due_at + timedelta(milliseconds=number_of(step) - 1)
    record: dict[str, Any] = {"$type": FEED_POST, "text": text, "createdAt": timestamp(created_at)}
    if facets := as_wire(text, detect(text), prepared.mentions):
        record["facets"] = facets
    if reply is not None:
        record["reply"] = {"root": strong_ref(reply.root), "parent": strong_ref(reply.parent)}
    if step == POST and (embed := embed_of(draft, options, prepared)):
        record["embed"] = embed
    if step == POST and options.tags:
        record["tags"] = list(options.tags)
    if options.langs:
        record["langs"] = list(options.langs)
    if options.labels:
        values = [{"val": label} for label in options.labels]
        record["labels"] = {"$type": "com.atproto.label.defs#selfLabels", "values": values}
    return record


def gates_of(options: Options, step: str, uri: str, created_at: str) -> dict[str, dict[str, Any]]:
    """Who may answer a post and who may quote it: records by collection, at the post's key.

    Replies are restricted for the whole thread, quotes for each of its posts. The official app writes them like this.
    """
    found: dict[str, dict[str, Any]] = {}
    if options.reply_control and step == POST:
        found[THREADGATE] = {"allow": [_reply_rule(name) for name in options.reply_control if name != NOBODY]}
    if not options.quotes_allowed:
        found[POSTGATE] = {"embeddingRules": [{"$type": f"{POSTGATE}#disableRule"}]}
    return {name: {"$type": name, "post": uri, "createdAt": created_at, **gate} for name, gate in found.items()}


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
    """The result of a commit for each record, in order."""
    results = answer.field("results")
    each = results if isinstance(results, list) else [answer.body]
    return [one if isinstance(one, dict) else {} for one in each]


def same_post(one: Any, other: Any) -> bool:
    """Whether two records are the same post: equal in everything but `createdAt`, which a later try may change."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return False
    return {**one, "createdAt": None} == {**other, "createdAt": None}


def post_uri(did: str, key: str) -> str:
    """The AT URI of a post, which is its id."""
    return f"at://{did}/{FEED_POST}/{key}"


def post_url(did: str, key: str) -> str:
    """Where people see it; an address with the DID survives a change of handle."""
    return f"https://bsky.app/profile/{did}/post/{key}"


def _reply_rule(name: str) -> dict[str, str]:
    if name in REPLY_RULES:
        return {"$type": f"{THREADGATE}#{REPLY_RULES[name]}"}
    return {"$type": f"{THREADGATE}#listRule", "list": name}
