"""The accounts page: health, check, connect in a browser, reconnect, disconnect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.dashboard.account_groups import FEW, problems_first
from api.dashboard.frame import Frame, TheFrame
from api.dashboard.gallery import LIVES, gallery
from api.dashboard.page_data import Reader, ReadingFailed, TheReader, Viewer
from api.dashboard.permissions import missing_permissions, refused_permissions
from api.dashboard.reconnecting import WayBack, connecting_again
from api.dashboard.render import HEADERS, PageRoute, render
from api.deps import MAX_PAGE, TheServices
from api.languages.catalogue import gettext
from api.process.services import Services
from munadi.db.accounts.disconnected import (
    DisconnectedBy,
    count_left_failures,
    disconnected_by,
    not_connected_again,
)
from munadi.db.accounts.unpublished import Unpublished, unpublished_posts
from munadi.db.accounts.waiting import waiting_posts
from munadi.db.contents.attention import FAILED_SINCE
from munadi.db.tables import AccountRow
from munadi.domain.ids import Prefix, is_id
from munadi.domain.key import Scope

router = APIRouter(route_class=PageRoute)

Json = dict[str, Any]


# How many of the posts of an account are named: on its own page, and in the list.
SHOWN_WAITING, SHOWN_IN_LIST = 5, 3
# The last disconnected accounts of a brand.
SHOWN_GONE = 20
SHARED: Json = {"missing_permissions": missing_permissions, "lives": LIVES}


@router.get("/accounts")
async def show_accounts(
    request: Request,
    reader: TheReader,
    services: TheServices,
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
        groups=problems_first(page["data"]) if len(page["data"]) > FEW or cursor else None,
        alone=False,
        cursor=cursor,
        tiles=await gallery(services, choice.brand, known["data"], _servers(frame, known["data"]))
        if choice.brand
        else (),
        again=None,
        waiting=None,
        unpublished=await _unpublished(services, page["data"], SHOWN_IN_LIST),
        gone=await _gone(services, reader.viewer, choice.ref) if choice.brand and not cursor else (),
        gone_shown=SHOWN_GONE,
        **await _outcome(services, connection, page["data"]),
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
    connection = await _connection(reader, connection_id)
    # A disconnected account stays what it is: its profile is connected as a new one.
    if connection and connection["accountIds"] and account_id not in connection["accountIds"]:
        return RedirectResponse(f"/accounts/{connection['accountIds'][0]}?connectionId={connection_id}", 303, HEADERS)
    async with services.database.read() as session:
        waiting = await waiting_posts(session, account_id, SHOWN_WAITING)
        row = await session.get(AccountRow, account_id)
    return render(
        request,
        "accounts.html",
        choice=frame.choice,
        page={"data": [account], "nextCursor": None},
        groups=None,
        alone=True,
        zone=frame.choice.zone_of(account["brandRef"]),
        about=account["brandRef"],
        cursor=None,
        tiles=(),
        again=connecting_again(services, row) if row else None,
        waiting=waiting,
        unpublished=await _unpublished(services, [account], SHOWN_WAITING),
        gone=(),
        waiting_next=await _in_order(reader, waiting.next_ids),
        **await _outcome(services, connection, [account]),
        **SHARED,
    )


@dataclass(frozen=True)
class Gone:
    """A disconnected account. `by` are words: by whom, as far as the viewer may know; `again`: what connects it again,
    if a browser can."""

    account: AccountRow
    by: str | None
    again: WayBack | None


async def _gone(services: Services, viewer: Viewer, brand_ref: str) -> list[Gone]:
    """The brand's disconnected accounts that are not back. One more than are shown says that there are more."""
    async with services.database.read() as session:
        rows = await not_connected_again(session, brand_ref, SHOWN_GONE + 1)
        by = await disconnected_by(session, [row.id for row in rows])
    return [Gone(row, _by(by.get(row.id), viewer), connecting_again(services, row)) for row in rows]


def _by(found: DisconnectedBy | None, viewer: Viewer) -> str | None:
    """Names of keys are for administrators of the installation, as in the audit log."""
    if found is None:
        return None
    if found.key_id == viewer.principal.key_id:
        return gettext("with your key")
    if not viewer.principal.may(Scope.ADMIN) or not viewer.principal.is_for_all:
        return None
    if found.key_id is None:
        return gettext("on this machine")
    return gettext("with the key %(name)s") % {"name": found.key_name or found.key_id}


async def _unpublished(services: Services, accounts: Sequence[Json], shown: int) -> dict[str, Unpublished]:
    async with services.database.read() as session:
        return await unpublished_posts(session, [each["id"] for each in accounts], shown)


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


async def _outcome(services: Services, connection: Json | None, accounts: Sequence[Json]) -> Json:
    """How the connection ended: `refused` are permissions that the owner left out, `before` is the account that was to
    be connected again, and is as it was; `left`: how many posts wait in Needs attention since it was disconnected."""
    if connection is None:
        return {"connection": None, "refused": (), "before": None, "left": 0}
    before = next((each for each in accounts if each["id"] == connection["accountId"]), None)
    async with services.database.read() as session:
        left = await count_left_failures(session, connection["accountIds"], services.clock.now() - FAILED_SINCE)
    return {"connection": connection, "refused": refused_permissions(connection), "before": before, "left": left}


def _servers(frame: Frame, channels: Sequence[Json]) -> dict[str, str]:
    """Per network whose accounts have servers of their own: the sandbox's server, where there is a sandbox."""
    if frame.sandbox_url is None:
        return {}
    return {each["name"]: f"{frame.sandbox_url}/{each['name']}/server" for each in channels if each["ownServer"]}
