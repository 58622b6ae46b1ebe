"""The accounts page: health, check, connect in a browser, reconnect, disconnect."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.dashboard.frame import TheFrame
from api.dashboard.page_data import Reader, ReadingFailed, TheReader
from api.dashboard.render import PageRoute, render
from api.deps import MAX_PAGE
from munadi.domain.ids import Prefix, is_id

router = APIRouter(route_class=PageRoute)

Json = dict[str, Any]
# How many of the posts that wait for an account are linked.
SHOWN_WAITING = 5


@router.get("/accounts")
async def show_accounts(
    request: Request,
    reader: TheReader,
    frame: TheFrame,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    connection_id: Annotated[str | None, Query(alias="connectionId", max_length=40)] = None,
) -> Response:
    """The accounts of one brand; `connectionId` comes with a browser that is back from a network."""
    choice = frame.choice
    page: Json = {"data": [], "nextCursor": None}
    if choice.brand:
        page = await reader.get("/v1/accounts", brandRef=choice.ref, limit=MAX_PAGE, cursor=cursor)
    known = await reader.get("/v1/channels")
    return render(
        request,
        "accounts.html",
        choice=choice,
        page=page,
        alone=False,
        cursor=cursor,
        described=known["data"],
        connection=await _connection(reader, connection_id),
        shown_waiting=SHOWN_WAITING,
    )


@router.get("/accounts/{account_id}")
async def show_account(
    request: Request,
    reader: TheReader,
    frame: TheFrame,
    account_id: str,
    connection_id: Annotated[str | None, Query(alias="connectionId", max_length=40)] = None,
) -> Response:
    """One account: where everything that says "reconnect it" leads."""
    account = await reader.get(f"/v1/accounts/{quote(account_id, safe='')}")
    return render(
        request,
        "accounts.html",
        choice=frame.choice,
        page={"data": [account], "nextCursor": None},
        alone=True,
        cursor=None,
        described=(),
        connection=await _connection(reader, connection_id),
        shown_waiting=SHOWN_WAITING,
    )


async def _connection(reader: Reader, connection_id: str | None) -> Json | None:
    """The result of the connection that the browser returns from; None if it is unknown."""
    if connection_id is None or not is_id(connection_id, Prefix.CONNECTION):
        return None
    try:
        return await reader.get(f"/v1/connections/{connection_id}")
    except ReadingFailed as error:
        if error.status != 404:
            raise
        return None
