"""The pages of series: posts that come again by a rule. They are written in the compose page, which asks here for the
dates of a rule."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from api.dashboard.compose import described, metadata_of
from api.dashboard.copying import entry_of
from api.dashboard.frame import TheFrame
from api.dashboard.listed_options import listed_options
from api.dashboard.page_data import TheReader
from api.dashboard.render import HEADERS, PageRoute, render
from api.dashboard.rules import rule_in_words
from api.deps import MAX_PAGE, TheServices
from api.languages import formats
from munadi.domain.content import STORED_ON_WIRE
from munadi.domain.key import Scope
from munadi.domain.problem import ProblemsFound
from munadi.domain.problem_collector import ProblemCollector
from munadi.intake.recurrence import MAX_LENGTH, settled_through
from munadi.intake.series import read_rule

router = APIRouter(route_class=PageRoute)

Json = dict[str, Any]
PER_PAGE = 25
DATES = 10


@router.get("/series")
async def show_all(
    request: Request, reader: TheReader, frame: TheFrame, cursor: Annotated[str | None, Query(max_length=200)] = None
) -> Response:
    """The series of the chosen brand, or of all that the key may see."""
    page = await reader.get("/v1/series", brandRef=frame.choice.filter, limit=PER_PAGE, cursor=cursor)
    return render(request, "series.html", page=page, cursor=cursor)


@router.get("/series/dates")
async def show_dates(
    services: TheServices,
    frame: TheFrame,
    rule: Annotated[str, Query(max_length=MAX_LENGTH)] = "",
    start: Annotated[str, Query(max_length=40)] = "",
    timezone: Annotated[str, Query(max_length=80)] = "UTC",
) -> Response:
    """A rule in words with its next dates, as JSON; what is wrong with it, for one that the API would refuse."""
    now, problems = services.clock.now(), ProblemCollector()
    read = read_rule(rule, start, timezone, problems)
    try:
        problems.raise_if_any()
    except ProblemsFound as error:
        return JSONResponse({"problems": [one.message for one in error.problems]}, headers=HEADERS)
    assert read is not None, "without a problem there is a rule"
    found, local = read
    following = found.after(settled_through(local, found.zone, now))
    dates = [_written(due.at, found.zone) for due in islice(following, DATES)]
    words = rule_in_words(rule, local.isoformat())
    return JSONResponse({"words": words, "dates": dates, "problems": []}, headers=HEADERS)


@router.get("/series/{series_id}")
async def show_one(
    request: Request,
    series_id: str,
    reader: TheReader,
    frame: TheFrame,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """One series: what it publishes and when, its next dates, and the posts that it has made."""
    series = await reader.get(f"/v1/series/{quote(series_id, safe='')}")
    posts = await reader.get("/v1/contents", seriesId=series["id"], limit=PER_PAGE, cursor=cursor)
    return render(
        request,
        "series_one.html",
        series=series,
        page=posts,
        cursor=cursor,
        zone=series["timezone"],
        about=series["brandRef"],
        channels_of=list(dict.fromkeys(entry_of(each)["channel"] for each in series["content"]["channels"])),
    )


@router.get("/series/{series_id}/edit")
async def edit_series(
    request: Request, series_id: str, reader: TheReader, services: TheServices, frame: TheFrame
) -> Response:
    """The form of the compose page, filled in with the series. One that has ended, or a key that may not change it,
    sees its own page."""
    series = await reader.get(f"/v1/series/{quote(series_id, safe='')}")
    may, choice = reader.viewer.principal.may, frame.choice
    if series["status"] == "ended" or not (may(Scope.CONTENTS_WRITE) and may(Scope.ACCOUNTS_READ)):
        return RedirectResponse(f"/series/{series['id']}", 303, HEADERS)
    if series["brandRef"] != choice.ref:
        return RedirectResponse(f"/series/{series['id']}/edit?brandRef={series['brandRef']}", 303, HEADERS)
    known = (await reader.get("/v1/channels"))["data"]
    page = await reader.get("/v1/accounts", brandRef=choice.ref, limit=MAX_PAGE)
    accounts = [each for each in page["data"] if each["channel"] in {channel["name"] for channel in known}]
    shown = described(known, {each["channel"] for each in accounts})
    return render(
        request,
        "compose.html",
        live=False,
        choice=choice,
        post=None,
        series=series,
        opened=_for_the_form(series),
        accounts=accounts,
        listed=await listed_options(services, accounts),
        lists={name.value: channel.listed_options for name, channel in services.channels.by_name.items()},
        groups=None,
        draft=None,
        drafts=None,
        left_out=page["nextCursor"] is not None,
        copy=None,
        copies=(),
        metadata=metadata_of(series["content"]),
        stored=STORED_ON_WIRE,
        preset=set(),
        described=shown,
        first_comment=[each["title"] for each in shown if each["firstComment"]],
        zone=series["timezone"],
        soon="",
        when=series["start"],
        has_slots=False,
        slot=None,
        repeats=True,
    )


def _for_the_form(series: Mapping[str, Any]) -> Json:
    """A series as the form fills itself in: the fields of a post, and beside them its rule and its texts in turn."""
    content = dict(series["content"])
    content["channels"] = [entry_of(each) for each in content["channels"]]
    content |= {"scheduledAt": series["start"], "timezone": series["timezone"]}
    rule = {"rrule": series["rrule"], "variants": list(series["variants"])}
    return {"id": series["id"], "version": series["version"], "content": content} | rule


def _written(at: datetime, zone: ZoneInfo) -> str:
    here = at.astimezone(zone)
    return f"{formats.day(here, 'EEE d MMM y')}, {here:%H:%M}"
