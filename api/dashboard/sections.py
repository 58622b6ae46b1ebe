"""What the pages about posts share: links between posts, proposals, drafts and files, with how many there are."""

from __future__ import annotations

from dataclasses import dataclass

from api.process.services import Services
from munadi.db.brands.modes import Brands
from munadi.db.contents.saved_drafts import count_drafts
from munadi.db.contents.sources import count_proposed
from munadi.db.keys.callers import Principal

# Drafts are counted up to here, so that the count costs the same however many there are.
COUNTED = 100


@dataclass(frozen=True)
class Sections:
    """How many `drafts` there are, and `proposals` that wait for an approval, as people read it; empty for none."""

    drafts: str = ""
    proposals: str = ""


async def sections(services: Services, principal: Principal, brand_ref: str) -> Sections:
    """For the chosen brand; for all that the key may see without one. The key may read posts."""
    brands = Brands(brand_ref or principal.only_brand, principal.leaves_out_tests)
    async with services.database.read() as session:
        drafts = await count_drafts(session, brands, COUNTED)
        proposals = await count_proposed(session, brands, COUNTED)
    return Sections(_shown(drafts), _shown(proposals))


def _shown(count: int) -> str:
    return f"{COUNTED - 1}+" if count >= COUNTED else str(count or "")
