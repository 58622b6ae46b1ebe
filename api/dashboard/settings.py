"""Brands, their limits, and API keys. For administrators."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.dashboard.looking import look_choices
from api.dashboard.page_data import Answer, Reader, ReadingFailed, TheReader
from api.dashboard.render import PageRoute, render
from api.deps import TheServices
from api.http.problems import scopes_missing
from api.languages.catalogue import N_
from munadi.domain.brand import ApprovalRule, Duplicates
from munadi.domain.key import Scope
from munadi.domain.usage import LIMITS, Limit

router = APIRouter(route_class=PageRoute)

PER_PAGE = 50
# What a key may do, for people.
SCOPES = {
    Scope.CONTENTS_READ: N_("See posts, drafts and files"),
    Scope.DRAFTS_WRITE: N_("Prepare drafts and files, publish nothing"),
    Scope.CONTENTS_PROPOSE: N_("Propose posts, which wait for an approval"),
    Scope.CONTENTS_APPROVE: N_("Approve and decline proposed posts"),
    Scope.CONTENTS_WRITE: N_("Write, move, cancel and publish posts"),
    Scope.CONTENTS_WITHDRAW: N_("Take published posts back from their networks"),
    Scope.ACCOUNTS_READ: N_("See connected accounts"),
    Scope.ACCOUNTS_WRITE: N_("Connect, check and disconnect accounts"),
    Scope.WEBHOOKS_READ: N_("See webhook endpoints and deliveries"),
    Scope.WEBHOOKS_WRITE: N_("Change webhook endpoints and resend events"),
    Scope.BRANDS_WRITE: N_("Add, change and erase brands, and read their usage"),
    Scope.KEYS_WRITE: N_("Make, change and revoke keys that may do no more than this one"),
    Scope.ADMIN: N_("Everything, with brands, limits and keys"),
}
# Which posts of a brand must be approved.
APPROVALS = (
    (ApprovalRule.PROPOSALS.value, N_("Proposals")),
    (ApprovalRule.ALWAYS.value, N_("All posts")),
    (ApprovalRule.NEVER.value, N_("None: no proposals")),
)
# The values of both choices of a brand: about the same post within a day, and about accounts to connect again.
REFUSALS = ((Duplicates.WARN.value, N_("Warn")), (Duplicates.REFUSE.value, N_("Refuse")))
Cursor = Annotated[str | None, Query(max_length=200)]


@router.get("/settings")
async def show_settings(
    request: Request,
    reader: TheReader,
    services: TheServices,
    cursor: Cursor = None,
    words: Annotated[str | None, Query(alias="q", max_length=200)] = None,
    brand: Annotated[str | None, Query(max_length=63, description="The ref of the one brand to show.")] = None,
    keys_cursor: Annotated[str | None, Query(alias="keysCursor", max_length=200)] = None,
    added: Annotated[str | None, Query(max_length=63, description="The ref of the brand that was just added.")] = None,
) -> Response:
    """The brands and the keys that an administrator may manage, with forms to change them.

    `q` finds brands by a part of the ref or name; `brand` shows one brand, unfolded, wherever it is in the list;
    `added` reports a new one, with the way to its first account.
    """
    if not reader.viewer.principal.may(Scope.ADMIN):
        raise scopes_missing([Scope.ADMIN])
    keys = await reader.get("/v1/keys", limit=PER_PAGE, cursor=keys_cursor)
    brands = await _brands(reader, brand, words, cursor)
    installation = services.settings.looks.wanted
    choices = {each["ref"]: look_choices(each, services.channels, installation) for each in brands["data"]}
    return render(
        request,
        "settings.html",
        brands=brands,
        added=next(iter((await _brands(reader, added, None, None))["data"]), None) if added else None,
        only_brand=brand,
        words=words or "",
        cursor=cursor,
        all_are_shown=not (cursor or words or brand or brands["nextCursor"]),
        keys=keys,
        limits=[(limit.value, LIMITS[limit].label) for limit in Limit],
        refusals=REFUSALS,
        approvals=APPROVALS,
        has_sandbox=services.settings.sandbox_url is not None,
        choices=choices,
        no_choice=look_choices(None, services.channels, installation),
        scopes={scope.value: SCOPES[scope] for scope in Scope},
        # A key for one brand makes no other brand, and sets no limits.
        is_for_all=reader.viewer.principal.is_for_all,
        own_key=reader.viewer.principal.key_id,
    )


async def _brands(reader: Reader, only: str | None, words: str | None, cursor: str | None) -> Answer:
    """A page of brands, or the one that is named; nothing when there is none, or the key may not see it."""
    if not only:
        return await reader.get("/v1/brands", limit=PER_PAGE, cursor=cursor, q=words)
    try:
        found = [await reader.get(f"/v1/brands/{quote(only, safe='')}")]
    except ReadingFailed as error:
        if error.status != 404:
            raise
        found = []
    return {"data": found, "nextCursor": None}
