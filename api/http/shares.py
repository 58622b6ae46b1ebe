"""Shares what a process has little of, such as live streams: a brand gets a part of it, so that it never takes all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from munadi.config import LimitSettings, MediaSettings


class NothingLeft(Exception):
    """What is wanted is in use: by the brand itself (`is_own`), or by all together. `limit` is how much there is."""

    def __init__(self, limit: int, *, is_own: bool) -> None:
        super().__init__(f"{limit} are in use")
        self.limit, self.is_own = limit, is_own


class Shares:
    """`total` for all, `of_brand` for one. Keys for all brands have one share together: half of the total."""

    def __init__(self, total: int, of_brand: int) -> None:
        self.total, self.of_brand = total, min(of_brand, total)
        self.of_all_brands = max(total // 2, self.of_brand)
        self._used: Counter[str | None] = Counter()

    @property
    def used(self) -> int:
        """What is in use now."""
        return self._used.total()

    @contextmanager
    def hold(self, brand_ref: str | None, amount: int = 1) -> Iterator[Share]:
        """Use so much of a brand's part (None: of the keys for all brands) while the block runs. Raises NothingLeft."""
        share = Share(self, brand_ref)
        try:
            share.grow(amount)
            yield share
        finally:
            self._release(share)

    def _take(self, brand_ref: str | None, amount: int) -> None:
        limit = self.of_all_brands if brand_ref is None else self.of_brand
        if self._used[brand_ref] + amount > limit:
            raise NothingLeft(limit, is_own=True)
        if self.used + amount > self.total:
            raise NothingLeft(self.total, is_own=False)
        self._used[brand_ref] += amount

    def _release(self, share: Share) -> None:
        self._used[share.brand_ref] -= share.amount
        if not self._used[share.brand_ref]:
            del self._used[share.brand_ref]


@dataclass(eq=False)
class Share:
    """What one request uses of the amounts that all requests share."""

    of: Shares
    brand_ref: str | None
    amount: int = 0

    def grow(self, by: int) -> None:
        """Use more. Raises NothingLeft; what was used before stays in use."""
        self.of._take(self.brand_ref, by)
        self.amount += by


# Each has a thread and a piece of memory in turn.
MAX_UPLOADS = 200
# Of the disk for uploads a brand may have this part; it is never less than one file.
_PART_OF_DISK = 4


class UploadShares:
    """The uploads of a process that are under way: how many there are, and the bytes that they have on disk."""

    def __init__(self, media: MediaSettings, limits: LimitSettings) -> None:
        self.places = Shares(MAX_UPLOADS, limits.uploads)
        # The form around a file has some bytes of its own.
        largest = media.max_bytes + 100_000
        disk = max(media.uploads_max_bytes, largest)
        self.disk = Shares(disk, max(disk // _PART_OF_DISK, largest))
