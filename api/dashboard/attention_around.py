"""What needs a person beside posts: endpoints that fail, proposals to decide, and accounts with what they stop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.dashboard.causes import Cause
from api.dashboard.frame import Frame
from api.dashboard.page_data import Reader
from api.deps import MAX_PAGE
from api.process.services import Services
from munadi.domain.approval import Proposed
from munadi.domain.key import Scope
from munadi.domain.webhook import DisabledReason

Json = dict[str, Any]


async def beside_posts(
    reader: Reader, services: Services, frame: Frame, unconfirmed: Sequence[Json], limit: int
) -> Json:
    """What the page shows beside its posts. `unconfirmed`: posts for which a person looks at a profile; `limit`: of
    proposals."""
    brand_ref = frame.choice.filter
    return {
        "endpoints": await endpoints_in_trouble(reader, brand_ref),
        "proposals": await proposals(reader, brand_ref, limit),
        "profiles": await profiles_of(reader, services, frame, unconfirmed),
    }


async def endpoints_in_trouble(reader: Reader, brand_ref: str) -> list[Json]:
    """Endpoints whose last attempts failed, and those that were disabled because they failed; not one that a person
    disabled. Of a brand, or of all that the key may see."""
    page = await reader.get_if_allowed("/v1/webhooks/endpoints", brandRef=brand_ref, limit=MAX_PAGE)
    found = (page or {"data": ()})["data"]
    return [
        each
        for each in found
        if (each["enabled"] and each["failingSince"])
        or (not each["enabled"] and each["disabledReason"] not in (None, DisabledReason.BY_HAND.value))
    ]


async def proposals(reader: Reader, brand_ref: str, limit: int) -> Json:
    """Posts that wait for somebody's approval, where this key may give it."""
    if not reader.viewer.principal.may(Scope.CONTENTS_APPROVE):
        return {"data": [], "nextCursor": None}
    return await reader.get("/v1/contents", brandRef=brand_ref, proposed=[Proposed.REQUESTED.value], limit=limit)


async def profiles_of(reader: Reader, services: Services, frame: Frame, posts: Sequence[Json]) -> dict[str, str]:
    """Per account of unconfirmed publications, where a person looks for the post: its profile, or the sandbox."""
    ids = {one["accountId"] for post in posts for one in post["publications"] if one["status"] == "unconfirmed"}
    if not reader.viewer.principal.may(Scope.ACCOUNTS_READ):
        return {}
    accounts = await reader.get_all(*(f"/v1/accounts/{each}" for each in sorted(ids)))
    if frame.emulated and frame.sandbox_url:
        return {each["id"]: f"{frame.sandbox_url}/" for each in accounts}
    urls = {each["id"]: profile_page(services, each) for each in accounts}
    return {account_id: url for account_id, url in urls.items() if url}


def profile_page(services: Services, account: Json) -> str | None:
    """Where people see the profile of an account, as the API returned it."""
    channel = services.channels.get(account["channel"])
    if channel is None:
        return None
    return channel.profile_page(account["handle"], account["externalId"], account["serviceUrl"])


def on_one_card(accounts: Json | None, held: list[Cause], failed: list[Cause]) -> Json | None:
    """Put all that one account stops on one card: the first cause that a reconnect resolves gets the account and its
    other causes, which are taken out of the lists. Returns the accounts that have no card."""
    if accounts is None:
        return None
    first: dict[str, Cause] = {}
    for causes in (held, failed):
        for cause in [each for each in causes if each.reconnects and not each.is_disconnected]:
            if cause.account_id in first:
                first[cause.account_id].also.append(cause)
                causes.remove(cause)
            else:
                first[cause.account_id] = cause
    rest = []
    for account in accounts["data"]:
        if account["id"] in first:
            first[account["id"]].account = account
        else:
            rest.append(account)
    return {**accounts, "data": rest}
