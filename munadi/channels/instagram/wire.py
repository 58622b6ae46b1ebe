"""Shapes on the wire: container parameters, and answers read leniently.

Source: Meta's ig-user/media and ig-container references (docs/networks/instagram.md, section 3).
"""

from __future__ import annotations

from collections.abc import Sequence

from munadi.channels.instagram.spec import Kind, Options, UserTag
from munadi.channels.meta.media import public_source
from munadi.channels.meta.wire import Form, form_of
from munadi.domain.channel import MediaKind
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
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
    is_video = asset.kind is MediaKind.VIDEO
    shown = form_of(media_type="VIDEO") if is_video else form_of(alt_text=asset.alt)
    return {"is_carousel_item": "true", **public_source(asset, media), **_tagged(tags), **shown}


def carousel_form(draft: Draft, options: Options, children: list[str]) -> Form:
    """The parent of a carousel."""
    return {"media_type": "CAROUSEL", "children": ",".join(children), **_captioned(draft, options)}


def single_form(
    draft: Draft, options: Options, kind: Kind, media: MediaReader, cover: MediaAsset | None = None
) -> Form:
    """The one container of an image, a reel or a story; `draft` has its one medium."""
    asset, graduation = draft.media[0], options.trial_graduation
    form = {**public_source(asset, media), **_tagged(options.user_tags)}
    if kind is Kind.STORY:
        return {"media_type": "STORIES", **form}
    form |= _captioned(draft, options)
    if kind is Kind.IMAGE:
        return {**form, **form_of(alt_text=asset.alt)}
    return form | form_of(
        media_type="REELS",
        thumb_offset=options.thumb_offset,
        cover_url=cover and media.public_url(cover),
        audio_name=options.audio_name,
        trial_params=graduation and {"graduation_strategy": graduation.value},
    )


def _tagged(tags: Sequence[UserTag]) -> Form:
    return form_of(user_tags=[tag.model_dump(exclude_none=True, exclude={"media_index"}) for tag in tags])


def _captioned(draft: Draft, options: Options) -> Form:
    return form_of(
        caption=draft.text,
        collaborators=list(options.collaborators),
        location_id=options.location_id,
        share_to_feed=options.share_to_feed,
        is_ai_generated=options.is_ai_generated,
    )
