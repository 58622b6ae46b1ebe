"""Lists and names of the family: newest first, `since`, `until`, `limit` and `after`, numeric ids, shortcodes."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

from munadi.sandbox.graph.parameters import whole_number

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
VERSION = re.compile(r"^v\d+\.\d+$")


class Published(Protocol):
    id: str
    published_at: float


Post = TypeVar("Post", bound=Published)
Row = TypeVar("Row")


def listed_page(
    values: dict[str, str], posts: Iterable[Post], shown: Callable[[Post], dict[str, Any]]
) -> tuple[dict[str, Any], bool]:
    """One page of a list with its cursors, and whether there is more."""
    since, until = whole_number(values, "since", 0), whole_number(values, "until", 1 << 40)
    found = [post for post in posts if since <= post.published_at <= until]
    found.reverse()
    if after := values.get("after"):
        found = found[next((i + 1 for i, post in enumerate(found) if post.id == after), len(found)) :]
    limit = max(1, min(whole_number(values, "limit", 25), 100))
    page = found[:limit]
    body: dict[str, Any] = {"data": [shown(post) for post in page]}
    if page:
        body["paging"] = {"cursors": {"before": page[0].id, "after": page[-1].id}}
    return body, len(found) > limit


def sliced(
    rows: Sequence[Row], values: dict[str, str], id_of: Callable[[Row], str], url: str
) -> tuple[Sequence[Row], dict[str, Any]]:
    """`limit` (25) rows from `after`, oldest first, and their `paging`; its `next` repeats the call, token and all."""
    if after := values.get("after"):
        rows = rows[next((i + 1 for i, row in enumerate(rows) if id_of(row) == after), len(rows)) :]
    limit = max(1, min(whole_number(values, "limit", 25), 100))
    page = rows[:limit]
    if not page:
        return page, {}
    paging: dict[str, Any] = {"cursors": {"before": id_of(page[0]), "after": id_of(page[-1])}}
    if len(rows) > limit:
        paging["next"] = f"{url}?{urlencode({**values, 'after': id_of(page[-1])})}"
    return page, paging


def graph_time(seconds: float) -> str:
    """`2026-11-25T01:00:00+0000`."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%S%z")


def new_id(prefix: str) -> str:
    """A numeric id of 17 digits: what differs in kind differs in its first ones."""
    return prefix + "".join(secrets.choice("0123456789") for _ in range(17 - len(prefix)))


def new_username(name: str | None, taken: Collection[str]) -> str:
    """As asked as far as possible, and nobody else's."""
    username = re.sub(r"[^a-z0-9._]+", ".", (name or "").lower()).strip(".")[:24]
    username = username or f"user.{secrets.token_hex(3)}"
    return f"{username}.{secrets.token_hex(3)}" if username in taken else username


def shortcode(post_id: str) -> str:
    """The id in base 64, as Meta derives it."""
    number, code = int(post_id), ""
    while number:
        number, digit = divmod(number, 64)
        code = ALPHABET[digit] + code
    return code


def container_state(
    now: float, *, published: bool, created_at: float, ready_at: float, loading: bool, failed: bool
) -> str:
    """How far a container is; 24 hours unpublished end it."""
    if published:
        return "PUBLISHED"
    if now >= created_at + 86_400:
        return "EXPIRED"
    if loading or now < ready_at:
        return "IN_PROGRESS"
    return "ERROR" if failed else "FINISHED"
