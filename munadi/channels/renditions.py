"""Images that a network takes only as a rendition that looks the same.

`text.check_media_file` refuses by the same rule what has no such rendition.
"""

from __future__ import annotations

from munadi.domain.channel import MediaKind, MediaRule
from munadi.domain.media import MediaAsset
from munadi.ports import MediaReader


async def fitting(media: MediaReader, rule: MediaRule, asset: MediaAsset) -> MediaAsset:
    """The file that is sent: the asset itself, or its rendition within `rule`. Raises ChannelError."""
    if not rule.needs_rendition(asset.mime_type, asset.bytes, multi_picture=bool(asset.multi_picture)):
        return asset
    return await media.rendition(asset, mime_type=rule.mime_types[0], max_bytes=rule.max_bytes)


async def fitted(media: MediaReader, image: MediaRule, asset: MediaAsset) -> MediaAsset:
    """What the network will fetch, and can: a video as it is, an image within its rule. Raises ChannelError."""
    sent = await fitting(media, image, asset) if asset.kind is MediaKind.IMAGE else asset
    await media.check_stored(sent)
    return sent


def public_source(asset: MediaAsset, media: MediaReader) -> dict[str, str]:
    """The network fetches our stored copy, never the client's URL."""
    return {"video_url" if asset.kind is MediaKind.VIDEO else "image_url": media.public_url(asset)}
