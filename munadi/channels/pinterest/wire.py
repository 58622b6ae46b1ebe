"""Shapes on the wire: the body of a pin, and answers read leniently. Source: docs/networks/pinterest.md, 3 and 7."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from munadi.channels.answers import object_in, text_in
from munadi.channels.http import given_id
from munadi.channels.pinterest.spec import Options
from munadi.channels.posting import Row
from munadi.domain.channel import MediaKind
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
from munadi.ports import Answer

# `media.media_type` of a pin, by what was sent.
IMAGE_PIN, CAROUSEL_PIN, VIDEO_PIN = "image", "multiple_images", "video"


@dataclass(frozen=True, kw_only=True)
class PinRow(Row):
    """A pin of a list; its text is its description. Texts are empty where it has none."""

    title: str
    link: str
    media_type: str


@dataclass(frozen=True)
class Upload:
    """A registered video: where its file goes, with these fields of the form."""

    media_id: str
    url: str
    fields: Mapping[str, str]


def alt_of(draft: Draft) -> str:
    """A pin has one alt text: those of all its media, in their order."""
    return " / ".join(asset.alt for asset in draft.media if asset.alt)


def kind_of(draft: Draft) -> str:
    """What Pinterest calls a pin of these media."""
    if draft.media[0].kind is MediaKind.VIDEO:
        return VIDEO_PIN
    return IMAGE_PIN if len(draft.media) == 1 else CAROUSEL_PIN


def image_source(urls: Sequence[str]) -> dict[str, Any]:
    """One image, or a carousel of several, that Pinterest fetches during the call."""
    if len(urls) == 1:
        return {"source_type": "image_url", "url": urls[0]}
    return {"source_type": "multiple_image_urls", "items": [{"url": url} for url in urls], "index": 0}


def sent_source(files: Sequence[tuple[str, bytes]]) -> dict[str, Any]:
    """One image or a carousel, as types and bytes within the call."""
    items = [{"content_type": kind, "data": base64.b64encode(content).decode()} for kind, content in files]
    if len(items) == 1:
        return {"source_type": "image_base64", **items[0]}
    return {"source_type": "multiple_image_base64", "items": items, "index": 0}


def encoding_overhead(source: Mapping[str, Any]) -> int:
    """The bytes that base64 adds to the images within a call: it writes three as four."""
    return sum(len(one.get("data", "")) for one in source.get("items", [source])) // 4


def video_source(media_id: str, options: Options) -> dict[str, Any]:
    """A processed video, with a picture of it as its cover."""
    return {"source_type": "video_id", "media_id": media_id, "cover_image_key_frame_time": options.cover_time or 0}


def pin_body(draft: Draft, options: Options, source: Mapping[str, Any]) -> dict[str, Any]:
    """The body of the visible call."""
    given = {
        "board_id": options.board_id,
        "board_section_id": options.board_section_id,
        "title": options.title,
        "description": draft.text,
        "link": draft.link,
        "alt_text": alt_of(draft),
        "dominant_color": options.dominant_color,
    }
    return {**{name: value for name, value in given.items() if value}, "media_source": dict(source)}


def id_in(answer: Answer) -> str | None:
    """The proof of a pin that was made."""
    return given_id(answer.field("id"))


def upload_in(answer: Answer) -> Upload | None:
    """A registered video, or None without what its upload needs."""
    media_id, url = given_id(answer.field("media_id")), answer.field("upload_url")
    fields = answer.field("upload_parameters")
    if media_id is None or not isinstance(url, str) or not isinstance(fields, dict):
        return None
    return Upload(media_id, url, {str(name): str(value) for name, value in fields.items()})


def items_in(body: Any) -> list[dict[str, Any]] | None:
    """The rows of a page with ids; None for what is no page."""
    items = object_in(body).get("items")
    if not isinstance(items, list) or not all(isinstance(one, dict) and given_id(one.get("id")) for one in items):
        return None
    return items


def read_rows(body: Any) -> list[PinRow] | None:
    """The pins of a page; None for what is no page, or where one has no time."""
    items = items_in(body)
    rows = [row for one in items or [] if (row := _read_row(one))]
    return rows if items is not None and len(rows) == len(items) else None


def _read_row(one: Mapping[str, Any]) -> PinRow | None:
    """Pinterest writes times without a zone: UTC is assumed (unverified)."""
    try:
        at = datetime.fromisoformat(one["created_at"])
    except (TypeError, ValueError, KeyError):
        return None
    return PinRow(
        id=given_id(one["id"]) or "",
        created_at=at if at.tzinfo else at.replace(tzinfo=UTC),
        text=text_in(one, "description") or "",
        title=text_in(one, "title") or "",
        link=text_in(one, "link") or "",
        media_type=text_in(one, "media", "media_type") or "",
    )


def is_video(asset: MediaAsset) -> bool:
    """Whether a file is uploaded; images are fetched."""
    return asset.kind is MediaKind.VIDEO
