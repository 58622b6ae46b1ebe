"""What every page has around its content: the brand and what is overdue, in the header. Read once per page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.dashboard.brand_choice import BrandChoice, choose_brand
from api.dashboard.page_data import TheReader
from api.deps import TheServices
from munadi.db.contents.overdue import Overdue, overdue_by_brand
from munadi.domain.key import Scope


@dataclass(frozen=True)
class Frame:
    """The header of a page. `overdue`: in the brands that the key may see."""

    choice: BrandChoice
    overdue: Overdue


async def frame(request: Request, reader: TheReader, services: TheServices) -> Frame:
    """The dependency of every page with a header. `render` finds the result in the request's state."""
    choice, overdue = await choose_brand(reader, request, services.settings), Overdue()
    principal = reader.viewer.principal
    if principal.may(Scope.CONTENTS_READ):
        async with services.database.read() as session:
            by_brand = await overdue_by_brand(session, services.clock.now(), principal.brand_ref)
        overdue = sum(by_brand.values(), Overdue())
    found = Frame(choice, overdue)
    request.state.frame = found
    return found


TheFrame = Annotated[Frame, Depends(frame)]
