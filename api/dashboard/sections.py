"""What the pages about posts share: links between posts, drafts and files, with the number of drafts."""

from __future__ import annotations

from dataclasses import dataclass

from api.process.services import Services
from munadi.db.contents.saved_drafts import count_drafts
from munadi.db.keys.callers import Principal

# Drafts are counted up to here, so that the count costs the same however many there are.
COUNTED = 100


@dataclass(frozen=True)
class Sections:
    """`drafts`: how many drafts there are, as people read it; empty for none."""

    drafts: str = ""


async def sections(services: Services, principal: Principal, brand_ref: str) -> Sections:
    """For the chosen brand; for all that the key may see without one. The key may read posts."""
    async with services.database.read() as session:
        count = await count_drafts(session, brand_ref or principal.only_brand, COUNTED)
    return Sections(f"{COUNTED - 1}+" if count >= COUNTED else str(count or ""))
