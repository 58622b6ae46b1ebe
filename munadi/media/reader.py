"""Reads stored media for channels. (Port: munadi.ports.MediaReader.)"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from munadi.domain.document_types import DOCUMENT_TYPES
from munadi.domain.failure import MAX_MESSAGE, ChannelError, Effect, Reason
from munadi.domain.media import MediaAsset
from munadi.domain.media_facts import MediaRefused
from munadi.media.pool import off_loop
from munadi.media.rendition import Recipe
from munadi.media.rendition_store import RenditionStore
from munadi.media.signing import sign_url
from munadi.media.store import MediaStore, StoreUnavailable
from munadi.ports import Clock

# What the keys that sign media URLs are derived for; the API verifies with the same purpose.
MEDIA_URL_PURPOSE = "media url"
# A network may fetch long after it got the URL (queues, retries of its own).
URL_LIFE = timedelta(hours=48)

# The fields in which a rendition differs from its source.
_RENDERED = {"mime_type", "bytes", "width", "height", "has_alpha", "animated", "multi_picture"}
_EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/avif": "avif",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "video/x-matroska": "mkv",
    **DOCUMENT_TYPES,
}


class StoredMedia:
    """Reads from the store; signs URLs with the newest of `keys`."""

    def __init__(self, store: MediaStore, base_url: str, keys: Sequence[bytes], clock: Clock) -> None:
        self._store = store
        self._renditions = RenditionStore(store)
        # A large picture needs hundreds of megabytes while it is made, so one is made at a time.
        self._making = asyncio.Lock()
        self._base_url = base_url
        self._key = keys[0]
        self._clock = clock

    async def read(self, asset: MediaAsset, start: int = 0, length: int | None = None) -> bytes:
        """`length` bytes from `start` on; all of them by default.

        Raises ChannelError: not sent while the store is away, rejected when the file is gone or truncated.
        """
        rest = max(asset.bytes - start, 0)
        with _as_channel_errors(asset):
            content = await off_loop(self._store.read, asset.sha256, start, length)
        if len(content) != (rest if length is None else min(length, rest)):
            raise _gone(asset)
        return content

    async def check_stored(self, asset: MediaAsset) -> None:
        """Check that the whole file is stored before a network pulls it. Raises ChannelError, as `read` does."""
        with _as_channel_errors(asset):
            size = await off_loop(self._store.size, asset.sha256)
        if size != asset.bytes:
            raise _gone(asset)

    def public_url(self, asset: MediaAsset) -> str:
        """A signed URL of ours that a network can pull, valid for two days. Its file name shows the type."""
        name = f"{asset.id}.{_EXTENSIONS.get(asset.mime_type, 'bin')}"
        return sign_url(self._base_url, asset.sha256, name, self._clock.now() + URL_LIFE, self._key)

    async def rendition(
        self, asset: MediaAsset, *, mime_type: str, max_bytes: int | None = None, max_side: int | None = None
    ) -> MediaAsset:
        """A stored copy of an image within the limits, made by `rendition.render`; the asset itself if it fits already.

        Raises ChannelError: as `read`, and rejected where there is no copy that looks the same.
        """
        recipe = Recipe(mime_type, max_bytes, max_side)
        if not asset.multi_picture and recipe.fits(asset.mime_type, asset.bytes, asset.width, asset.height):
            return asset
        try:
            async with self._making:
                with _as_channel_errors(asset):
                    made = await off_loop(self._renditions.get, asset.sha256, recipe)
        except MediaRefused as refused:
            message = f"media {asset.id} cannot be sent as {mime_type}: {refused.message}"
            raise ChannelError(
                Reason.MEDIA_VALIDATION_FAILED, Effect.REJECTED, message, provider_code=refused.code
            ) from refused
        known = made.facts.model_dump(include=_RENDERED)
        return asset.model_copy(update={**known, "sha256": made.sha256})


@contextmanager
def _as_channel_errors(asset: MediaAsset) -> Iterator[None]:
    """Raise the store's errors as ChannelError. A channel reads before it sends, so nothing was sent."""
    try:
        yield
    except StoreUnavailable as error:
        raise ChannelError(Reason.MEDIA_STORE_UNAVAILABLE, Effect.NOT_SENT, str(error)[:MAX_MESSAGE]) from error
    except FileNotFoundError as error:
        raise _gone(asset) from error


def _gone(asset: MediaAsset) -> ChannelError:
    message = f"the stored file of media {asset.id} is gone or shorter than it was"
    return ChannelError(Reason.MEDIA_UNREACHABLE, Effect.REJECTED, message)
