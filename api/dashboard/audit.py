"""The audit log: who did what, when and from where. For administrators."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.dashboard.contents import texts_of
from api.dashboard.frame import TheFrame
from api.dashboard.page_data import TheReader
from api.dashboard.render import PageRoute, render
from api.dashboard.times import start_of
from api.languages.catalogue import gettext
from munadi.domain.audit import ACTION_MEANING

router = APIRouter(route_class=PageRoute)

PER_PAGE, KEYS = 50, 100
ACTIONS = {action.value: meaning for action, meaning in ACTION_MEANING.items()}
# Where a page shows what an id names.
PAGES = {"cnt_": "/contents/", "whe_": "/webhooks/"}
Text = Annotated[str, Query(max_length=80)]


@router.get("/audit")
async def show_audit(
    request: Request,
    reader: TheReader,
    frame: TheFrame,
    action: Text = "",
    key_id: Annotated[str, Query(alias="keyId", max_length=40)] = "",
    target: Text = "",
    since: Text = "",
    until: Text = "",
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """A page of entries, the newest first. `since` and `until` are days in the page's zone; both are included.

    Of the chosen brand. Where there is only one brand, the page has no choice "all brands", so everything is shown.
    """
    brand_ref = frame.choice.filter if frame.choice.several else ""
    page = await reader.get(
        "/v1/audit",
        action=action,
        keyId=key_id.strip(),
        target=target.strip(),
        since=start_of(since, frame.choice.zone),
        until=start_of(until, frame.choice.zone, days_later=1),
        brandRef=brand_ref,
        limit=PER_PAGE,
        cursor=cursor,
    )
    keys = await reader.get("/v1/keys", limit=KEYS)
    return render(
        request,
        "audit.html",
        page=page,
        cursor=cursor,
        keys={key["id"]: key["name"] for key in keys["data"]},
        wanted={"action": action, "keyId": key_id, "target": target, "since": since, "until": until},
        texts=await texts_of(reader, [entry["target"] or "" for entry in page["data"]]),
        actions=ACTIONS,
        page_of=page_of,
        title_of=title_of,
    )


def page_of(entry: dict[str, Any]) -> str | None:
    """The page about the entry's target; None where there is none."""
    target = entry["target"] or ""
    folder = PAGES.get(target[:4])
    return f"{folder}{target}" if folder else None


def title_of(action: str) -> str:
    """An action as a sentence: `A post was accepted`. An unknown one is its name."""
    meaning = gettext(ACTIONS.get(action, action)).partition(";")[0]
    return meaning[:1].upper() + meaning[1:]
