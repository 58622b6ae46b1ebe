"""Images that a network takes only as a rendition that looks the same.

`text.check_media_file` refuses by the same rule what has no such rendition.
"""

from __future__ import annotations

from munadi.domain.channel import MediaRule
from munadi.domain.media import MediaAsset
from munadi.ports import MediaReader


async def fitting(media: MediaReader, rule: MediaRule, asset: MediaAsset) -> MediaAsset:
    """The file that is sent: the asset itself, or its rendition within `rule`. Raises ChannelError."""
    if not rule.needs_rendition(asset.mime_type, asset.bytes, multi_picture=bool(asset.multi_picture)):
        return asset
    return await media.rendition(asset, mime_type=rule.mime_types[0], max_bytes=rule.max_bytes)
