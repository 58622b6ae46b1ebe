"""The accounts page: health, check, connect in a browser, reconnect, disconnect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.dashboard.frame import Frame, TheFrame
from api.dashboard.page_data import Reader, ReadingFailed, TheReader
from api.dashboard.permissions import missing_permissions, refused_permissions
from api.dashboard.render import HEADERS, PageRoute, render
from api.deps import MAX_PAGE, TheServices
from munadi.db.accounts.waiting import waiting_posts
from munadi.domain.ids import Prefix, is_id

router = APIRouter(route_class=PageRoute)

Json = dict[str, Any]


def again(account: Json, own_server: bool) -> Json:
    """The request that connects the profile of a disconnected account again: by its server, or by its id."""
    login = {"login": account["login"]} if account["login"] else {}
    return {"channel": account["channel"], "hint": account["serviceUrl" if own_server else "externalId"], **login}


# How many of the posts that wait for an account are named.
SHOWN_WAITING = 5
SHARED: Json = {"shown_waiting": SHOWN_WAITING, "missing_permissions": missing_permissions}


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
    connection = await _connection(reader, connection_id)
    return render(
        request,
        "accounts.html",
        choice=choice,
        page=page,
        alone=False,
        cursor=cursor,
        described=known["data"],
        servers=_servers(frame, known["data"]),
        again=None,
        waiting=None,
        **_outcome(connection, page["data"]),
        **SHARED,
    )


@router.get("/accounts/{account_id}")
async def show_account(
    request: Request,
    reader: TheReader,
    services: TheServices,
    frame: TheFrame,
    account_id: str,
    connection_id: Annotated[str | None, Query(alias="connectionId", max_length=40)] = None,
) -> Response:
    """One account: where everything that says "reconnect it" leads."""
    account = await reader.get(f"/v1/accounts/{quote(account_id, safe='')}")
    channel = await reader.get(f"/v1/channels/{account['channel']}")
    connection = await _connection(reader, connection_id)
    # A disconnected account stays what it is: its profile is connected as a new one.
    if connection and connection["accountIds"] and account_id not in connection["accountIds"]:
        return RedirectResponse(f"/accounts/{connection['accountIds'][0]}?connectionId={connection_id}", 303, HEADERS)
    async with services.database.read() as session:
        waiting = await waiting_posts(session, account_id, SHOWN_WAITING)
    return render(
        request,
        "accounts.html",
        choice=frame.choice,
        page={"data": [account], "nextCursor": None},
        alone=True,
        zone=frame.choice.zone_of(account["brandRef"]),
        about=account["brandRef"],
        cursor=None,
        described=(),
        servers={},
        again=again(account, channel["ownServer"]),
        waiting=waiting,
        waiting_next=await _in_order(reader, waiting.next_ids),
        **_outcome(connection, [account]),
        **SHARED,
    )


async def _in_order(reader: Reader, ids: Sequence[str]) -> list[Json]:
    """The posts with these ids, in their order; none for a key that may not read posts."""
    found = await reader.get_if_allowed("/v1/contents", id=ids) if ids else None
    by_id = {each["id"]: each for each in (found or {"data": ()})["data"]}
    return [by_id[each] for each in ids if each in by_id]


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


def _outcome(connection: Json | None, accounts: Sequence[Json]) -> Json:
    """How the connection ended: `refused` are permissions that the owner left out, `before` is the account that was to
    be connected again, and is as it was."""
    if connection is None:
        return {"connection": None, "refused": (), "before": None}
    before = next((each for each in accounts if each["id"] == connection["accountId"]), None)
    return {"connection": connection, "refused": refused_permissions(connection), "before": before}


def _servers(frame: Frame, channels: Sequence[Json]) -> dict[str, str]:
    """Per network whose accounts have servers of their own: the sandbox's server, where there is a sandbox."""
    if frame.sandbox_url is None:
        return {}
    return {each["name"]: f"{frame.sandbox_url}/{each['name']}/server" for each in channels if each["ownServer"]}
