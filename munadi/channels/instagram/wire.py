"""Shapes on the wire: container parameters, and answers read leniently. Lists and objects in a form are JSON strings.

Source: Meta's ig-user/media and ig-container references (docs/networks/instagram.md, section 3).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from munadi.channels.instagram.spec import Kind, Options, UserTag
from munadi.channels.meta.graph import flag, instant
from munadi.channels.meta.media import public_source
from munadi.channels.meta.wire import Form
from munadi.domain.channel import MediaKind
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
from munadi.domain.model import Model
from munadi.ports import MediaReader


def kind_of(draft: Draft, options: Options) -> Kind:
    """What the post is: as its options say, else by its media."""
    if options.kind is not None:
        return options.kind
    shown = shown_media(draft, options)
    if len(shown) > 1:
        return Kind.CAROUSEL
    return Kind.REEL if shown and shown[0].kind is MediaKind.VIDEO else Kind.IMAGE


def shown_media(draft: Draft, options: Options) -> tuple[MediaAsset, ...]:
    """The media of the post itself, without the cover."""
    return tuple(asset for index, asset in enumerate(draft.media) if index != options.cover_index)


def child_form(asset: MediaAsset, media: MediaReader, tags: Sequence[UserTag] = ()) -> Form:
    """One child of a carousel, with the people in it; it has no caption of its own."""
    form = {"is_carousel_item": "true", **public_source(asset, media), **_tagged(tags)}
    if asset.kind is MediaKind.VIDEO:
        form["media_type"] = "VIDEO"
    elif asset.alt:
        form["alt_text"] = asset.alt
    return form


def carousel_form(draft: Draft, options: Options, children: list[str]) -> Form:
    """The parent of a carousel."""
    return {"media_type": "CAROUSEL", "children": ",".join(children), **_captioned(draft, options)}


def single_form(
    draft: Draft, options: Options, kind: Kind, media: MediaReader, cover: MediaAsset | None = None
) -> Form:
    """The one container of an image, a reel or a story; `draft` has its one medium."""
    asset = draft.media[0]
    form = {**public_source(asset, media), **_tagged(options.user_tags)}
    if kind is Kind.STORY:
        return {"media_type": "STORIES", **form}
    form.update(_captioned(draft, options))
    if kind is Kind.IMAGE:
        return {**form, "alt_text": asset.alt} if asset.alt else form
    if options.thumb_offset is not None:
        form["thumb_offset"] = str(options.thumb_offset)
    if cover is not None:
        form["cover_url"] = media.public_url(cover)
    if options.audio_name:
        form["audio_name"] = options.audio_name
    if options.trial_graduation:
        form["trial_params"] = json.dumps({"graduation_strategy": options.trial_graduation.value})
    return {"media_type": "REELS", **form}


def _tagged(tags: Sequence[UserTag]) -> Form:
    people = [tag.model_dump(exclude_none=True, exclude={"media_index"}) for tag in tags]
    return {"user_tags": json.dumps(people)} if people else {}


def _captioned(draft: Draft, options: Options) -> Form:
    form: Form = {"caption": draft.text} if draft.text else {}
    if options.collaborators:
        form["collaborators"] = json.dumps(list(options.collaborators))
    if options.location_id:
        form["location_id"] = options.location_id
    if options.share_to_feed is not None:
        form["share_to_feed"] = flag(options.share_to_feed)
    if options.is_ai_generated is not None:
        form["is_ai_generated"] = flag(options.is_ai_generated)
    return form


class CommentRead(Model):
    """A comment as read back."""

    id: str
    text: str
    timestamp: datetime | None = None


def read_comments(rows: list[Any]) -> list[CommentRead]:
    """The comments of a list that have an id and a text."""
    return [
        CommentRead(id=str(fields["id"]), text=fields["text"], timestamp=instant(fields.get("timestamp")))
        for fields in rows
        if isinstance(fields, dict) and fields.get("id") and isinstance(fields.get("text"), str)
    ]
