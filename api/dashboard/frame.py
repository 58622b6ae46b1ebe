"""What every page has around its content: the choice of the brand in the header. Read once per page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.dashboard.brand_choice import BrandChoice, choose_brand
from api.dashboard.page_data import TheReader
from api.deps import TheServices


@dataclass(frozen=True)
class Frame:
    """The header of a page."""

    choice: BrandChoice


async def frame(request: Request, reader: TheReader, services: TheServices) -> Frame:
    """The dependency of every page with a header. `render` finds the result in the request's state."""
    found = Frame(await choose_brand(reader, request, services.settings))
    request.state.frame = found
    return found


TheFrame = Annotated[Frame, Depends(frame)]
