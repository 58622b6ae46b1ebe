"""Shapes on the wire: container parameters, and answers read leniently.

Source: Meta's ig-user/media and ig-container references (docs/networks/instagram.md, section 3).
"""

from __future__ import annotations

from collections.abc import Sequence

from munadi.channels.instagram.spec import Kind, Options, UserTag
from munadi.channels.meta.wire import ContainerForms, Form, form_of
from munadi.channels.renditions import public_source
from munadi.domain.channel import MediaKind
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset


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


class InstagramForms(ContainerForms[Options]):
    """Images, reels, stories and carousels."""

    def is_carousel(self, draft: Draft, options: Options) -> bool:
        """As the options say, or by the number of media."""
        return kind_of(draft, options) is Kind.CAROUSEL

    def child(self, asset: MediaAsset, options: Options, index: int) -> Form:
        """With the people tagged in it; it has no caption of its own."""
        tags = [tag for tag in options.user_tags if tag.media_index == index]
        is_video = asset.kind is MediaKind.VIDEO
        shown = form_of(media_type="VIDEO") if is_video else form_of(alt_text=asset.alt)
        return {**public_source(asset, self.media), **_tagged(tags), **shown}

    def common(self, draft: Draft, options: Options) -> Form:
        """The caption, and the options of every kind but a story."""
        return form_of(
            caption=draft.text,
            collaborators=list(options.collaborators),
            location_id=options.location_id,
            share_to_feed=options.share_to_feed,
            is_ai_generated=options.is_ai_generated,
        )

    def single(self, draft: Draft, options: Options) -> Form:
        """An image, a reel with its cover, or a story."""
        kind, asset = kind_of(draft, options), shown_media(draft, options)[0]
        form = {**public_source(asset, self.media), **_tagged(options.user_tags)}
        if kind is Kind.STORY:
            return {"media_type": "STORIES", **form}
        form |= self.common(draft, options)
        if kind is Kind.IMAGE:
            return {**form, **form_of(alt_text=asset.alt)}
        cover, graduation = options.cover_index, options.trial_graduation
        return form | form_of(
            media_type="REELS",
            thumb_offset=options.thumb_offset,
            cover_url=None if cover is None else self.media.public_url(draft.media[cover]),
            audio_name=options.audio_name,
            trial_params=graduation and {"graduation_strategy": graduation.value},
        )


def _tagged(tags: Sequence[UserTag]) -> Form:
    return form_of(user_tags=[tag.model_dump(exclude_none=True, exclude={"media_index"}) for tag in tags])
