"""What a calendar shows: everything, or what chips choose by network, state and account. Drafts with a time, too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request

from api.dashboard.calendar_days import DraftEntry
from api.dashboard.page_data import Reader
from api.deps import MAX_PAGE
from api.languages.catalogue import N_
from munadi.domain.content import ContentStatus as S
from munadi.domain.time import iso_time

# The chips by state, with the statuses that each stands for.
STATES: Mapping[str, tuple[str, Sequence[str]]] = {
    "coming": (N_("scheduled"), (S.ACCEPTED.value, S.QUEUED.value, S.PUBLISHING.value)),
    "published": (N_("published"), (S.PUBLISHED.value,)),
    "trouble": (N_("needs attention"), (S.FAILED.value, S.PARTIALLY_PUBLISHED.value, S.UNCONFIRMED.value)),
    "canceled": (N_("canceled"), (S.CANCELED.value,)),
    "draft": (N_("drafts"), ()),
}


@dataclass(frozen=True)
class CalendarFilter:
    """What a person has chosen; nothing chosen of a kind is everything of it."""

    request: Request
    channels: Sequence[str] = ()
    states: Sequence[str] = ()
    account_id: str = ""

    @property
    def is_set(self) -> bool:
        """Whether something is left out."""
        return bool(self.channels or self.states or self.account_id)

    @property
    def only_drafts(self) -> bool:
        """Whether no post is wanted."""
        return tuple(self.states) == ("draft",)

    @property
    def with_drafts(self) -> bool:
        """Whether drafts are wanted."""
        return not self.states or "draft" in self.states

    @property
    def query(self) -> dict[str, Any]:
        """What the API is asked for."""
        statuses = [status for state in self.states for status in STATES[state][1]]
        return {"channel": list(self.channels), "status": statuses, "accountId": self.account_id}

    def toggled(self, name: str, value: str) -> str:
        """The page's address with a chip chosen that is not, and the other way round."""
        kept = [pair for pair in self.request.query_params.multi_items() if pair != (name, value)]
        if len(kept) == len(self.request.query_params.multi_items()):
            kept.append((name, value))
        return f"{self.request.url.path}?{urlencode(kept)}"

    def cleared(self) -> str:
        """The page's address without any of it."""
        own = ("channel", "state", "accountId")
        kept = [pair for pair in self.request.query_params.multi_items() if pair[0] not in own]
        return f"{self.request.url.path}?{urlencode(kept)}"


def _read(
    request: Request,
    channel: Annotated[list[str] | None, Query(description="Only these networks.")] = None,
    state: Annotated[list[str] | None, Query(description="Only these states.")] = None,
    account_id: Annotated[str, Query(alias="accountId", max_length=40, description="Only this account.")] = "",
) -> CalendarFilter:
    known = request.app.state.services.channels.by_name
    channels = [each for each in known if each.value in (channel or ())]
    return CalendarFilter(
        request, [each.value for each in channels], [each for each in STATES if each in (state or ())], account_id
    )


async def drafts_by_day(
    reader: Reader, brand_ref: str, zone: ZoneInfo, wanted: CalendarFilter
) -> dict[date, list[DraftEntry]]:
    """The newest drafts that name a time, by the day of it there, earliest first."""
    if not wanted.with_drafts:
        return {}
    page = await reader.get_if_allowed("/v1/drafts", brandRef=brand_ref, limit=MAX_PAGE) or {"data": ()}
    found: dict[date, list[DraftEntry]] = {}
    for draft in page["data"]:
        at = _time_of(draft["content"])
        if at is not None and _is_on(draft["content"], wanted):
            here = at.astimezone(zone)
            found.setdefault(here.date(), []).append(DraftEntry(draft, here))
    for each in found.values():
        each.sort(key=lambda entry: entry.at)
    return found


def _time_of(content: Mapping[str, Any]) -> datetime | None:
    """The instant that a draft names; None for none, and for what is no time yet: a draft may hold anything."""
    try:
        at = iso_time(content.get("scheduledAt") or "")
        return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(content.get("timezone") or "UTC"))
    except (TypeError, ValueError, OSError):
        return None


def _is_on(content: Mapping[str, Any], wanted: CalendarFilter) -> bool:
    channels = content.get("channels")
    entries = [each for each in channels if isinstance(each, dict)] if isinstance(channels, list) else []
    if wanted.channels and not any(each.get("channel") in wanted.channels for each in entries):
        return False
    return not wanted.account_id or any(each.get("accountId") == wanted.account_id for each in entries)


TheFilter = Annotated[CalendarFilter, Depends(_read)]
