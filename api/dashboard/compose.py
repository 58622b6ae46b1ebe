"""The compose page: one form for all channels. Options, limits and problems come from the API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.dashboard.account_groups import FEW, by_network
from api.dashboard.copies import made_copies
from api.dashboard.copying import Copy, copies_as_new, keeps_its_time
from api.dashboard.fields import fields_of, prose
from api.dashboard.frame import TheFrame
from api.dashboard.listed_options import listed_options
from api.dashboard.page_data import Reader, TheReader
from api.dashboard.render import HEADERS, PageRoute, render
from api.dashboard.times import local_field
from api.deps import MAX_PAGE, TheServices
from api.process.services import Services
from munadi.db.contents.copies import COPY_OF
from munadi.domain.content import STORED_ON_WIRE
from munadi.domain.time import iso_time

router = APIRouter(route_class=PageRoute)

Json = dict[str, Any]
DRAFTS = 50


@router.get("/compose")
async def show_compose(
    request: Request,
    reader: TheReader,
    services: TheServices,
    frame: TheFrame,
    day: Annotated[date | None, Query(alias="date", description="Schedule the post for this day.")] = None,
    at: Annotated[time | None, Query(description="At this time of the day.")] = None,
    slot: Annotated[datetime | None, Query(description="In this free weekly time, or the next one.")] = None,
    repeat: Annotated[bool, Query(description="As a series: the post comes again by a rule.")] = False,
    draft_id: Annotated[str | None, Query(alias="draft", max_length=80, description="Continue this draft.")] = None,
    copied_id: Annotated[str | None, Query(alias="copy", max_length=80, description="Begin as this post.")] = None,
) -> Response:
    """The form, for the accounts of one brand, with the brand's drafts."""
    choice = frame.choice
    post = await reader.get(f"/v1/contents/{quote(copied_id, safe='')}") if copied_id and not draft_id else None
    if post is not None and post["brandRef"] != choice.ref:
        return RedirectResponse(f"/compose?brandRef={post['brandRef']}&copy={post['id']}", 303, HEADERS)
    if draft_id and (submitted := await services.drafts.submitted_as(draft_id, reader.viewer.principal)):
        return RedirectResponse(f"/contents/{submitted}", 303, HEADERS)  # the browser's Back, or an old link
    draft = await reader.get(f"/v1/drafts/{quote(draft_id, safe='')}") if draft_id else None
    if draft is not None and draft["brandRef"] != choice.ref:
        # A draft opens for its own brand, never for the one that happens to be chosen.
        return RedirectResponse(f"/compose?brandRef={draft['brandRef']}&draft={draft['id']}", 303, HEADERS)
    drafts = await _drafts(reader, choice.ref, draft_id) if choice.brand else None
    known = (await reader.get("/v1/channels"))["data"]
    accounts, left_out = await _accounts(reader, choice.ref, {each["name"] for each in known})
    zone = (choice.brand or {}).get("timezone") or "UTC"
    copy = await _copied(services, post, accounts, zone) if post else None
    shown = described(known, {each["channel"] for each in accounts})
    soon = next_hour(services.clock.now(), ZoneInfo(zone))
    return render(
        request,
        "compose.html",
        live=False,
        choice=choice,
        post=None,
        opened=None,
        accounts=accounts,
        listed=await listed_options(services, accounts),
        lists={name.value: channel.listed_options for name, channel in services.channels.by_name.items()},
        groups=by_network(accounts) if len(accounts) > FEW else None,
        draft=_for_the_form(draft, zone) if draft else None,
        drafts=drafts,
        left_out=left_out,
        copy=copy,
        copies=(await made_copies(reader, services, [post])).get(post["id"], ()) if post else (),
        metadata=metadata_of((draft or {}).get("content") or (copy.content if copy else {})),
        stored=STORED_ON_WIRE,
        preset={accounts[0]["id"]} if len(accounts) == 1 and copy is None else set(),
        described=shown,
        first_comment=[each["title"] for each in shown if each["firstComment"]],
        zone=zone,
        soon=written(soon),
        when=written(_on(day, soon, at)) if day else written(_on(soon.date(), soon)) if repeat else None,
        has_slots=await _has_slots(reader, choice.ref) if choice.brand else False,
        slot=_slot(slot, ZoneInfo(zone)) if slot and slot.tzinfo else None,
        series=None,
        repeats=repeat,
    )


