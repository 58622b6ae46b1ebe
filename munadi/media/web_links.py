"""Reads the card of a linked page: its title, description and picture. (Port: munadi.ports.LinkReader.)

Rule: a card must neither fail nor delay a post. The page and its picture share one budget of seconds and
bytes; what does not arrive within it is left out.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from pathlib import Path

from munadi.domain.media_facts import MediaCode, MediaRefused
from munadi.media.fetch import MediaFetcher
from munadi.media.link_card import parse_link_card
from munadi.media.pool import start_probe
from munadi.media.probe import probe
from munadi.media.sniff import sniff
from munadi.media.transfer import Allowance
from munadi.outbound.guard import GuardRefused
from munadi.ports import LinkCard

log = logging.getLogger("munadi.media")

CARD_TIME = timedelta(seconds=10)
PAGE_BYTES = 512 * 1024
PICTURE_BYTES = 5_000_000
# A photo of 4 by 4 thousand pixels; a page's picture has about one million.
MAX_PICTURE_PIXELS = 16_000_000
# Pictures that are decoded at once. Each may need 64 MB meanwhile.
PROBES = 2
# What servers send for a file whose type they do not know.
_UNKNOWN_TYPES = ("application/octet-stream", "binary/octet-stream")


class WebLinks:
    """Reads pages' cards through the fetcher's guard."""

    def __init__(self, fetcher: MediaFetcher, total: timedelta = CARD_TIME) -> None:
        self._fetcher = fetcher
        self._total = total
        self._probes = asyncio.Semaphore(PROBES)

    async def card(self, url: str) -> LinkCard | None:
        """The page's card; None when the page cannot be read or has none."""
        allowance = Allowance(PAGE_BYTES + PICTURE_BYTES, self._total)
        try:
            page = await self._fetcher.fetch_text(url, PAGE_BYTES, allowance=allowance)
        except (GuardRefused, MediaRefused) as refused:
            log.info("no link card: the page could not be read: %s", refused)
            return None
        found = await asyncio.to_thread(parse_link_card, page, url)
        if not found.title:
            return None
        picture, picture_type = None, None
        if found.image_url is not None:
            try:
                picture, picture_type = await self._picture(found.image_url, allowance)
            except (GuardRefused, MediaRefused, OSError) as error:  # OSError: no room for the file, or out of time
                log.info("a link card without its picture: %s", error or type(error).__name__)
        missing = found.image_url is not None and picture is None
        return LinkCard(found.title, found.description or "", picture, picture_type, image_missing=missing)

    async def _picture(self, url: str, allowance: Allowance) -> tuple[bytes, str]:
        """The picture and its type. Raises GuardRefused, MediaRefused or OSError, TimeoutError among them."""
        fetched = await self._fetcher.fetch(url, allowance=allowance, head=check_picture)
        try:
            async with asyncio.timeout_at(allowance.deadline()), self._probes:
                facts = await asyncio.shield(start_probe(probe, fetched.path, max_pixels=MAX_PICTURE_PIXELS))
            return await asyncio.to_thread(fetched.path.read_bytes), facts.mime_type
        finally:
            await asyncio.to_thread(_remove, fetched.path)


def check_picture(head: bytes, declared_type: str | None) -> int:
    """The most bytes of a card's picture. Raises MediaRefused for a file whose bytes or declared type are no image."""
    kind = sniff(head)
    declared = (declared_type or "").partition(";")[0].strip().lower()
    named_otherwise = declared and not declared.startswith("image/") and declared not in _UNKNOWN_TYPES
    if kind is None or kind.kind != "image" or named_otherwise:
        text = f"a link card's picture is an image, not {declared[:80] or 'a file of another type'}"
        raise MediaRefused(MediaCode.MEDIA_TYPE_UNSUPPORTED, text)
    return PICTURE_BYTES


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
