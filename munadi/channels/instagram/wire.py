"""Shapes on the wire: container parameters, and answers read leniently. Lists and objects in a form are JSON strings.

Source: Meta's ig-user/media and ig-container references (facts, section 3).
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from munadi.channels.http import no_proof
from munadi.channels.instagram.spec import Kind, Options
from munadi.domain.channel import MediaKind
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
from munadi.domain.model import Model
from munadi.ports import Answer, MediaReader

Form = dict[str, str]
MEDIA_FIELDS = "id,caption,timestamp,permalink,media_type,media_product_type"
# What a post of a kind reads back as: (media_type, media_product_type); None where it may be either.
READS_AS: dict[Kind, tuple[str | None, str]] = {
    Kind.IMAGE: ("IMAGE", "FEED"),
    Kind.CAROUSEL: ("CAROUSEL_ALBUM", "FEED"),
    Kind.REEL: ("VIDEO", "REELS"),
    Kind.STORY: (None, "STORY"),
}


def kind_of(draft: Draft, options: Options) -> Kind:
    """What the post is: as asked, else what its media make it."""
    if options.kind is not None:
        return options.kind
    if len(draft.media) > 1:
        return Kind.CAROUSEL
    return Kind.REEL if draft.media and draft.media[0].kind is MediaKind.VIDEO else Kind.IMAGE


def child_form(asset: MediaAsset, media: MediaReader) -> Form:
    """One child of a carousel; it has no caption of its own."""
    form = {"is_carousel_item": "true", **_source(asset, media)}
    if asset.kind is MediaKind.VIDEO:
        form["media_type"] = "VIDEO"
    elif asset.alt:
        form["alt_text"] = asset.alt
    return form


def carousel_form(draft: Draft, options: Options, children: list[str]) -> Form:
    """The parent of a carousel."""
    return {"media_type": "CAROUSEL", "children": ",".join(children), **_captioned(draft, options)}


def single_form(draft: Draft, options: Options, kind: Kind, media: MediaReader) -> Form:
    """The one container of an image, a reel or a story."""
    asset = draft.media[0]
    form = _source(asset, media)
    if options.user_tags:
        form["user_tags"] = json.dumps([tag.model_dump(exclude_none=True) for tag in options.user_tags])
    if kind is Kind.STORY:
        return {"media_type": "STORIES", **form}
    form.update(_captioned(draft, options))
    if kind is Kind.IMAGE:
        return {**form, "alt_text": asset.alt} if asset.alt else form
    if options.thumb_offset is not None:
        form["thumb_offset"] = str(options.thumb_offset)
    return {"media_type": "REELS", **form}


def _source(asset: MediaAsset, media: MediaReader) -> Form:
    """The network fetches our stored copy, never the client's URL."""
    return {"video_url" if asset.kind is MediaKind.VIDEO else "image_url": media.public_url(asset)}


def _captioned(draft: Draft, options: Options) -> Form:
    form: Form = {"caption": draft.text} if draft.text else {}
    if options.collaborators:
        form["collaborators"] = json.dumps(list(options.collaborators))
    if options.location_id:
        form["location_id"] = options.location_id
    if options.share_to_feed is not None:
        form["share_to_feed"] = _boolean(options.share_to_feed)
    if options.is_ai_generated is not None:
        form["is_ai_generated"] = _boolean(options.is_ai_generated)
    return form


def _boolean(value: bool) -> str:
    return "true" if value else "false"


class MediaRead(Model):
    """A published media as read back."""

    id: str
    caption: str = ""
    permalink: str | None = None
    media_type: str | None = None
    media_product_type: str | None = None
    timestamp: datetime | None = None


def read_media(fields: Any) -> MediaRead | None:
    """One media of an answer; None without an id. Fields of another type than documented read as absent."""
    if not isinstance(fields, dict) or not fields.get("id"):
        return None
    text = {name: value for name, value in fields.items() if isinstance(value, str) and name in MediaRead.model_fields}
    return MediaRead.model_validate({**text, "id": str(fields["id"]), "timestamp": _instant(fields.get("timestamp"))})


def read_media_list(answer: Answer) -> list[MediaRead]:
    """The media of a list answer, in its order. Raises ChannelError: what is no list is not an empty one."""
    return [media for fields in _listed(answer) if (media := read_media(fields))]


class CommentRead(Model):
    """A comment as read back."""

    id: str
    text: str
    timestamp: datetime | None = None


def read_comments(answer: Answer) -> list[CommentRead]:
    """The comments of a list answer that have an id and a text. Raises ChannelError, as `read_media_list`."""
    return [
        CommentRead(id=str(fields["id"]), text=fields["text"], timestamp=_instant(fields.get("timestamp")))
        for fields in _listed(answer)
        if isinstance(fields, dict) and fields.get("id") and isinstance(fields.get("text"), str)
    ]


def _listed(answer: Answer) -> list[Any]:
    data = answer.field("data")
    if not isinstance(data, list):
        raise no_proof(answer)
    return data


def _instant(value: Any) -> datetime | None:
    """`2026-11-25T09:00:00+0000`; None when it is anything else or has no zone."""
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo else None
