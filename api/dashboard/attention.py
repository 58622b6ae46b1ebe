"""The page of everything that needs a person: posts, accounts, endpoints and proposals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from fastapi import APIRouter, Request
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.responses import Response

from api.dashboard.attention_around import beside_posts, on_one_card
from api.dashboard.causes import Cause, causes_of
from api.dashboard.copies import made_copies, with_a_live_copy
from api.dashboard.copying_all import count_copies, made_drafts, offer_drafts
from api.dashboard.explaining import explain
from api.dashboard.frame import TheFrame
from api.dashboard.missing_parts import missing_parts
from api.dashboard.page_data import Reader, TheReader
from api.dashboard.reconnecting import reconnecting
from api.dashboard.render import PageRoute, render
from api.dashboard.times import instant
from api.deps import TheServices
from api.process.services import Services
from munadi.db.contents.attention import (
    FAILED_SINCE,
    hidden_publications,
    incomplete_publications,
    kept_publications,
)
from munadi.domain.account import AccountStatus
from munadi.domain.content import ContentStatus

router = APIRouter(route_class=PageRoute)

# By default a post is given up one day after its time.
_LONGEST_WINDOW = timedelta(days=1)
SHOWN, SHOWN_DISMISSED, SHOWN_MISSING, BRANDS_SHOWN = 50, 10, 20, 10
# Posts that are each a row with buttons: more than a person answers in a sitting would only make the page slow.
SHOWN_ROWS = 10
# Posts of one cause that are listed, folded away, and with those that have no buttons of their own; one action is for
# all of them.
POSTS_OF_A_CAUSE, POSTS_FOLDED = 5, 15


@router.get("/attention")
async def show_attention(request: Request, reader: TheReader, services: TheServices, frame: TheFrame) -> Response:
    """The page. Each part has the newest few and says when there are more."""
    since = services.clock.now() - FAILED_SINCE
    shared = {"brandRef": frame.choice.filter, "limit": SHOWN}
    rows = shared | {"limit": SHOWN_ROWS}
    overdue = await reader.get("/v1/contents", overdue=True, **rows)
    unconfirmed = await reader.get("/v1/contents", status=ContentStatus.UNCONFIRMED, **rows)
    held = await reader.get("/v1/contents", held=True, **shared)
    failed = await reader.get(
        "/v1/contents",
        status=[ContentStatus.FAILED, ContentStatus.PARTIALLY_PUBLISHED],
        since=(since - _LONGEST_WINDOW).isoformat(),
        dismissed="false",
        **shared,
    )
    failed["data"] = [content for content in failed["data"] if (instant(content["updatedAt"]) or since) >= since]
    dismissed = await reader.get(
        "/v1/contents",
        since=(since - _LONGEST_WINDOW).isoformat(),
        dismissed=True,
        brandRef=frame.choice.filter,
        limit=SHOWN_DISMISSED,
    )
    accounts = await reader.get_if_allowed(
        "/v1/accounts", status=[AccountStatus.REAUTH_REQUIRED, AccountStatus.EXPIRING], **shared
    )
    over_limit = await _over_limit(reader, frame.choice.ref)
    live = await _live(reader, services, frame.choice.filter)
    missing, missing_more = await _missing(reader, services, frame.choice.filter)
    copies = await made_copies(reader, services, failed["data"])
    copied, drafted = with_a_live_copy(copies), await made_drafts(services, failed["data"])
    held_causes, failed_causes = causes_of(held["data"]), causes_of(failed["data"])
    await explain(services, [*held_causes, *failed_causes, *missing])
    count_copies(failed_causes, copied, drafted)
    await offer_drafts(reader, services, failed_causes, copied | drafted.keys())
    accounts = on_one_card(accounts, held_causes, failed_causes)
    return render(
        request,
        "attention.html",
        over_limit=over_limit,
        shown_posts=POSTS_OF_A_CAUSE,
        shown_folded=POSTS_FOLDED,
        overdue=overdue,
        unconfirmed=unconfirmed,
        held=held,
        failed=failed,
        dismissed=dismissed,
        held_causes=held_causes,
        failed_causes=failed_causes,
        missing=missing,
        missing_more=missing_more,
        **await beside_posts(reader, services, frame, unconfirmed["data"], SHOWN_ROWS),
        **live,
        accounts=accounts,
        reconnecting=reconnecting,
        copies=copies,
        copied=copied,
        drafted=drafted,
    )


async def _missing(reader: Reader, services: Services, brand_ref: str) -> tuple[list[Cause], bool]:
    """Live posts without a part of them, from the database, as they are counted there; whether there are more."""
    wanted = brand_ref or reader.viewer.principal.only_brand
    async with services.database.read() as session:
        found = await incomplete_publications(session, services.clock.now(), wanted, SHOWN_MISSING + 1)
    ids = list(dict.fromkeys(each.content_id for each in found))
    posts = await reader.get("/v1/contents", id=ids) if ids else {"data": ()}
    return missing_parts(found[:SHOWN_MISSING], posts["data"]), len(found) > SHOWN_MISSING


async def _live(reader: Reader, services: Services, brand_ref: str) -> dict[str, Any]:
    """Live publications that a network keeps or did not edit, or that are gone or hidden there; whether there are more
    of each."""
    found, more = await _publications(reader, services, brand_ref, "id", kept_publications)
    kept = [each for each in found if _is_open(each["publication"]["withdrawal"])]
    unedited = [each for each in found if _is_open((each["publication"]["edits"] or [None])[-1])]
    hidden, hidden_more = await _publications(reader, services, brand_ref, "liveness", hidden_publications)
    return {
        "kept": kept,
        "kept_more": more and bool(kept),
        "unedited": unedited,
        "unedited_more": more and bool(unedited),
        "hidden": hidden,
        "hidden_more": hidden_more,
    }


def _is_open(change: Mapping[str, Any] | None) -> bool:
    """Whether a withdrawal or an edit was refused or is not certain."""
    return change is not None and change["status"] in ("refused", "unconfirmed")


class _Find(Protocol):
    async def __call__(
        self, session: AsyncSession, now: datetime, brand_ref: str | None, limit: int
    ) -> list[tuple[str, str]]: ...


async def _publications(
    reader: Reader, services: Services, brand_ref: str, why: str, find: _Find
) -> tuple[list[dict[str, Any]], bool]:
    """Live publications that need a person for their field `why`, each with its post; whether there are more."""
    wanted = brand_ref or reader.viewer.principal.only_brand
    async with services.database.read() as session:
        found = await find(session, services.clock.now(), wanted, SHOWN_ROWS + 1)
    ids = list(dict.fromkeys(content_id for content_id, _ in found))
    posts = {post["id"]: post for post in (await reader.get("/v1/contents", id=ids))["data"]} if ids else {}
    rows = [
        {"content": posts[content_id], "publication": publication}
        for content_id, publication_id in found[:SHOWN_ROWS]
        if content_id in posts
        for publication in posts[content_id]["publications"]
        if publication["id"] == publication_id and publication[why]
    ]
    return rows, len(found) > SHOWN_ROWS


async def _over_limit(reader: Reader, brand_ref: str) -> list[dict[str, Any]]:
    """The usage of brands whose webhook deliveries wait for their limit: of this brand, or of a few."""
    waiting = await reader.get_if_allowed("/v1/webhooks/deliveries", deferred=True, limit=SHOWN)
    found = dict.fromkeys(each["deferred"]["brandRef"] for each in (waiting or {"data": []})["data"])
    refs = [brand_ref] if brand_ref and found else list(found)[:BRANDS_SHOWN]
    usages = [await reader.get("/v1/usage", brandRef=ref) for ref in refs]
    return [usage for usage in usages if usage["webhookDeliveries"]["deferred"]]
