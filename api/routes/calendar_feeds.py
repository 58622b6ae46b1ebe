"""A brand's calendar for other calendar programs, read under secret addresses: create, list and revoke them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import ConfigDict, Field
from sqlmodel.ext.asyncio.session import AsyncSession

from api.auth import not_found
from api.deps import ContentReader, ContentWriter, Page, TheServices
from api.http.problems import ProblemError
from api.idempotency import IdempotencyHeader, Success, respond_once, secret_operation
from api.openapi.document import error_responses
from api.openapi.examples import shows, shows_page
from api.process.services import Services
from api.routes.brands import Ref, visible_brand
from munadi.db.brands import calendar_feeds as feeds
from munadi.db.tables import CalendarFeedRow
from munadi.domain.content import ContentStatus
from munadi.domain.icalendar import Entry, write_calendar
from munadi.domain.model import BrandOf, CreatedAt, UniqueId, WireModel
from munadi.intake.requests import EmptyRequest

router = APIRouter(prefix="/v1/brands/{ref}/calendar-feeds", tags=["calendar feeds"])
public = APIRouter(include_in_schema=False)

_FEED: dict[str, Any] = {
    "id": "cal_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "brandRef": "acme",
    "createdAt": "2027-01-14T10:00:00Z",
}
_URL = {"url": "https://munadi.acme.example/feeds/….ics"}
_STATES = {ContentStatus.PUBLISHED: "CONFIRMED", ContentStatus.CANCELED: "CANCELLED"}
# What a title says first where something went wrong.
_TROUBLES = {
    ContentStatus.FAILED: "Failed: ",
    ContentStatus.PARTIALLY_PUBLISHED: "Partly published: ",
    ContentStatus.UNCONFIRMED: "Unconfirmed: ",
}
_LONGEST_TITLE, _LONGEST_TEXT = 120, 2_000


class CalendarFeed(WireModel):
    """A secret address of a brand's calendar, without the address."""

    model_config = ConfigDict(json_schema_extra={"examples": [_FEED]})

    id: UniqueId
    brand_ref: BrandOf
    created_at: CreatedAt


class CalendarFeedWithUrl(CalendarFeed):
    """The response to a creation, the only one that shows the address."""

    model_config = ConfigDict(json_schema_extra={"examples": [_FEED | _URL]})

    url: str = Field(description="Whoever has it can read the brand's posts. It cannot be shown again.")


@router.post(
    "",
    operation_id="calendar.feeds.create",
    status_code=201,
    response_model=CalendarFeedWithUrl,
    responses={**shows(201, _FEED | _URL), **error_responses(400, 401, 403, 404, 409, 413, 415, 422)},
    summary="Create a calendar's address",
)
async def create_feed(
    ref: Ref,
    services: TheServices,
    principal: ContentWriter,
    idempotency: IdempotencyHeader,
    sent: EmptyRequest | None = None,
) -> Response:
    """The address is for calendar programs (iCalendar). It needs no key, never expires, and is shown only here."""
    await visible_brand(ref, principal, services)

    async def create(session: AsyncSession) -> Success:
        row, secret = await feeds.create_feed(session, ref, services.clock.now())
        url = f"{services.settings.base_url}/feeds/{secret}.ics"
        return Success(CalendarFeedWithUrl(**_view(row).model_dump(by_alias=False), url=url), 201)

    operation = secret_operation(principal.key_id, "calendar.feeds.create")
    try:
        return await respond_once(services, idempotency, ref, operation, create)
    except feeds.TooManyFeeds:
        detail = f"the brand has {feeds.MOST_FEEDS} calendar addresses already; revoke one that is not used"
        raise ProblemError(409, "TOO_MANY_CALENDAR_FEEDS", "Conflict", detail) from None


@router.get(
    "",
    operation_id="calendar.feeds.list",
    responses={**shows_page(_FEED), **error_responses(401, 403, 404, 422)},
    summary="List calendar addresses",
)
async def list_feeds(ref: Ref, services: TheServices, principal: ContentReader) -> Page[CalendarFeed]:
    """The secret addresses of a brand's calendar, all of them, without the secrets."""
    await visible_brand(ref, principal, services)
    async with services.database.read() as session:
        return Page[CalendarFeed](data=tuple(_view(row) for row in await feeds.list_feeds(session, ref)))


@router.delete(
    "/{feed_id}",
    operation_id="calendar.feeds.revoke",
    status_code=204,
    responses=error_responses(401, 403, 404, 422),
    summary="Revoke a calendar's address",
)
async def revoke_feed(
    ref: Ref,
    feed_id: Annotated[str, Path(description="The `id` of the calendar's address.")],
    services: TheServices,
    principal: ContentWriter,
) -> None:
    """The address answers 404 at once. Other addresses of the brand stay."""
    await visible_brand(ref, principal, services)
    async with services.database.write() as session:
        if not await feeds.revoke_feed(session, ref, feed_id, services.clock.now()):
            raise not_found("calendar feed", feed_id)


@public.get("/feeds/{secret}.ics")
async def show_feed(secret: str, services: TheServices) -> Response:
    """The calendar, for whoever has its address."""
    async with services.database.read() as session:
        brand = await feeds.brand_of(session, secret)
        if brand is None:
            raise ProblemError(404, "NOT_FOUND", "Not found", "there is no calendar at this address; it may be revoked")
        name, zone = brand.name or brand.ref, brand.timezone or "UTC"
        posts = await feeds.posts_of(session, brand.ref, services.clock.now())
    body = write_calendar(f"{name} · Munadi", zone, (_entry(post, services) for post in posts))
    return Response(body, headers={"Cache-Control": "no-store"}, media_type="text/calendar; charset=utf-8")


def _view(row: CalendarFeedRow) -> CalendarFeed:
    return CalendarFeed(id=row.id, brand_ref=row.brand_ref, created_at=row.created_at)


def _entry(post: feeds.FeedPost, services: Services) -> Entry:
    """A post as an entry of the calendar."""
    text, url = post.text.strip(), f"{services.settings.base_url}/contents/{post.id}"
    lines = text.splitlines()
    title = lines[0] if lines else "Media without text" if post.has_media else "Post without text"
    names = {name.value: channel.spec.title for name, channel in services.channels.by_name.items()}
    channels = dict.fromkeys(names.get(each, each) for each in post.channels)
    return Entry(
        id=post.id,
        at=post.scheduled_at,
        changed_at=post.updated_at,
        version=post.version,
        title=f"{_TROUBLES.get(ContentStatus(post.status), '')}{_cut(title, _LONGEST_TITLE)} ({', '.join(channels)})",
        description=f"{_cut(text, _LONGEST_TEXT)}\n\nStatus: {post.status.replace('_', ' ')}\n{url}".strip(),
        url=url,
        state=_STATES.get(ContentStatus(post.status), "TENTATIVE"),
    )


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
