"""Lists, times and ids of the Graph family: `since`, `until`, `limit`, `after`, numeric ids, shortcodes."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.graph.parameters import fields, parameters, whole_number

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
Row = TypeVar("Row", bound=Any)


def page_of(
    call: Call, rows: Sequence[Row], id_of: Callable[[Row], str], *, next_link: bool = True, with_token: bool = False
) -> tuple[Sequence[Row], dict[str, Any]]:
    """`limit` (25) rows from `after`, and their `paging`; a link to the next page where there is one."""
    values = parameters(call)
    if after := values.get("after"):
        rows = rows[next((i + 1 for i, row in enumerate(rows) if id_of(row) == after), len(rows)) :]
    limit = max(1, min(whole_number(values, "limit", 25), 100))
    page = rows[:limit]
    if not page:
        return page, {}
    paging: dict[str, Any] = {"cursors": {"before": id_of(page[0]), "after": id_of(page[-1])}}
    if len(rows) > limit and next_link:
        query = {name: value for name, value in values.items() if with_token or name != "access_token"}
        paging["next"] = f"{call.url}?{urlencode({**query, 'after': id_of(page[-1])})}"
    return page, paging


def listing(
    call: Call,
    rows: Iterable[Row],
    at: Callable[[Row], float],
    show: Callable[[Row], dict[str, Any]],
    *,
    next_link: bool = True,
) -> Answer:
    """One page of the rows between `since` and `until`, newest first; `at` is the time of a row."""
    values = parameters(call)
    since, until = whole_number(values, "since", 0), whole_number(values, "until", 1 << 40)
    newest = [row for row in rows if since <= at(row) <= until][::-1]
    page, paging = page_of(call, newest, lambda row: row.id, next_link=next_link)
    return Answer(200, {"data": [show(row) for row in page]} | ({"paging": paging} if paging else {}))


def selected(call: Call, facts: dict[str, Any], known: set[str], node: str, default: Sequence[str]) -> dict[str, Any]:
    """The requested facts and the id; a known field without a value is left out, as Meta does."""
    wanted = fields(parameters(call), known, node) or default
    return {name: facts[name] for name in dict.fromkeys([*wanted, "id"]) if facts.get(name) is not None}


def graph_time(seconds: float) -> str:
    """`2026-11-25T01:00:00+0000`."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%S%z")


def new_id(prefix: str, digits: int = 17) -> str:
    """A numeric id; the kinds of objects differ in the first digits."""
    return prefix + "".join(secrets.choice("0123456789") for _ in range(digits - len(prefix)))


def shortcode(post_id: str) -> str:
    """The id in base 64, as Meta derives it."""
    number, code = int(post_id), ""
    while number:
        number, digit = divmod(number, 64)
        code = ALPHABET[digit] + code
    return code
