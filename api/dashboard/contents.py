"""The lists of posts, of proposals and of drafts, newest first, one page at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.dashboard.editing import can_be_edited
from api.dashboard.frame import TheFrame
from api.dashboard.page_data import Reader, TheReader
from api.dashboard.render import PageRoute, render
from api.dashboard.sections import sections
from api.dashboard.times import start_of
from api.deps import MAX_PAGE, TheServices
from api.languages.catalogue import gettext
from munadi.domain.ids import Prefix

router = APIRouter(route_class=PageRoute)
PAGE = 25
# Pages without posts that are skipped: a search that no index can tell goes through some thousand posts in each.
TRIED_PAGES = 20


@router.get("/")
@router.get("/contents")
async def show_contents(
    request: Request,
    reader: TheReader,
    services: TheServices,
    frame: TheFrame,
    status: Annotated[list[str] | None, Query()] = None,
    channel: str | None = None,
    client_ref: Annotated[str | None, Query(alias="clientRef")] = None,
    words: Annotated[str | None, Query(alias="q")] = None,
    account_id: Annotated[str | None, Query(alias="accountId", max_length=40)] = None,
    held: bool | None = None,
    series_id: Annotated[str | None, Query(alias="seriesId", max_length=40)] = None,
    first: Annotated[str, Query(alias="from", max_length=20)] = "",
    last: Annotated[str, Query(alias="to", max_length=20)] = "",
    sort: str = "",
    cursor: str | None = None,
) -> Response:
    """The list, filtered by the query. Empty fields of the form filter nothing. `accountId`, `held` and `seriesId` come
    with links of other pages; `from` and `to` are days of the page's zone."""
    filters = {
        "brandRef": frame.choice.filter,
        "channel": channel,
        "clientRef": client_ref,
        "q": words,
        "accountId": account_id,
        "held": held,
        "seriesId": series_id,
        "since": start_of(first, frame.choice.zone) if first else None,
        "until": start_of(last, frame.choice.zone, 1) if last else None,
        "sort": sort,
        "cursor": cursor,
    }
    statuses = [each for each in status or () if each]
    account = await reader.get_if_allowed(f"/v1/accounts/{quote(account_id, safe='')}") if account_id else None
    page = await _first_page(reader, filters | {"status": statuses})
    return render(
        request,
        "contents.html",
        page=page,
        wanted={**filters, "status": statuses, "from": first, "to": last},
        account=account,
        has_account=await _has_account(reader, frame.choice.ref) if not page["data"] else True,
        can_be_edited=lambda post: can_be_edited(post, reader.viewer),
        cursor=cursor,
        sections=await sections(services, reader.viewer.principal, frame.choice.filter),
    )


@router.get("/proposals")
async def show_proposals(
    request: Request,
    reader: TheReader,
    services: TheServices,
    frame: TheFrame,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Posts that wait for an approval, the newest first; those that were declined wait to be edited."""
    filters = {"brandRef": frame.choice.filter, "proposed": ["requested", "declined"], "cursor": cursor}
    return render(
        request,
        "proposals.html",
        page=await _first_page(reader, filters),
        cursor=cursor,
        sections=await sections(services, reader.viewer.principal, frame.choice.filter),
    )


@router.get("/drafts")
async def show_drafts(
    request: Request,
    reader: TheReader,
    services: TheServices,
    frame: TheFrame,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Drafts that are not submitted, the newest first."""
    page = await reader.get("/v1/drafts", brandRef=frame.choice.filter, limit=PAGE, cursor=cursor)
    return render(
        request,
        "drafts_page.html",
        page=page,
        cursor=cursor,
        sections=await sections(services, reader.viewer.principal, frame.choice.filter),
        channels_of=lambda content: list(dict.fromkeys(_channels(content))),
    )


async def _has_account(reader: Reader, brand_ref: str) -> bool:
    """Whether an account is connected: of the chosen brand, or of any. True where the key may not know."""
    found = await reader.get_if_allowed("/v1/accounts", brandRef=brand_ref, limit=1)
    return found is None or bool(found["data"])


async def _first_page(reader: Reader, filters: Mapping[str, Any]) -> Any:
    """The first page that has posts: one that only tried many posts shows nothing, and the next ones may have some."""
    page = await reader.get("/v1/contents", limit=PAGE, **filters)
    for _ in range(TRIED_PAGES):
        if page["data"] or not page["nextCursor"]:
            break
        page = await reader.get("/v1/contents", limit=PAGE, **{**filters, "cursor": page["nextCursor"]})
    return page


def _channels(content: Mapping[str, Any]) -> Iterator[str]:
    """The names of the channels in a draft, which may have anything in their place."""
    channels = content.get("channels")
    for each in channels if isinstance(channels, list) else ():
        name = each.get("channel") if isinstance(each, dict) else each
        if isinstance(name, str):
            yield name


async def texts_of(reader: Reader, named: Iterable[str]) -> dict[str, str]:
    """What the posts among these ids are called, by id; those that the key may not see are left out."""
    ids = sorted({each for each in named if each.startswith(f"{Prefix.CONTENT}_")})
    if not ids:
        return {}
    found = await reader.get("/v1/contents", id=ids, limit=MAX_PAGE)
    return {post["id"]: post["text"] or post["link"] or gettext("a post without text") for post in found["data"]}
