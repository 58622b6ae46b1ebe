"""Media as Meta's networks fetch it from us."""

from __future__ import annotations

from munadi.channels.renditions import fitting
from munadi.domain.channel import MediaKind, MediaRule
from munadi.domain.media import MediaAsset
from munadi.ports import MediaReader


async def fitted(media: MediaReader, image: MediaRule, asset: MediaAsset) -> MediaAsset:
    """What the network will fetch, and can: a video as it is, an image within its rule. Raises ChannelError."""
    sent = await fitting(media, image, asset) if asset.kind is MediaKind.IMAGE else asset
    await media.check_stored(sent)
    return sent


def public_source(asset: MediaAsset, media: MediaReader) -> dict[str, str]:
    """The network fetches our stored copy, never the client's URL."""
    return {"video_url" if asset.kind is MediaKind.VIDEO else "image_url": media.public_url(asset)}
