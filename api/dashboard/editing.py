"""The compose page for a post that is accepted and not being published yet: filled in with all that was sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.dashboard.compose import described, metadata_of, zone_named
from api.dashboard.content import allowed_changes
from api.dashboard.copying import entry_of, files_of
from api.dashboard.frame import TheFrame
from api.dashboard.listed_options import listed_options
from api.dashboard.page_data import TheReader, Viewer
from api.dashboard.render import HEADERS, PageRoute, render
from api.dashboard.times import local_field
from api.deps import TheServices
from munadi.db.contents.queries import sources_of
from munadi.domain.content import STORED_ON_WIRE
from munadi.domain.key import Scope

router = APIRouter(route_class=PageRoute)

Json = dict[str, Any]
# A post without a `publishBy` of its own is given up a day after its time, and the form leaves that field empty.
_DEFAULT_WINDOW = timedelta(days=1)


@router.get("/contents/{content_id}/edit")
async def edit_post(
    request: Request, content_id: str, reader: TheReader, services: TheServices, frame: TheFrame
) -> Response:
    """The form, filled in. A post that cannot be edited, or not by this key, opens on its own page."""
    post = await reader.get(f"/v1/contents/{quote(content_id, safe='')}")
    if not can_be_edited(post, reader.viewer):
        return RedirectResponse(f"/contents/{post['id']}", 303, HEADERS)
    if post["brandRef"] != frame.choice.ref:
        return RedirectResponse(f"/contents/{post['id']}/edit?brandRef={post['brandRef']}", 303, HEADERS)
    accounts = await reader.get_all(*(f"/v1/accounts/{each['accountId']}" for each in post["publications"]))
    known = (await reader.get("/v1/channels"))["data"]
    shown = described(known, {each["channel"] for each in accounts})
    zone = post["timezone"] if zone_named(post["timezone"]) else frame.choice.zone
    async with services.database.read() as session:
        source = (await sources_of(session, [post["id"]]))[post["id"]]
    return render(
        request,
        "compose.html",
        live=False,
        choice=frame.choice,
        post=post,
        opened=for_the_form(post, source, zone),
        accounts=accounts,
        listed=await listed_options(services, accounts),
        lists={name.value: channel.listed_options for name, channel in services.channels.by_name.items()},
        groups=None,
        draft=None,
        drafts=None,
        left_out=False,
        copy=None,
        copies=(),
        metadata=metadata_of(source),
        stored=STORED_ON_WIRE,
        preset={each["id"] for each in accounts},
        described=shown,
        first_comment=[each["title"] for each in shown if each["firstComment"]],
        zone=zone,
        soon="",
        when=local_field(post["scheduledAt"], zone),
        series=None,
        repeats=False,
    )


def can_be_edited(post: Mapping[str, Any], viewer: Viewer) -> bool:
    """Whether the viewer's key may edit the post, and it is early enough. The API decides again when it is saved."""
    may = viewer.principal.may
    allowed = may(Scope.CONTENTS_WRITE) or (post["approval"] is not None and may(Scope.CONTENTS_PROPOSE))
    return bool(allowed and may(Scope.ACCOUNTS_READ) and allowed_changes(post)["edit"])


def for_the_form(post: Mapping[str, Any], source: Mapping[str, Any], zone: str) -> Json:
    """What the form fills itself in with: times are local in `zone`, as its fields take them."""
    due, last = datetime.fromisoformat(post["scheduledAt"]), datetime.fromisoformat(post["publishBy"])
    content = {
        **{name: source[name] for name in STORED_ON_WIRE if source.get(name)},
        "text": source.get("text"),
        "link": source.get("link"),
        "clientRef": post["clientRef"],
        "media": files_of(source),
        "channels": [entry_of(each) for each in source["channels"]],
        "scheduledAt": local_field(post["scheduledAt"], zone),
        "timezone": zone,
        "publishBy": None if last - due == _DEFAULT_WINDOW else local_field(post["publishBy"], zone),
        "withdrawAt": local_field(post["withdrawAt"], zone) if post["withdrawAt"] else None,
    }
    return {"id": post["id"], "version": post["version"], "content": content}
