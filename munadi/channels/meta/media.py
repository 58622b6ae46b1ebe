"""Media as the networks of Meta's Graph family take them: what is fetched, and the rules that all videos share."""

from __future__ import annotations

from collections.abc import Collection

from munadi.channels.renditions import fitting
from munadi.channels.text import problem
from munadi.domain.channel import ChannelSpec, MediaKind, MediaRule
from munadi.domain.media import MediaAsset
from munadi.domain.problem import Problem
from munadi.ports import MediaReader

VIDEO_CODECS = ("h264", "hevc")
MIN_FPS, MAX_FPS = 23, 60


async def fitted(media: MediaReader, image: MediaRule, asset: MediaAsset) -> MediaAsset:
    """What the network will fetch, and can: a video as it is, an image within its rule. Raises ChannelError."""
    sent = await fitting(media, image, asset) if asset.kind is MediaKind.IMAGE else asset
    await media.check_stored(sent)
    return sent


def public_source(asset: MediaAsset, media: MediaReader) -> dict[str, str]:
    """The network fetches our stored copy, never the client's URL."""
    return {"video_url" if asset.kind is MediaKind.VIDEO else "image_url": media.public_url(asset)}


def check_video(spec: ChannelSpec, asset: MediaAsset, pointer: str, audio: Collection[str] = ()) -> list[Problem]:
    """Codecs and frame rate, where the probe could tell. `audio`: the codecs of sound, when they are checked."""
    if asset.kind is not MediaKind.VIDEO:
        return []
    found = []
    for rule, codec, known in (
        ("video_codec", asset.video_codec, VIDEO_CODECS),
        ("audio_codec", asset.audio_codec, audio),
    ):
        if codec is not None and known and codec not in known:
            limit = ", ".join(known)
            message = f"takes {rule.removesuffix('_codec')} encoded as {limit}; this is {codec}"
            found.append(problem(spec, pointer, "MEDIA_CODEC", rule, message, limit, codec))
    # Measured rates are a little off the nominal one (23.976).
    if asset.fps is not None and not MIN_FPS - 0.05 <= asset.fps <= MAX_FPS + 0.05:
        message = f"takes {MIN_FPS} to {MAX_FPS} frames per second; this has {asset.fps:g}"
        found.append(problem(spec, pointer, "MEDIA_FPS", "fps", message, f"{MIN_FPS}-{MAX_FPS}", asset.fps))
    return found
