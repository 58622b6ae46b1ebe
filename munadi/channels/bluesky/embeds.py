"""The one embed that a post may have: images, a gallery, a video, a card, a quote, or a quote with one of them. Pure.

Source: lexicons app.bsky.embed.{images,gallery,video,external,record,recordWithMedia}.
"""

from __future__ import annotations

from typing import Any

from munadi.channels.bluesky.spec import GIF, Options
from munadi.channels.bluesky.state import Card, Prepared, Ref
from munadi.domain.channel import MediaKind
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset

# The limit of app.bsky.embed.images; more images make a gallery, whose schema needs every image's ratio.
MAX_IMAGES = 4


def video_of(draft: Draft) -> MediaAsset | None:
    """The post's video, if it has one."""
    first = draft.media[0] if draft.media else None
    return first if first is not None and moves(first) else None


def moves(asset: MediaAsset) -> bool:
    """A video, or an animated GIF: the video service makes a video of it, and as an image it would not move."""
    return asset.kind is MediaKind.VIDEO or (asset.mime_type == GIF and asset.animated is not False)


def wants_card(draft: Draft) -> bool:
    """Whether the link becomes an external card."""
    return bool(draft.link) and not draft.media


def embed_of(draft: Draft, options: Options, prepared: Prepared) -> dict[str, Any] | None:
    """The embed of the post, or None."""
    media = _media(draft, options, prepared)
    if prepared.quote is None:
        return media
    quote = {"$type": "app.bsky.embed.record", "record": strong_ref(prepared.quote)}
    if media is None:
        return quote
    return {"$type": "app.bsky.embed.recordWithMedia", "record": quote, "media": media}


def strong_ref(ref: Ref) -> dict[str, str]:
    """A reference to a version of a record, as `com.atproto.repo.strongRef`."""
    return {"uri": ref.uri, "cid": ref.cid}


def _media(draft: Draft, options: Options, prepared: Prepared) -> dict[str, Any] | None:
    shown = list(zip(draft.media, prepared.blobs, strict=True))
    if video_of(draft) is not None:
        return _video(*shown[0], options, prepared)
    if len(shown) > MAX_IMAGES:
        square = {"aspectRatio": {"width": 1, "height": 1}}
        items = [{"$type": "app.bsky.embed.gallery#image", **square, **_image(*each)} for each in shown]
        return {"$type": "app.bsky.embed.gallery", "items": items}
    if shown:
        return {"$type": "app.bsky.embed.images", "images": [_image(*each) for each in shown]}
    return _external(draft.link or "", prepared.card) if prepared.card else None


def _external(link: str, card: Card) -> dict[str, Any]:
    thumb = {"thumb": card.thumb} if card.thumb else {}
    external = {"uri": link, "title": card.title, "description": card.description, **thumb}
    return {"$type": "app.bsky.embed.external", "external": external}


def _image(asset: MediaAsset, blob: dict[str, Any]) -> dict[str, Any]:
    return {"image": blob, "alt": asset.alt or "", **_ratio(asset)}


def _video(asset: MediaAsset, blob: dict[str, Any], options: Options, prepared: Prepared) -> dict[str, Any]:
    tracks = zip(options.captions, prepared.captions, strict=True)
    optional = {
        "alt": asset.alt,
        "captions": [{"lang": caption.lang, "file": file} for caption, file in tracks],
        "presentation": options.presentation or ("gif" if asset.mime_type == GIF else None),
    }
    given = {name: value for name, value in optional.items() if value}
    return {"$type": "app.bsky.embed.video", "video": blob, **given, **_ratio(asset)}


def _ratio(asset: MediaAsset) -> dict[str, Any]:
    known = asset.width > 0 and asset.height > 0
    return {"aspectRatio": {"width": asset.width, "height": asset.height}} if known else {}
