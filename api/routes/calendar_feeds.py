"""A brand's calendar for other calendar programs, read under secret addresses: create, list and revoke them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.answers import plain
from api.deps import ContentReader, ContentWriter, Page, TheServices
from api.http.problems import ProblemError
from api.idempotency import IdempotencyHeader
from api.openapi.document import error_responses
from api.openapi.examples import shows, shows_page
from api.process.services import Services
from api.routes.brands import Ref
from munadi.db.brands.calendar_feeds import FeedPost
from munadi.domain.content import ContentStatus
from munadi.domain.icalendar import FEED, FEED_WITH_URL, CalendarFeed, CalendarFeedWithUrl, Entry, write_calendar
from munadi.intake.requests import EmptyRequest

router = APIRouter(prefix="/v1/brands/{ref}/calendar-feeds", tags=["calendar feeds"])
public = APIRouter(include_in_schema=False)

_STATES = {ContentStatus.PUBLISHED: "CONFIRMED", ContentStatus.CANCELED: "CANCELLED"}
# What a title says first where something went wrong.
_TROUBLES = {
    ContentStatus.FAILED: "Failed: ",
    ContentStatus.PARTIALLY_PUBLISHED: "Partly published: ",
    ContentStatus.UNCONFIRMED: "Unconfirmed: ",
}
_LONGEST_TITLE, _LONGEST_TEXT = 120, 2_000


@router.post(
    "",
    operation_id="calendar.feeds.create",
    status_code=201,
    response_model=CalendarFeedWithUrl,
    responses={**shows(201, FEED_WITH_URL), **error_responses(400, 401, 403, 404, 409, 413, 415, 422)},
    summary="Create a calendar's address",
)
async def create_feed(
    ref: Ref,
    services: TheServices,
    principal: ContentWriter,
    idempotency: IdempotencyHeader,
    sent: EmptyRequest | None = None,
) -> Response:
    """The address is for calendar programs (iCalendar). It needs no key, and is shown only here. It ends when it is
    revoked, and with the key that makes it (`endsAt`)."""
    return plain(await services.feeds.create(ref, principal, idempotency), 201)


@router.get(
    "",
    operation_id="calendar.feeds.list",
    responses={**shows_page(FEED), **error_responses(401, 403, 404, 422)},
    summary="List calendar addresses",
)
async def list_feeds(ref: Ref, services: TheServices, principal: ContentReader) -> Page[CalendarFeed]:
    """The secret addresses of a brand's calendar, all of them, without the secrets."""
    return Page[CalendarFeed](data=tuple(await services.feeds.list(ref, principal)))


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
    await services.feeds.revoke(ref, feed_id, principal)


@public.get("/feeds/{secret}.ics")
async def show_feed(secret: str, services: TheServices) -> Response:
    """The calendar, for whoever has its address."""
    found = await services.feeds.posts(secret)
    if found is None:
        raise ProblemError(404, "NOT_FOUND", "Not found", "there is no calendar at this address; it may have ended")
    brand, posts = found
    name, zone = brand.name or brand.ref, brand.timezone or "UTC"
    body = write_calendar(f"{name} · Munadi", zone, (_entry(post, services) for post in posts))
    return Response(body, headers={"Cache-Control": "no-store"}, media_type="text/calendar; charset=utf-8")


def _entry(post: FeedPost, services: Services) -> Entry:
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
