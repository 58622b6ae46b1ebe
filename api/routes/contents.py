"""Posts: accept, validate, list and read them. Changes are in `changes.py`."""

from __future__ import annotations

from typing import Annotated

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
    read_cursor,
    write_cursor,
)
from api.filters import brand_filter, object_filter
from api.http.client_disconnect import while_connected
from api.http.conditional import post_etag
from api.http.metadata_query import PARAMETER, MetadataQuery
from api.idempotency import IdempotencyHeader
from api.openapi import examples
from api.openapi.document import error_responses
from api.process.services import Services
from munadi.db.contents import queries as contents
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
ListedId = Annotated[str, Field(max_length=40, pattern=f"^{Prefix.CONTENT.value}_[0-9a-z]{{26}}$")]

ProposedFilter = Annotated[
    list[Proposed] | None,
    Query(description="Only posts that wait for an approval: those that nobody has answered, or that were declined."),
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
    responses=error_responses(401, 403, 404, 422),
    openapi_extra={"parameters": [PARAMETER]},
)
async def list_contents(
    services: TheServices,
    principal: ContentReader,
    metadata: MetadataQuery,
    brand_ref: BrandFilter = None,
    ids: Annotated[
        list[ListedId] | None,
        Query(alias="id", max_length=MAX_PAGE, description=f"Only these posts, {MAX_PAGE} at most."),
    ] = None,
    status: Annotated[list[ContentStatus] | None, Query(description="Only with one of these statuses.")] = None,
    channel: Annotated[ChannelName | None, Query(description="Only on this network.")] = None,
    account_id: Annotated[str | None, Query(alias="accountId", description="Only on this account.")] = None,
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
    scheduled_from: Annotated[
        Instant | None, Query(alias="scheduledFrom", description="Only posts that are due at this time or later.")
    ] = None,
    scheduled_to: Annotated[Instant | None, Query(alias="scheduledTo", description="Only posts due by then.")] = None,
    limit: Annotated[
        int | None,
        Query(ge=1, le=MAX_PAGE, description=f"The maximum number of entries: 20, with `id` {MAX_PAGE} by default."),
    ] = None,
    cursor: Cursor = None,
) -> Page[ContentView]:
    """Posts, newest first. A page has fewer than `limit` where texts are long, and fewer or none where a search goes
    through many posts: `nextCursor` says whether there are more."""
    wanted = contents.ContentFilter(
        brand_ref=await brand_filter(brand_ref, principal, services),
        ids=ids or (),
        statuses=[each.value for each in status or ()],
        channel=channel.value if channel else None,
        account_id=await object_filter(account_id, Prefix.ACCOUNT, principal, services),
        client_ref=client_ref,
        metadata=metadata,
        words=words,
        held=held,
        proposed=[each.value for each in proposed or ()],
        dismissed=dismissed,
        overdue_at=services.clock.now() if overdue else None,
        scheduled_from=scheduled_from,
        scheduled_to=scheduled_to,
        before=read_cursor(cursor),
    )
    size = limit or (MAX_PAGE if ids else 20)
    async with services.database.read() as session:
        views, place = await contents.list_contents(session, wanted, size)
    return Page[ContentView](data=tuple(views), next_cursor=write_cursor(*place) if place else None)


@router.get(
    "/{content_id}", operation_id="contents.get", response_model=ContentView, responses=error_responses(401, 403, 404)
)
async def get_content(content_id: ContentId, services: TheServices, principal: ContentReader) -> Response:
    """A post with its publications. A later change sends the `ETag` as If-Match; a later read as If-None-Match, and
    gets 304 while nothing has changed."""
    view = await visible_content(services, content_id, principal)
    body = view.model_dump_json(by_alias=True).encode()
    return Response(body, headers={"ETag": post_etag(view.version, body)}, media_type=JSON)


async def visible_content(services: Services, content_id: str, principal: Principal) -> ContentView:
    """A post, if the key may see it; otherwise 404."""
    view = await services.database.lookup(lambda connection: contents.read_view(connection, content_id))
    if view is None or not principal.may_see(view.brand_ref):
        raise not_found("content", content_id)
    return view
