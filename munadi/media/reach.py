"""Checks that networks can fetch media at our public URL."""

from __future__ import annotations

import asyncio
import logging

import httpx

from munadi.domain.failure import MAX_MESSAGE, ChannelError, Effect, Reason
from munadi.domain.media import MediaAsset
from munadi.ports import MediaReader

log = logging.getLogger("munadi.media")

TIMEOUT = httpx.Timeout(5.0)
# For the whole call: a proxy before the address may send its headers slowly.
TOTAL = 10.0


class PublicAddress:
    """Fetches our own public URL as a network would: an error answer or an unknown name here fails there too."""

    def __init__(self, client: httpx.AsyncClient, media: MediaReader) -> None:
        self._client = client
        self._media = media

    async def check(self, asset: MediaAsset) -> None:
        """Raise ChannelError MEDIA_UNREACHABLE when the public URL of the file does not return it.

        An address that is silent from here may still answer out there: a router that does not lead its own network's
        calls back in is common, so silence is only logged.
        """
        url = self._media.public_url(asset)
        try:
            async with asyncio.timeout(TOTAL), self._client.stream("GET", url, timeout=TIMEOUT) as answer:
                status = answer.status_code
        except (TimeoutError, httpx.TimeoutException):
            log.info("the public address of media %s did not answer from here", asset.id)
            return
        except httpx.HTTPError as error:
            raise _unreachable(asset, url, str(error) or type(error).__name__) from error
        if status != httpx.codes.OK:
            raise _unreachable(asset, url, f"it answered {status}")


def _unreachable(asset: MediaAsset, url: str, why: str) -> ChannelError:
    address = httpx.URL(url)
    message = f"media {asset.id} cannot be fetched at {address.scheme}://{address.netloc.decode()}: {why}"
    return ChannelError(Reason.MEDIA_UNREACHABLE, Effect.NOT_SENT, message[:MAX_MESSAGE])
