"""Shapes on the wire: container parameters, and answers read leniently. Objects in a form are JSON strings.

Source: Meta's Threads publishing reference (docs/networks/threads.md, section 3).
"""

from __future__ import annotations

import json
from typing import Any

from munadi.channels.channel import COMMENT, PART
from munadi.channels.meta.graph import flag
from munadi.channels.meta.media import public_source
from munadi.channels.meta.wire import Form
from munadi.channels.threads.spec import Kind, Options, TextAttachment
from munadi.domain.channel import MediaKind
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
from munadi.domain.publication import POST
from munadi.ports import MediaReader


def kind_of(draft: Draft) -> Kind:
    """What the post is."""
    if len(draft.media) > 1:
        return Kind.CAROUSEL
    if not draft.media:
        return Kind.TEXT
    return Kind.VIDEO if draft.media[0].kind is MediaKind.VIDEO else Kind.IMAGE


def shown_text(draft: Draft) -> str:
    """The text as shown: a card hangs on a text, so without a text the link itself is shown."""
    return draft.text if draft.text.strip() or not draft.link else draft.link


def parent_of(stage: str) -> str:
    """The step that a reply answers: the part before it, or the post."""
    number = int(stage.removeprefix(PART)) if stage.startswith(PART) else 2
    return POST if number <= 2 else f"{PART}{number - 1}"


def text_of(draft: Draft, stage: str) -> str:
    """The text of one step. ValueError for a step that the draft does not have."""
    texts = {POST: shown_text(draft), COMMENT: draft.first_comment}
    texts.update({f"{PART}{number}": part for number, part in enumerate(draft.parts, 2)})
    text = texts.get(stage)
    if text is None:
        raise ValueError(f"this post has no step {stage!r}")
    return text


def child_form(asset: MediaAsset, media: MediaReader) -> Form:
    """One child of a carousel; the text is its parent's."""
    return {"is_carousel_item": "true", **_medium(asset, media)}


def carousel_form(draft: Draft, options: Options, children: list[str]) -> Form:
    """The parent of a carousel."""
    return {"media_type": "CAROUSEL", "children": ",".join(children), **_common(draft, options)}


def single_form(draft: Draft, options: Options, media: MediaReader) -> Form:
    """The one container of a text, an image or a video."""
    if draft.media:
        return {**_medium(draft.media[0], media), **_common(draft, options)}
    form = {"media_type": "TEXT", **_common(draft, options)}
    if draft.link:
        form["link_attachment"] = draft.link
    if options.poll:
        choices = dict(zip(("option_a", "option_b", "option_c", "option_d"), options.poll, strict=False))
        form["poll_attachment"] = _json(choices)
    if options.gif:
        form["gif_attachment"] = _json({"gif_id": options.gif.id, "provider": options.gif.provider.value})
    if options.text_attachment:
        form["text_attachment"] = _json(_long_text(options.text_attachment))
    return form


def reply_form(text: str, parent: str) -> Form:
    """A first comment or a part of a chain; `parent` is a published post's id."""
    return {"media_type": "TEXT", "text": text, "reply_to_id": parent}


def _medium(asset: MediaAsset, media: MediaReader) -> Form:
    form = {"media_type": "VIDEO" if asset.kind is MediaKind.VIDEO else "IMAGE", **public_source(asset, media)}
    return {**form, "alt_text": asset.alt} if asset.alt else form


def _long_text(given: TextAttachment) -> dict[str, Any]:
    attachment: dict[str, Any] = {"plaintext": given.text}
    if given.link:
        attachment["link_attachment_url"] = given.link
    if given.styles:
        attachment["text_with_styling_info"] = [
            {"offset": one.offset, "length": one.length, "styling_info": [style.value for style in one.styles]}
            for one in given.styles
        ]
    return attachment


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _common(draft: Draft, options: Options) -> Form:
    text = shown_text(draft)
    form: Form = {"text": text} if text else {}
    if options.topic_tag:
        form["topic_tag"] = options.topic_tag
    if options.reply_control:
        form["reply_control"] = options.reply_control.value
    if options.spoiler is not None:
        form["is_spoiler_media"] = flag(options.spoiler)
    if options.text_spoilers:
        form["text_entities"] = _json([
            {"entity_type": "SPOILER", "offset": one.offset, "length": one.length} for one in options.text_spoilers
        ])  # fmt: skip
    if options.reply_approvals is not None:
        form["enable_reply_approvals"] = flag(options.reply_approvals)
    if options.quote_post_id:
        form["quote_post_id"] = options.quote_post_id
    if options.location_id:
        form["location_id"] = options.location_id
    if options.countries:
        form["allowlisted_country_codes"] = ",".join(options.countries)
    return form
