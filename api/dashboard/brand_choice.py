"""The brand that all pages are about: one choice, in the header. The address has it, else the browser remembers it.

A page about one brand never guesses among several: a post must not be written for the wrong one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import Request
from starlette.responses import Response

from api.dashboard.page_data import Reader, ReadingFailed
from api.dashboard.times import WITHOUT_A_BRAND, shared_zone
from api.deps import MAX_PAGE
from api.http.cookies import read_cookie, set_cookie
from munadi.config import Settings
from munadi.domain.brand import BrandMode

Brand = dict[str, Any]
COOKIE = "munadi_brand"
_REMEMBERED_SECONDS = 180 * 86_400
_LONGEST_REF = 63


@dataclass(frozen=True)
class BrandChoice:
    """`brand` is None for "all brands". `more`: there are brands that `brands` leaves out, which a person names by
    their ref. `unknown` is what the address names instead of a brand. `remember` is what the browser must store."""

    brand: Brand | None
    brands: tuple[Brand, ...]
    more: bool
    unknown: str | None = None
    remember: str | None = None

    @property
    def ref(self) -> str:
        """The chosen brand's; empty when there is none."""
        return str(self.brand["ref"]) if self.brand else ""

    @property
    def filter(self) -> str:
        """What a list is filtered by: the chosen brand; an unknown one, so that nothing is found; empty for all."""
        return self.ref or self.unknown or ""

    @property
    def name(self) -> str:
        """What people call the brand."""
        return str(self.brand["name"] or self.ref) if self.brand else ""

    @property
    def zone(self) -> str:
        """The IANA zone of the chosen brand, or of all of them if it is the same; else UTC."""
        if self.brand is None and self.more:
            return WITHOUT_A_BRAND
        return shared_zone([self.brand] if self.brand else self.brands)

    def zone_of(self, ref: str | None) -> str:
        """The zone of a page about something of this brand."""
        known = self._known(ref)
        return shared_zone([known]) if known else self.zone

    def name_of(self, ref: str) -> str:
        """What people call a brand; its ref when it has no name, or is none of the known ones."""
        known = self._known(ref)
        return str(known["name"] or ref) if known else ref

    def is_test(self, ref: str | None) -> bool:
        """Whether a page about something of this brand, or of the chosen one, is about a test brand."""
        shown = self._known(ref) if ref else self.brand
        return bool(shown and shown["mode"] == BrandMode.TEST)

    def _known(self, ref: str | None) -> Brand | None:
        chosen = (self.brand,) if self.brand else ()
        return next((each for each in (*chosen, *self.brands) if each["ref"] == ref), None)

    @property
    def several(self) -> bool:
        """Whether there is something to choose."""
        return len(self.brands) > 1 or self.more

    def link(self, path: str) -> str:
        """A page's address with the choice in it, so that two tabs may show two brands."""
        return f"{path}?brandRef={quote(self.ref, safe='')}" if self.brand and self.several else path


async def choose_brand(reader: Reader, request: Request, settings: Settings) -> BrandChoice:
    """The brands of the key, and the chosen one: of the address, else of the cookie, else the only one."""
    page = await reader.get_if_allowed("/v1/brands", limit=MAX_PAGE) or {"data": (), "nextCursor": None}
    brands, more = tuple(page["data"]), page["nextCursor"] is not None
    asked, stored = request.query_params.get("brandRef"), read_cookie(request, COOKIE, settings)
    wanted = stored if asked is None else asked
    named = next((each for each in brands if each["ref"] == wanted), None)
    if named is None and wanted and more and len(wanted) <= _LONGEST_REF:
        named = await _read(reader, wanted)
    unknown = asked if asked and named is None else None
    if named is None and len(brands) == 1 and not more:
        named = brands[0]
    # An unknown brand of the address is reported, and not remembered.
    remember = asked if asked is not None and unknown is None and asked != stored else None
    return BrandChoice(named, brands, more, unknown, remember)


def remember(answer: Response, choice: BrandChoice, settings: Settings) -> None:
    """Store a choice that the address made in the browser."""
    if choice.remember is not None:
        set_cookie(answer, COOKIE, choice.remember, _REMEMBERED_SECONDS, settings)


async def _read(reader: Reader, ref: str) -> Brand | None:
    try:
        return await reader.get(f"/v1/brands/{quote(ref, safe='')}")
    except ReadingFailed as error:
        if error.status != 404:
            raise
        return None
