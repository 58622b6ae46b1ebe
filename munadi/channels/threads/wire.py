"""Shapes on the wire: container parameters, and answers read leniently.

Source: Meta's Threads publishing reference (docs/networks/threads.md, section 3).
"""

from __future__ import annotations

from typing import Any

from munadi.channels.channel import COMMENT, PART
from munadi.channels.meta.media import public_source
from munadi.channels.meta.wire import Form, form_of
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


def parent_of(step: str) -> str:
    """The step that a reply answers: the part before it, or the post."""
    number = int(step.removeprefix(PART)) if step.startswith(PART) else 2
    return POST if number <= 2 else f"{PART}{number - 1}"


def text_of(draft: Draft, step: str) -> str | None:
    """The text of one step; None for a step that the draft does not have."""
    texts = {POST: shown_text(draft), COMMENT: draft.first_comment}
    texts.update({f"{PART}{number}": part for number, part in enumerate(draft.parts, 2)})
    return texts.get(step)


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
    poll, gif, attachment = options.poll or (), options.gif, options.text_attachment
    return {
        "media_type": "TEXT",
        **_common(draft, options),
        **form_of(
            link_attachment=draft.link,
            poll_attachment=dict(zip(("option_a", "option_b", "option_c", "option_d"), poll, strict=False)),
            gif_attachment=gif and {"gif_id": gif.id, "provider": gif.provider.value},
            text_attachment=attachment and _long_text(attachment),
        ),
    }


def reply_form(text: str, parent: str) -> Form:
    """A first comment or a part of a chain; `parent` is a published post's id."""
    return {"media_type": "TEXT", "text": text, "reply_to_id": parent}


def _medium(asset: MediaAsset, media: MediaReader) -> Form:
    kind = "VIDEO" if asset.kind is MediaKind.VIDEO else "IMAGE"
    return {"media_type": kind, **public_source(asset, media), **form_of(alt_text=asset.alt)}


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


def _common(draft: Draft, options: Options) -> Form:
    spoilers = options.text_spoilers
    return form_of(
        text=shown_text(draft),
        topic_tag=options.topic_tag,
        reply_control=options.reply_control,
        is_spoiler_media=options.spoiler,
        text_entities=[{"entity_type": "SPOILER", "offset": one.offset, "length": one.length} for one in spoilers],
        enable_reply_approvals=options.reply_approvals,
        quote_post_id=options.quote_post_id,
        location_id=options.location_id,
        allowlisted_country_codes=",".join(options.countries),
    )
