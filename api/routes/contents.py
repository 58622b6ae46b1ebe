"""Posts: accept, validate, list and read them. Changes are in `changes.py`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api.answers import accepted
from api.auth import not_found
from api.bodies.parsing import body_of, described, read_body
from api.deps import (
    MAX_PAGE,
    BrandFilter,
    ContentId,
    ContentProposer,
    ContentReader,
    Cursor,
    DraftWriter,
    Page,
    TheServices,
    partial_page,
    read_cursor,
    write_cursor,
)
from api.filters import brand_filter, object_filter, only_visible
from api.http.client_disconnect import while_connected
from api.http.conditional import matches, post_etag, read_if_none_match
from api.http.deprecation import one_of, renamed
from api.http.fields import FieldsQuery, read_fields
from api.http.metadata_query import PARAMETER, MetadataQuery
from api.http.problems import ProblemError
from api.http.shares import NothingLeft
from api.http.waiting import MAX_SECONDS, Place
from api.idempotency import IdempotencyHeader
from api.openapi import examples
from api.openapi.document import error_responses
from api.process.services import Services
from munadi.db.contents import queries as contents
from munadi.db.contents.content_filter import ContentFilter
from munadi.db.keys.callers import Principal
from munadi.domain.approval import Proposed
from munadi.domain.channel import ChannelName
from munadi.domain.content import ContentStatus, ContentView
from munadi.domain.ids import Prefix
from munadi.domain.time import Instant
from munadi.intake.requests import ContentRequest
from munadi.intake.validation import Validation
from munadi.publishing.service import takes_long

router = APIRouter(prefix="/v1/contents", tags=["contents"])
JSON = "application/json"
Wait = Annotated[
    int,
    Query(
        ge=0,
        le=MAX_SECONDS,
        description="Seconds to wait for a change of what `If-None-Match` names; without that header nothing is waited "
        "for.",
    ),
]
FormerSince = Annotated[
    Instant | None, Query(alias="scheduledFrom", deprecated=True, description="The former name of `since`.")
]
FormerUntil = Annotated[
    Instant | None,
    Query(alias="scheduledTo", deprecated=True, description="Use `until`: this one includes the time itself."),
]
ContentLimit = Annotated[
    int | None,
    Query(ge=1, le=MAX_PAGE, description=f"The maximum number of entries: 20, with `id` {MAX_PAGE} by default."),
]
ListedId = Annotated[str, Field(max_length=40, pattern=f"^{Prefix.CONTENT.value}_[0-9a-z]{{26}}$")]

ProposedFilter = Annotated[
    list[Proposed] | None,
    Query(description="Only posts that wait for an approval: those that nobody has answered, or that were declined."),
]
IdsFilter = Annotated[
    list[ListedId] | None,
    Query(alias="id", max_length=MAX_PAGE, description=f"Only these posts, {MAX_PAGE} at most."),
]
Sort = Annotated[
    Literal["createdAt", "scheduledAt"],
    Query(description="The order: the newest first, or those first that are due last. Cursors are of one order."),
]
SeriesFilter = Annotated[
    str | None, Query(alias="seriesId", max_length=40, description="Only posts that this series has made.")
]
DismissedFilter = Annotated[
    bool | None,
    Query(description="Whether a person has dismissed every failure of the post, or what it lacks (`dismissal`)."),
]


@router.post(
    "",
    operation_id="contents.create",
    status_code=202,
    response_model=ContentView,
    responses=error_responses(400, 401, 403, 409, 413, 415, 422),
    openapi_extra=described(ContentRequest, examples.CONTENTS),
)
async def create_content(
    request: Request, services: TheServices, principal: ContentProposer, idempotency: IdempotencyHeader
) -> Response:
    """Accept a post. 202 means that it is stored and survives a crash of Munadi, not that a network published it.

    From a key that may only propose (`contents:propose`), and where the brand wants that of every post, it waits with
    the hold `APPROVAL` until it is approved."""
    sent, shape = read_body(request, ContentRequest)
    accepting = services.posts.accept(sent, shape, principal, idempotency)
    return accepted(await (while_connected(request, accepting) if takes_long(sent) else accepting))


@router.post(
    "/validate",
    operation_id="contents.validate",
    response_model=Validation,
    responses=error_responses(400, 401, 403, 413, 415, 422),
    openapi_extra=described(ContentRequest, examples.CONTENTS),
)
async def validate_content(request: Request, services: TheServices, principal: DraftWriter) -> Validation:
    """What POST /v1/contents would report, without storing anything."""
    return await while_connected(request, services.posts.validate_body(body_of(request), principal))


@router.get(
    "",
    operation_id="contents.list",
    response_model=Page[ContentView],
    responses=error_responses(401, 403, 404, 422),
    openapi_extra={"parameters": [PARAMETER]},
    dependencies=renamed("scheduledFrom", "scheduledTo"),
)
async def list_contents(
    services: TheServices,
    principal: ContentReader,
    metadata: MetadataQuery,
    brand_ref: BrandFilter = None,
    ids: IdsFilter = None,
    status: Annotated[list[ContentStatus] | None, Query(description="Only with one of these statuses.")] = None,
    channel: Annotated[ChannelName | None, Query(description="Only on this network.")] = None,
    account_id: Annotated[str | None, Query(alias="accountId", description="Only on this account.")] = None,
    series_id: SeriesFilter = None,
    client_ref: Annotated[str | None, Query(alias="clientRef", description="Only posts with this `clientRef`.")] = None,
    words: Annotated[
        str | None, Query(alias="q", max_length=200, description="Words in the text, or the whole `clientRef`.")
    ] = None,
    held: Annotated[
        bool | None, Query(description="Whether a publication is waiting for an account or a network (`hold`).")
    ] = None,
    proposed: ProposedFilter = None,
    dismissed: DismissedFilter = None,
    overdue: Annotated[
        bool,
        Query(description="Only posts that are due and that no worker has claimed for more than five seconds."),
    ] = False,
    since: Annotated[Instant | None, Query(description="Only posts that are due at this time or later.")] = None,
    until: Annotated[Instant | None, Query(description="Only posts that are due before this time.")] = None,
    scheduled_from: FormerSince = None,
    scheduled_to: FormerUntil = None,
    sort: Sort = "createdAt",
    limit: ContentLimit = None,
    cursor: Cursor = None,
    fields: FieldsQuery = None,
) -> Page[ContentView] | Response:
    """Posts, newest first. A page has fewer than `limit` where texts are long, and fewer or none where a search goes
    through many posts: `nextCursor` says whether there are more."""
    wanted = ContentFilter(
        brand_ref=await brand_filter(brand_ref, principal, services),
        ids=ids or (),
        statuses=[each.value for each in status or ()],
        channel=channel.value if channel else None,
        account_id=await object_filter(account_id, Prefix.ACCOUNT, principal, services),
        series_id=await object_filter(series_id, Prefix.SERIES, principal, services),
        client_ref=client_ref,
        metadata=metadata,
        words=words,
        held=held,
        proposed=[each.value for each in proposed or ()],
        dismissed=dismissed,
        overdue_at=services.clock.now() if overdue else None,
        since=one_of("since", since, "scheduledFrom", scheduled_from),
        until=one_of("until", until, "scheduledTo", _just_after(scheduled_to)),
        by_due_time=sort == "scheduledAt",
        before=read_cursor(cursor),
    )
    size, included = limit or (MAX_PAGE if ids else 20), read_fields(fields, ContentView)
    async with services.database.read() as session:
        views, place = await contents.list_contents(session, wanted, size)
    page = Page[ContentView](data=tuple(views), next_cursor=write_cursor(*place) if place else None)
    page = only_visible(page, principal, lambda view: view.brand_ref)
    return page if included is None else partial_page(page, included)


@router.get(
    "/{content_id}", operation_id="contents.get", response_model=ContentView, responses=error_responses(401, 403, 404)
)
async def get_content(
    content_id: ContentId,
    request: Request,
    services: TheServices,
    principal: ContentReader,
    wait: Wait = 0,
    fields: FieldsQuery = None,
) -> Response:
    """A post with its publications. A later change sends the `ETag` as If-Match; a later read as If-None-Match, and
    gets 304 while nothing has changed. With `wait` that answer comes once the post changes, or 304 at the end."""
    included = read_fields(fields, ContentView)

    async def read() -> Response:
        view = await visible_content(services, content_id, principal)
        body = view.model_dump_json(by_alias=True, include=included).encode()
        return Response(body, headers={"ETag": post_etag(view.version, body)}, media_type=JSON)

    known = read_if_none_match(request.headers) if wait else None
    if known is None:
        return await read()

    def is_known(answer: Response) -> bool:
        return matches(known, answer.headers["etag"])

    began = time.monotonic()
    with _place(services, principal) as place:
        try:
            return await while_connected(request, services.waits.changed(place, content_id, read, is_known, wait))
        finally:
            request.state.waited = time.monotonic() - began


@contextmanager
def _place(services: Services, principal: Principal) -> Iterator[Place]:
    """A place to wait. ProblemError 429 when the brand, or the key for several brands, has none left; 503 when the
    process has none for it."""
    holder = principal.only_brand or principal.key_id
    try:
        with services.waits.place(holder) as place:
            yield place
    except NothingLeft as error:
        whose = holder if error.is_own else "all clients"
        detail = f"at most {error.limit} requests of {whose} wait at once; ask without `wait`, or later"
        later = {"Retry-After": "5"}
        if error.is_own:
            raise ProblemError(429, "TOO_MANY_WAITING", "Too Many Requests", detail, headers=later) from None
        raise ProblemError(503, "TOO_MANY_WAITING", "Not available", detail, headers=later) from None


def _just_after(at: datetime | None) -> datetime | None:
    """The end of a range that includes a time: times are stored to the microsecond. None: no end."""
    return None if at is None or at >= datetime.max.replace(tzinfo=UTC) else at + timedelta(microseconds=1)


async def visible_content(services: Services, content_id: str, principal: Principal) -> ContentView:
    """A post, if the key may see it; otherwise 404."""
    view = await services.database.lookup(lambda connection: contents.read_view(connection, content_id))
    if view is None or not principal.may_see(view.brand_ref):
        raise not_found("content", content_id)
    return view
