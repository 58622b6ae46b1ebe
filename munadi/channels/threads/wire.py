"""Shapes on the wire: container parameters, and answers read leniently.

Source: Meta's Threads publishing reference (docs/networks/threads.md, section 3).
"""

from __future__ import annotations

from typing import Any

from munadi.channels import steps
from munadi.channels.meta.wire import ContainerForms, Form, form_of
from munadi.channels.renditions import public_source
from munadi.channels.threads.spec import Kind, Options, TextAttachment
from munadi.domain.channel import MediaKind
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
from munadi.domain.publication import POST


def kind_of(draft: Draft) -> Kind:
    """What the post becomes, which its media decide."""
    if len(draft.media) > 1:
        return Kind.CAROUSEL
    if not draft.media:
        return Kind.TEXT
    return Kind.VIDEO if draft.media[0].kind is MediaKind.VIDEO else Kind.IMAGE


def shown_text(draft: Draft) -> str:
    """The text as shown: a card hangs on a text, so without a text the link itself is shown."""
    return draft.text if draft.text.strip() or not draft.link else draft.link


def text_of(draft: Draft, step: str) -> str | None:
    """The text of one step; None for a step that the draft does not have."""
    return shown_text(draft) if step == POST else steps.text_of(draft, step)


def reply_form(text: str, parent: str) -> Form:
    """A first comment or a part of a chain; `parent` is a published post's id."""
    return {"media_type": "TEXT", "text": text, "reply_to_id": parent}


class ThreadsForms(ContainerForms[Options]):
    """Texts, images, videos and carousels."""

    def is_carousel(self, draft: Draft, options: Options) -> bool:
        """By the number of media."""
        return kind_of(draft) is Kind.CAROUSEL

    def child(self, asset: MediaAsset, options: Options, index: int) -> Form:
        """One medium; the text is its parent's."""
        kind = "VIDEO" if asset.kind is MediaKind.VIDEO else "IMAGE"
        return {"media_type": kind, **public_source(asset, self.media), **form_of(alt_text=asset.alt)}

    def common(self, draft: Draft, options: Options) -> Form:
        """The text, and the options of every kind."""
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

    def single(self, draft: Draft, options: Options) -> Form:
        """A text, an image or a video."""
        if draft.media:
            return {**self.child(draft.media[0], options, 0), **self.common(draft, options)}
        poll, gif, attachment = options.poll or (), options.gif, options.text_attachment
        return {
            "media_type": "TEXT",
            **self.common(draft, options),
            **form_of(
                link_attachment=draft.link,
                poll_attachment=dict(zip(("option_a", "option_b", "option_c", "option_d"), poll, strict=False)),
                gif_attachment=gif and {"gif_id": gif.id, "provider": gif.provider.value},
                text_attachment=attachment and _long_text(attachment),
            ),
        }


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
