"""Shared dependencies of the routes: the caller, pages, and the version that a change is based on."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Header, Path, Query, Response
from pydantic import BaseModel, Field

from api.auth import require
from api.http.conditional import ENTITY_TAGS
from api.http.problems import ProblemError, refused
from api.process.services import Services, services
from munadi.db.answers import BasedOn
from munadi.db.keys.callers import Principal
from munadi.domain.model import WireModel
from munadi.domain.problem import Problem
from munadi.domain.time import iso_time

T = TypeVar("T", bound=BaseModel)
MAX_PAGE = 100

TheServices = Annotated[Services, Depends(services)]
ContentReader = Annotated[Principal, Depends(require("contents:read"))]
DraftWriter = Annotated[Principal, Depends(require("drafts:write"))]
ContentProposer = Annotated[Principal, Depends(require("contents:propose"))]
ContentApprover = Annotated[Principal, Depends(require("contents:approve"))]
ContentWriter = Annotated[Principal, Depends(require("contents:write"))]
ContentWithdrawer = Annotated[Principal, Depends(require("contents:withdraw"))]
WebhookReader = Annotated[Principal, Depends(require("webhooks:read"))]
WebhookWriter = Annotated[Principal, Depends(require("webhooks:write"))]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="The maximum number of entries.")]
Cursor = Annotated[str | None, Query(max_length=200, description="`nextCursor` of the previous page.")]
BrandFilter = Annotated[
    str | None,
    Query(alias="brandRef", description="Only of this brand. Without it: of every brand that the key may see."),
]
AccountId = Annotated[str, Path(description="The account's `id`.")]
ConnectionId = Annotated[str, Path(description="The connection's `id`.")]
ContentId = Annotated[str, Path(description="The post's `id`.")]
DeliveryId = Annotated[str, Path(description="The delivery's `id`.")]
DraftId = Annotated[str, Path(description="The draft's `id`.")]
EndpointId = Annotated[str, Path(description="The endpoint's `id`.")]
KeyId = Annotated[str, Path(description="The API key's `id`.")]
MediaId = Annotated[str, Path(description="The media's `id`.")]
PublicationId = Annotated[str, Path(description="The publication's `id`.")]
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description='The `ETag` the change is based on, such as `"3"`.', max_length=200),
]

# A weak tag never matches here (RFC 9110, 13.1.1).
_STRONG = re.compile(r'(?:^|[\s,])"([^"]*)"')
# Of a cursor: an id, perhaps with a place behind it. PostgreSQL takes no NUL, for example.
_ROW_ID = re.compile(r"[a-z0-9_ ]{1,80}")


class Page(WireModel, Generic[T]):
    """A page of a list. `nextCursor` is null on the last one."""

    data: tuple[T, ...] = Field(description="The entries of this page.")
    next_cursor: str | None = Field(None, description="Give it as `cursor` for the next page.")


def partial_page(whole: Page[T], included: Mapping[str, Any]) -> Response:
    """A page whose entries have only these fields (`api.http.fields`)."""
    include: Any = {"data": {"__all__": included}, "next_cursor": True}
    return Response(whole.model_dump_json(by_alias=True, include=include), media_type="application/json")


def etag(version: int) -> str:
    """The ETag of a version alone: of a draft, and in a refusal of a change."""
    return f'"{version}"'


def read_match(if_match: str | None) -> BasedOn | None:
    """The versions that the header names, or None without it. ProblemError 400 when it is malformed."""
    if if_match is None:
        return None
    given = if_match.strip()
    if not ENTITY_TAGS.fullmatch(given):
        detail = 'If-Match is * or a list of quoted entity tags, such as the ETag of the content: "3"'
        raise ProblemError(400, "IF_MATCH_MALFORMED", "If-Match is malformed", detail)
    # The tag of a post that was read is its version and a hash of the answer; a change is based on the version.
    return BasedOn(frozenset(tag.partition("-")[0] for tag in _STRONG.findall(given)), any_version=given == "*")


def require_match(if_match: str | None) -> BasedOn:
    """The versions that the header names; 428 without it."""
    based_on = read_match(if_match)
    if based_on is None:
        detail = "send If-Match with the ETag of the post that the change is based on"
        raise ProblemError(428, "IF_MATCH_REQUIRED", "Precondition Required", detail)
    return based_on


def require_version(if_match: str | None) -> BasedOn:
    """The version that the header names; 428 without it, and for `*`, which names none."""
    based_on = require_match(if_match)
    if based_on.any_version:
        detail = "send If-Match with the ETag of the post that was read: * names no version"
        raise ProblemError(428, "IF_MATCH_REQUIRED", "Precondition Required", detail)
    return based_on


def write_cursor(at: datetime, row_id: str) -> str:
    """An opaque cursor into a list, newest first."""
    return base64.urlsafe_b64encode(f"{at.isoformat()} {row_id}".encode()).decode("ascii").rstrip("=")


def read_cursor(cursor: str | None) -> tuple[datetime, str] | None:
    """The row of a cursor; 422 for a cursor that we did not create."""
    if cursor is None:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("utf-8")
        at, _, row_id = text.partition(" ")
        when = iso_time(at)
        if when.tzinfo is None or not _ROW_ID.fullmatch(row_id):
            raise ValueError
        return when.astimezone(UTC), row_id
    except (ValueError, OverflowError, binascii.Error):
        raise invalid_cursor() from None


def invalid_cursor() -> ProblemError:
    """422 for a cursor that we did not create."""
    message = "use the value of nextCursor"
    return refused([Problem(pointer="?cursor", code="CURSOR_INVALID", message=message, rule="cursor")])


def page(found: list[T], limit: int, cursor_of: Callable[[T], str]) -> Page[T]:
    """A page, from one row more than it shows."""
    return part(found[:limit], cursor_of, has_more=len(found) > limit)


def part(rows: Sequence[T], cursor_of: Callable[[T], str], *, has_more: bool) -> Page[T]:
    """All of the rows as a page, which may be fewer than the limit although there are more."""
    return Page[T](data=tuple(rows), next_cursor=cursor_of(rows[-1]) if has_more else None)
