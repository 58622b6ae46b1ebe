"""GET /v1/publications: publications of all posts, filtered by account, status and time."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.deps import (
    ContentReader,
    Cursor,
    Limit,
    Page,
    TheServices,
    invalid_cursor,
    partial_page,
    read_cursor,
    write_cursor,
)
from api.filters import brand_filter, object_filter, only_visible
from api.http.fields import FieldsQuery, read_fields
from api.openapi import content_examples
from api.openapi.document import error_responses
from api.openapi.examples import shows_page
from api.views import ListedPublication, listed_publication
from munadi.db.contents import publications
from munadi.db.contents.publications import PublicationFilter, PublicationPlace
from munadi.domain.channel import ChannelName
from munadi.domain.ids import Prefix
from munadi.domain.publication import PublicationStatus
from munadi.domain.time import Instant

router = APIRouter(prefix="/v1/publications", tags=["publications"])
_PLACE = re.compile(r"[0-9]{1,4}")


@router.get(
    "",
    operation_id="publications.list",
    response_model=Page[ListedPublication],
    responses={**shows_page(content_examples.LISTED_PUBLICATION), **error_responses(401, 403, 404, 422)},
    summary="List publications",
)
async def list_publications(
    services: TheServices,
    principal: ContentReader,
    brand_ref: Annotated[str | None, Query(alias="brandRef", description="Absent: the key's brand, or all.")] = None,
    channel: Annotated[ChannelName | None, Query(description="On this network.")] = None,
    account_id: Annotated[str | None, Query(alias="accountId", description="For this account.")] = None,
    status: Annotated[list[PublicationStatus] | None, Query(description="Only with one of these statuses.")] = None,
    since: Annotated[Instant | None, Query(description="Scheduled at this time or later.")] = None,
    until: Annotated[Instant | None, Query(description="Scheduled before this time.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    fields: FieldsQuery = None,
) -> Page[ListedPublication] | Response:
    """Publications: those of the newest post first, and of one post in the order of its channels.

    A page may have fewer than `limit`, or none, although there are more: `nextCursor` says whether there are.
    """
    brand = await brand_filter(brand_ref, principal, services)
    wanted = PublicationFilter(
        brand_ref=brand,
        channel=channel.value if channel else None,
        account_id=await object_filter(account_id, Prefix.ACCOUNT, principal, services),
        statuses=[each.value for each in status or ()],
        since=since,
        until=until,
        after=_read_place(cursor),
    )
    included = read_fields(fields, ListedPublication)
    async with services.database.read() as session:
        found, place = await publications.list_publications(session, wanted, limit)
    views = tuple(listed_publication(content, row) for content, row in found)
    page = Page[ListedPublication](data=views, next_cursor=_write_place(place) if place else None)
    page = only_visible(page, principal, lambda view: view.brand_ref)
    return page if included is None else partial_page(page, included)


def _write_place(last: PublicationPlace) -> str:
    """A cursor behind this publication."""
    return write_cursor(last.created_at, f"{last.content_id} {last.place}")


def _read_place(cursor: str | None) -> PublicationPlace | None:
    found = read_cursor(cursor)
    if found is None:
        return None
    content_id, _, place = found[1].partition(" ")
    if not _PLACE.fullmatch(place):
        raise invalid_cursor()
    return PublicationPlace(found[0], content_id, int(place))
