"""Lists in order of a key (an id, a ref): a page's cursor holds the key of its last row, opaque to clients."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Depends
from pydantic import BaseModel

from api.deps import Cursor, Limit, Page, page, part
from api.http.problems import refused
from munadi.domain.problem import Problem

T = TypeVar("T", bound=BaseModel)
# Ids and brand refs: nothing else is ever in a cursor.
_KEY = re.compile(r"[a-z0-9_-]{1,80}")


class Paging:
    """The requested page of a list."""

    def __init__(self, limit: int, after: str | None) -> None:
        self.limit = limit
        self.after = after

    @property
    def reading(self) -> int:
        """How many rows to read: one more than a page has, so that `page` knows whether it is the last."""
        return self.limit + 1

    def page(self, rows: Sequence[T], key: Callable[[T], str]) -> Page[T]:
        """The rows as a page; `key` is what the list is ordered by."""
        return page(list(rows), self.limit, lambda row: _write(key(row)))

    def part(self, rows: Sequence[T], key: Callable[[T], str], *, has_more: bool) -> Page[T]:
        """All of the rows as a page, which may be fewer than the limit although there are more (`has_more`)."""
        return part(rows, lambda row: _write(key(row)), has_more=has_more)

    def up_to(self, rows: Sequence[T], last: str | None) -> Page[T]:
        """The rows as a page, which may be none although there are more: those behind the key `last`."""
        return Page[T](data=tuple(rows), next_cursor=None if last is None else _write(last))


async def paging(limit: Limit = 50, cursor: Cursor = None) -> Paging:
    """The dependency of such a list; 422 for a cursor that is not ours."""
    return Paging(limit, None if cursor is None else _read(cursor))


PagingQuery = Annotated[Paging, Depends(paging)]


def _write(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode("ascii")).decode("ascii").rstrip("=")


def _read(cursor: str) -> str:
    try:
        key = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        key = ""
    if not _KEY.fullmatch(key):
        message = "take the cursor from nextCursor"
        raise refused([Problem(pointer="?cursor", code="CURSOR_INVALID", message=message, rule="cursor")])
    return key
