"""JSON read strictly, because two readings of one body are two different requests.

Refused: a name twice in one object, NaN and infinities, nesting that no request needs, and text that a database
or a network cannot keep (NUL, half of a surrogate pair).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from munadi.domain.problem import Problem

MAX_DEPTH = 20


class JsonRefused(Exception):
    """The body is not JSON as we read it; `code` is stable, the text says why."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def read_json(raw: bytes) -> Any:
    """The value in `raw`. Raises JsonRefused."""
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant)
        _check_depth(value)
    except UnicodeDecodeError:
        raise JsonRefused("JSON_INVALID", "the body is not UTF-8") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise JsonRefused("JSON_INVALID", f"the body is not JSON: {error.msg} at {place}") from None
    except RecursionError:
        raise JsonRefused("JSON_TOO_DEEP", f"the body is nested deeper than {MAX_DEPTH} levels") from None
    except ValueError:  # an integer with thousands of digits
        raise JsonRefused("JSON_INVALID", "the body holds a number that is too long") from None
    return value


def canonical(value: Any) -> bytes:
    """The same bytes for the same JSON value, however it was spelled."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def unstorable(value: Any) -> list[Problem]:
    """Every text in a JSON value that cannot be kept, names included, with its pointer."""
    return [
        Problem(pointer=pointer, code="TEXT_INVALID", message=message, rule="storable_text")
        for pointer, text in _texts(value, "")
        if (message := _why_not(text))
    ]


def _why_not(text: str) -> str | None:
    if "\0" in text:
        return "the text holds a NUL character (U+0000)"
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "the text holds half of a surrogate pair, which is no character"
    return None


def _texts(value: Any, pointer: str) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield pointer, value
        case list():
            for index, inner in enumerate(value):
                yield from _texts(inner, f"{pointer}/{index}")
        case dict():
            for name, inner in value.items():
                place = f"{pointer}/{_printable(name)}"
                yield place, name
                yield from _texts(inner, place)


def _printable(name: str) -> str:
    """A name as a pointer's token; what cannot be written is replaced."""
    written = name.encode("utf-8", "replace").decode("utf-8").replace("\0", "�")
    return written.replace("~", "~0").replace("/", "~1")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise JsonRefused("JSON_DUPLICATE_NAME", f"the name {_printable(twice)[:100]!r} stands twice in one object")
    return found


def _constant(name: str) -> Any:
    raise JsonRefused("JSON_NOT_FINITE", f"{name} is not JSON")


def _check_depth(value: Any, depth: int = 0) -> None:
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return
    if depth >= MAX_DEPTH:
        raise RecursionError
    for inner in value:
        _check_depth(inner, depth + 1)
