"""How much of a list is read at a time, where one row may have half a megabyte.

Rule: who reads a list of rows with texts of users reads their lengths first, and then only as many rows as fit. One row
is always read.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from sqlalchemy import ColumnElement, String, cast, func

# Characters as JSON of the rows of one page.
PAGE_CHARACTERS = 2_000_000


def length_of(*columns: Any) -> ColumnElement[int]:
    """The characters of these columns of JSON together."""
    first, *others = (func.length(cast(column, String)) for column in columns)
    return sum(others, first)


def ids_of_page(found: Sequence[tuple[str, int]], limit: int) -> tuple[list[str], bool]:
    """The ids of the rows of a page, by the ids and lengths of one row more than its `limit`; and whether there are
    more."""
    count = fitting([length for _, length in found[:limit]])
    return [row_id for row_id, _ in found[:count]], len(found) > count


def fitting(lengths: Sequence[int]) -> int:
    """How many of the first rows fit on a page: at least one, if there is one."""
    return max(sum(1 for end in accumulate(lengths) if end <= PAGE_CHARACTERS), min(1, len(lengths)))
