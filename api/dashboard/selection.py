"""What the list of posts asks for when several are copied at once."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from api.dashboard.copying import copies_as_new
from api.dashboard.copying_all import draft_body
from api.dashboard.page_data import TheReader
from api.dashboard.render import HEADERS, PageRoute
from api.deps import MAX_PAGE, TheServices

router = APIRouter(route_class=PageRoute)


@router.get("/contents/{content_id}/copy")
async def copy_as_draft(content_id: str, reader: TheReader, services: TheServices) -> Response:
    """The body of a draft that says what a post says, without its time, as JSON."""
    post = await reader.get(f"/v1/contents/{quote(content_id, safe='')}")
    accounts = await reader.get_if_allowed("/v1/accounts", brandRef=post["brandRef"], limit=MAX_PAGE)
    async with services.database.read() as session:
        (copy,) = await copies_as_new(session, [post], (accounts or {"data": ()})["data"])
    return JSONResponse({"drafts": [draft_body(post, copy, keeps_time=False)]}, headers=HEADERS)
