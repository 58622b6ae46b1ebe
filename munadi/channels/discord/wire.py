"""Shapes on the wire: the body of a message, and messages read leniently. Source: docs/networks/discord.md, 3."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from munadi.channels.answers import text_in
from munadi.channels.discord.spec import Embed, Options
from munadi.channels.http import given, given_id
from munadi.channels.text import collapsed
from munadi.domain.channel import MediaKind
from munadi.domain.content import Draft
from munadi.domain.document_types import DOCUMENT_TYPES
from munadi.domain.media import MediaAsset

HIDE_PREVIEWS, SILENT = 1 << 2, 1 << 12
# Discord judges a file by the end of its name.
ENDS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp", **DOCUMENT_TYPES}
ENDS |= {"video/mp4": "mp4", "video/quicktime": "mov", "video/webm": "webm"}
# Discord's first millisecond; the rest of an id counts within a millisecond.
EPOCH, SHIFT = 1_420_070_400_000, 22
NONCE_LENGTH = 25
_KEYED = re.compile(r"-[0-9a-f]{12}-[0-9]\.[a-z0-9]+$")
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")


def message_body(text: str, options: Options, names: Sequence[str], media: Sequence[MediaAsset]) -> dict[str, Any]:
    """The post itself. `names` are those of the files that go with it."""
    attachments = [
        {"id": index, "filename": name, **({"description": asset.alt} if asset.alt else {})}
        for index, (name, asset) in enumerate(zip(names, media, strict=True))
    ]
    more = {"embeds": [embed_body(options.embed)] if options.embed else None, "attachments": attachments or None}
    return {**_common(text, options), **given(more)}


def reply_body(text: str, options: Options, parent: str) -> dict[str, Any]:
    """A later part: an answer to a live message, refused where that is gone."""
    body = _common(text, options)
    body["allowed_mentions"] = {**body["allowed_mentions"], "replied_user": False}
    return {**body, "message_reference": {"message_id": parent, "fail_if_not_exists": True}}


def edited_body(draft: Draft, options: Options) -> dict[str, Any]:
    """The text and the embed. Attachments are left out, so they stay."""
    shown = [embed_body(options.embed)] if options.embed else []
    return {"content": draft.text, "embeds": shown, "allowed_mentions": _mentions(options)}


def embed_body(embed: Embed) -> dict[str, Any]:
    """An embed with what it has."""
    return embed.model_dump(mode="json", by_alias=False, exclude_none=True)


def _common(text: str, options: Options) -> dict[str, Any]:
    flags = (HIDE_PREVIEWS if options.hide_previews else 0) | (SILENT if options.silent else 0)
    return {"content": text, "allowed_mentions": _mentions(options), **({"flags": flags} if flags else {})}


def _mentions(options: Options) -> dict[str, Any]:
    """Whom the message notifies. Without this Discord notifies all whom the text names."""
    wanted = options.mentions
    named = {"roles": list(wanted.roles), "users": list(wanted.users)}
    return {"parse": ["everyone"] if wanted.everyone else [], **{name: ids for name, ids in named.items() if ids}}


def nonce_of(publication_id: str, step: str, target: str, body: Mapping[str, Any]) -> str:
    """The key by which Discord makes a message once. It does not compare bodies, so another body has another key."""
    key = json.dumps([publication_id, step, target, body], sort_keys=True)
    return base64.b32encode(hashlib.sha256(key.encode()).digest()).decode().lower()[:NONCE_LENGTH]


def file_names(publication_id: str, media: Sequence[MediaAsset]) -> list[str]:
    """Names that no other post's files have: by them a post is found again. A document keeps its own name before it."""
    key = hashlib.sha256(publication_id.encode()).hexdigest()[:12]
    return [f"{_stem(asset)}-{key}-{index}.{ENDS.get(asset.mime_type, 'bin')}" for index, asset in enumerate(media)]


def names_in(message: Mapping[str, Any]) -> list[str]:
    """The names of a message's files."""
    files = message.get("attachments")
    return [str(one.get("filename")) for one in files if isinstance(one, dict)] if isinstance(files, list) else []


def is_anothers(names: Sequence[str]) -> bool:
    """Whether files that are not named as ours are named as those of another post."""
    return any(_KEYED.search(name) for name in names)


def embeds_in(message: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Title and description of the embeds that were sent; the others are previews of links."""
    rows = message.get("embeds")
    shown = [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []
    rich = [one for one in shown if one.get("type") == "rich"]
    return [(collapsed(text_in(one, "title") or ""), collapsed(text_in(one, "description") or "")) for one in rich]


def embed_key(options: Options) -> list[tuple[str, str]]:
    """The same of the embed that is sent."""
    one = options.embed
    return [(collapsed(one.title or ""), collapsed(one.description or ""))] if one else []


def same_text(shown: str, sent: str) -> bool:
    """Whether a message shows the text that was sent, but for blanks and how its characters are composed."""
    return collapsed(shown) == collapsed(sent)


def parent_in(message: Mapping[str, Any]) -> str | None:
    """The message that this one answers."""
    reference = message.get("message_reference")
    return given_id(reference.get("message_id")) if isinstance(reference, dict) else None


def id_at(at: datetime) -> str:
    """The id of a message made at this time: greater ids are later."""
    return str(max(int(at.timestamp() * 1000) - EPOCH, 0) << SHIFT)


def _stem(asset: MediaAsset) -> str:
    if asset.kind is not MediaKind.DOCUMENT or not asset.name:
        return asset.kind.value
    return _NOT_IN_NAMES.sub("-", asset.name.rpartition(".")[0].lower()).strip("-")[:60] or "document"
