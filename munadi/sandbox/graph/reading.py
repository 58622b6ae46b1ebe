"""What a call of the Graph family asks, and how lists, fields, times and ids are answered.

Query, form and multipart bodies are one set of parameters. JSON bodies are not emulated.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.graph.errors import bad_parameter, bad_parameter_if

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
Row = TypeVar("Row", bound=Any)


def parameters(call: Call) -> dict[str, str]:
    """All parameters as text; lists and objects are JSON."""
    merged = dict(call.query)
    if call.content_type == "multipart/form-data":
        fields = {name: part for name, part in call.parts.items() if name not in call.file_names}
        return merged | {name: part.decode("utf-8", "replace") for name, part in fields.items()}
    return merged | call.form if call.content_type in ("", "application/x-www-form-urlencoded") else merged


def token_in(call: Call) -> str | None:
    """The token from the Authorization header, the query or the body."""
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() in ("bearer", "oauth") and token.strip():
        return token.strip()
    return parameters(call).get("access_token")


def node_in(call: Call, position: int = -1) -> str:
    """A part of the path: the last one is the node, or with -2 the one before its edge."""
    return call.path.split("/")[position]


def flag(values: dict[str, str], name: str, default: bool = False) -> bool:
    return values.get(name, str(default)).lower() in ("true", "1")


def listed(values: dict[str, str], name: str) -> list[str]:
    """The values of a list, which is written `a,b` or `["a","b"]`."""
    text = values.get(name, "").strip()
    if text.startswith("["):
        try:
            return [str(part) for part in json.loads(text)]
        except ValueError:
            raise bad_parameter(f"Param {name} must be an array") from None
    return [part.strip() for part in text.split(",") if part.strip()]


def asked(call: Call) -> list[str]:
    """The names of the requested fields, without nested fields and modifiers."""
    text, before = parameters(call).get("fields", ""), ""
    while text != before:
        text, before = re.sub(r"\{[^{}]*\}", "", text), text
    return [name for part in text.split(",") if (name := part.split(".")[0].strip())]


def whole_number(values: dict[str, str], name: str, default: int) -> int:
    text = values.get(name, str(default))
    bad_parameter_if(not text.lstrip("-").isdecimal(), f"Param {name} must be an integer")
    return int(text)


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


def selected(call: Call, facts: dict[str, Any], *default: str) -> dict[str, Any]:
    """The requested facts and the id. Meta leaves out a fact without a value, and refuses a name that is none."""
    wanted = asked(call)
    for name in wanted:
        bad_parameter_if(name not in facts, f"Tried accessing nonexisting field ({name})")
    return {name: facts[name] for name in dict.fromkeys([*(wanted or default), "id"]) if facts.get(name) is not None}


def graph_time(seconds: float) -> str:
    """A time as Meta writes it: `2026-11-25T01:00:00+0000`."""
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
