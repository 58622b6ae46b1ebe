"""Shapes on the wire: the post record and its parts. Pure, and the same for the same draft, so a repeat is identical.

Source: lexicons app.bsky.feed.post, app.bsky.embed.{images,external}, com.atproto.label.defs#selfLabels.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from munadi.channels.bluesky.facets import as_wire, detect
from munadi.channels.bluesky.spec import Options
from munadi.domain.content import Draft
from munadi.domain.ids import time_ordered_key
from munadi.domain.media import MediaAsset
from munadi.domain.model import Model
from munadi.ports import PublicationDraft

POST = "app.bsky.feed.post"


class Card(Model):
    """An external card as prepared; `thumb` is an uploaded blob."""

    title: str
    description: str = ""
    thumb: dict[str, Any] | None = None


class Prepared(Model):
    """What preparation found and uploaded; the state of a handle.

    `mentions` maps a handle to its DID, or to None when there is no such handle; `blobs` are the images' in
    order; `blobs_until` is when the network may forget them; `failures` counts refused uploads.
    """

    mentions: dict[str, str | None] = {}
    blobs: tuple[dict[str, Any], ...] = ()
    card: Card | None = None
    blobs_until: datetime | None = None
    failures: int = 0


def shown_text(draft: Draft) -> str:
    """The text as it will stand: a post has one embed, so beside images the link goes into the text."""
    if not draft.link or not draft.media or draft.link in draft.text:
        return draft.text
    return f"{draft.text}\n\n{draft.link}".lstrip()


def wants_card(draft: Draft) -> bool:
    """Whether the link becomes an external card."""
    return bool(draft.link) and not draft.media


def record_key(draft: PublicationDraft) -> str:
    """The record's key, a TID that only this publication has: a second write at it cannot make a second post."""
    return time_ordered_key(draft.publication_id, draft.created_at)


def timestamp(at: datetime) -> str:
    """RFC 3339 with milliseconds and Z, as the official client writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def post_record(draft: PublicationDraft, options: Options, prepared: Prepared) -> dict[str, Any]:
    """The whole record; `createdAt` is the due time, which a repeat shares."""
    text = shown_text(draft)
    record: dict[str, Any] = {"$type": POST, "text": text, "createdAt": timestamp(draft.due_at)}
    facets = as_wire(text, detect(text), prepared.mentions)
    embed = _embed(draft, prepared)
    if facets:
        record["facets"] = facets
    if embed:
        record["embed"] = embed
    if options.langs:
        record["langs"] = list(options.langs)
    if options.tags:
        record["tags"] = list(options.tags)
    if options.labels:
        values = [{"val": label} for label in options.labels]
        record["labels"] = {"$type": "com.atproto.label.defs#selfLabels", "values": values}
    return record


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


def _embed(draft: Draft, prepared: Prepared) -> dict[str, Any] | None:
    if draft.media:
        images = [_image(asset, blob) for asset, blob in zip(draft.media, prepared.blobs, strict=True)]
        return {"$type": "app.bsky.embed.images", "images": images}
    if prepared.card is None:
        return None
    external: dict[str, Any] = {
        "uri": draft.link,
        "title": prepared.card.title,
        "description": prepared.card.description,
    }
    if prepared.card.thumb:
        external["thumb"] = prepared.card.thumb
    return {"$type": "app.bsky.embed.external", "external": external}


def _image(asset: MediaAsset, blob: dict[str, Any]) -> dict[str, Any]:
    shaped: dict[str, Any] = {"image": blob, "alt": asset.alt or ""}
    if asset.width > 0 and asset.height > 0:
        shaped["aspectRatio"] = {"width": asset.width, "height": asset.height}
    return shaped
