"""The brand of a page: the requested one, else the first that the key may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from api.dashboard.page_data import Reader, ReadingFailed
from api.deps import MAX_PAGE

Brand = dict[str, Any]


@dataclass(frozen=True)
class BrandChoice:
    """`brands` to choose from; `more` when there are others too, which a person names by their ref."""

    brand: Brand | None
    brands: tuple[Brand, ...]
    more: bool
    unknown: str | None = None

    @property
    def ref(self) -> str:
        """The chosen brand's; empty when there is none."""
        return str(self.brand["ref"]) if self.brand else ""


async def choose_brand(reader: Reader, wanted: str | None) -> BrandChoice:
    """The brands of the key, and the chosen one. An unknown brand is reported, and the first one is shown."""
    page = await reader.get("/v1/brands", limit=MAX_PAGE)
    brands, more = tuple(page["data"]), page["nextCursor"] is not None
    named = next((each for each in brands if each["ref"] == wanted), None)
    if named is None and wanted and more:
        named = await _read(reader, wanted)
    unknown = wanted if wanted and named is None else None
    return BrandChoice(named or (brands[0] if brands else None), brands, more, unknown)


async def _read(reader: Reader, ref: str) -> Brand | None:
    try:
        return await reader.get(f"/v1/brands/{quote(ref, safe='')}")
    except ReadingFailed as error:
        if error.status != 404:
            raise
        return None
