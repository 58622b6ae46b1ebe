"""A form with one file, as `multipart/form-data` of an exact length; a video is never read whole."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from munadi.domain.channel import MediaKind
from munadi.domain.media import MediaAsset
from munadi.ports import MediaReader

# A large file is read and sent in pieces of so many bytes.
PIECE = 1024 * 1024


async def read_in_pieces(media: MediaReader, asset: MediaAsset) -> AsyncIterator[bytes]:
    """A stored file that is never held whole. Raises ChannelError when the store fails."""
    for start in range(0, asset.bytes, PIECE):
        yield await media.read(asset, start, min(PIECE, asset.bytes - start))


@dataclass(frozen=True)
class Multipart:
    """Some fields, then the file, whose field is `file`. The length is exact: some front ends refuse chunks."""

    boundary: str
    head: bytes
    body: bytes | None
    asset: MediaAsset
    media: MediaReader

    @classmethod
    async def of(cls, asset: MediaAsset, fields: Mapping[str, str], media: MediaReader) -> Multipart:
        """Images are read whole, videos piece by piece."""
        boundary = secrets.token_hex(16)
        lines = [
            f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
            for name, text in fields.items()
        ]
        name = f"media.{asset.mime_type.rpartition('/')[2]}"
        disposition = f'content-disposition: form-data; name="file"; filename="{name}"'
        lines.append(f"--{boundary}\r\n{disposition}\r\ncontent-type: {asset.mime_type}\r\n\r\n")
        body = None if asset.kind is MediaKind.VIDEO else await media.read(asset)
        return cls(boundary, "".join(lines).encode(), body, asset, media)

    @property
    def headers(self) -> dict[str, str]:
        """The type and the length of the whole."""
        file = self.asset.bytes if self.body is None else len(self.body)
        size = len(self.head) + file + len(self._tail)
        return {"content-type": f"multipart/form-data; boundary={self.boundary}", "content-length": str(size)}

    async def content(self) -> AsyncIterator[bytes]:
        """The bytes. Raises ChannelError when the store fails."""
        yield self.head
        if self.body is not None:
            yield self.body
        else:
            async for piece in read_in_pieces(self.media, self.asset):
                yield piece
        yield self._tail

    @property
    def _tail(self) -> bytes:
        return f"\r\n--{self.boundary}--\r\n".encode()