async def _accounts(reader: Reader, brand_ref: str, known: set[str]) -> tuple[list[Json], bool]:
    """The brand's accounts on channels that exist here, and whether there are more of them."""
    if not brand_ref:
        return [], False
    page = await reader.get("/v1/accounts", brandRef=brand_ref, limit=MAX_PAGE)
    return [each for each in page["data"] if each["channel"] in known], page["nextCursor"] is not None


async def _copied(services: Services, post: Json, accounts: Sequence[Json], zone: str) -> Copy:
    async with services.database.read() as session:
        (copy,) = await copies_as_new(session, [post], accounts)
    if keeps_its_time(post, services.clock.now()):
        place = zone_named(post["timezone"]) or ZoneInfo(zone)
        copy.content |= {"scheduledAt": local_field(post["scheduledAt"], place.key), "timezone": place.key}
    return copy


def metadata_of(content: Json) -> Json:
    """What another program named, which the form carries along; a draft may have anything there."""
    found = content.get("metadata")
    return {name: each for name, each in found.items() if name != COPY_OF} if isinstance(found, dict) else {}


def _for_the_form(draft: Json, zone: str) -> Json:
    """A draft as the form fills itself in: an instant becomes a local time in the draft's zone, as the fields take."""
    content = dict(draft["content"])
    place = zone_named(content.get("timezone")) or ZoneInfo(zone)
    for name in ("scheduledAt", "publishBy", "withdrawAt"):
        at = _instant(content.get(name))
        if at is not None:
            content |= {name: written(at.astimezone(place)), "timezone": place.key}
    return {"id": draft["id"], "version": draft["version"], "content": content}


def _instant(text: Any) -> datetime | None:
    """The instant that a time with an offset names; None for everything else."""
    try:
        at = iso_time(text)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo else None


def zone_named(name: Any) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (TypeError, ValueError, OSError, ZoneInfoNotFoundError):
        return None


async def _drafts(reader: Reader, brand_ref: str, opened: str | None) -> Json | None:
    """The brand's newest drafts without the one that is open; None if there are none, or the key may not read posts."""
    page = await reader.get_if_allowed("/v1/drafts", brandRef=brand_ref, limit=DRAFTS)
    found = [each for each in page["data"] if each["id"] != opened] if page else []
    return {"data": found, "nextCursor": page["nextCursor"]} if page and found else None


async def _has_slots(reader: Reader, brand_ref: str) -> bool:
    """Whether the brand or an account of it has weekly times."""
    found = await reader.get_if_allowed(f"/v1/brands/{brand_ref}/slots")
    return bool(found and found["slots"])


def _slot(at: datetime, zone: ZoneInfo) -> Json:
    """A free time as the form shows it, and after which time the API looks for it."""
    return {"shown": at.astimezone(zone).strftime("%Y-%m-%d %H:%M"), "after": (at - timedelta(seconds=1)).isoformat()}


def next_hour(now: datetime, zone: ZoneInfo) -> datetime:
    """The next full hour there that is at least half an hour away."""
    # Added before it is local, so that it is an hour that exists.
    return (now + timedelta(minutes=90)).astimezone(zone).replace(minute=0, second=0, microsecond=0)


def written(at: datetime) -> str:
    """A local time to the minute, in the form that a field for times takes: `2027-01-15T09:00`."""
    return at.replace(tzinfo=None).isoformat(timespec="minutes")


def _on(day: date, soon: datetime, at: time | None = None) -> datetime:
    """That time of a day to come, by default nine in the morning; the next hour, when that is too soon."""
    if at is None and day <= soon.date():
        return soon
    wanted = datetime.combine(day, (at or time(9)).replace(tzinfo=None), soon.tzinfo)
    return wanted if wanted > soon - timedelta(hours=1) else soon


def described(channels: Sequence[Json], wanted: set[str]) -> list[Json]:
    """The channels that can be chosen, each with its options as fields."""
    return [
        each | {"fields": fields_of(each["options"]), "prose": prose(each["options"])}
        for each in channels
        if each["name"] in wanted
    ]
