"""Parses JSON strictly: a body that two parsers could read differently is refused.

Refused: a repeated name in an object, NaN and infinities, deeper nesting or more values than any request needs, and
text that a database or a network cannot store (NUL, half of a surrogate pair). Values are counted before parsing, so
that a hostile body costs little time and memory.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from munadi.domain.problem import MAX_PROBLEMS, Problem, ProblemsFound
from munadi.domain.shape import token_of

MAX_DEPTH = 20
# Fifty channels with fifty media each have about 8 000 values.
MAX_VALUES = 10_000
MAX_DIGITS = 100
# A whole string, or a character that begins or ends a value. The quantifiers are possessive, so matching takes linear
# time; an unterminated string extends to the end of the body.
_STRING_OR_MARK = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)|[,\[{\]}]', re.DOTALL)


class JsonRefused(Exception):
    """The body is not acceptable JSON. `code` is stable; the text says why."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def read_json(raw: bytes) -> Any:
    """The value in `raw`. Raises JsonRefused."""
    try:
        _check_size(raw)
        text = raw.decode("utf-8")
        value = _DECODER.decode(text)
        _check_depth(value)
    except UnicodeDecodeError:
        raise JsonRefused("JSON_INVALID", "the body is not UTF-8") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise JsonRefused("JSON_INVALID", f"the body is not JSON: {error.msg} at {place}") from None
    except RecursionError:
        raise JsonRefused("JSON_TOO_DEEP", f"the body is nested deeper than {MAX_DEPTH} levels") from None
    return value


def canonical(value: Any) -> bytes:
    """The same bytes for the same JSON value, whatever its whitespace and order."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def check_storable(value: Any) -> None:
    """Raise ProblemsFound with a pointer to each text in a JSON value, names included, that cannot be stored."""
    problems: list[Problem] = []
    more = 0
    for place, text in _texts(value, ()):
        message = _why_not(text)
        if message and len(problems) < MAX_PROBLEMS:
            problems.append(
                Problem(pointer=_pointer(place), code="TEXT_INVALID", message=message, rule="storable_text")
            )
        elif message:
            more += 1
    if problems:
        raise ProblemsFound(problems, more=more)


def _check_size(raw: bytes) -> None:
    # These characters occur in texts too. Only where there are many are strings skipped, which costs more.
    if raw.count(b",") + raw.count(b"[") + raw.count(b"{") < MAX_VALUES:
        return
    count = depth = 0
    for found in _STRING_OR_MARK.finditer(raw):
        mark = raw[found.start()]
        depth += (mark in b"[{") - (mark in b"]}")
        count += mark in b",[{"
        if depth > MAX_DEPTH:
            raise RecursionError
        if count >= MAX_VALUES:
            raise JsonRefused("JSON_TOO_MANY_VALUES", f"the body holds more than {MAX_VALUES} values")


def _why_not(text: str) -> str | None:
    if "\0" in text:
        return "the text holds a NUL character (U+0000)"
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "the text holds half of a surrogate pair, which is no character"
    return None


# The way to a value: the way to what holds it, and its name or index there.
_Place = tuple[()] | tuple["_Place", str | int]


def _texts(value: Any, place: _Place) -> Iterator[tuple[_Place, str]]:
    match value:
        case str():
            yield place, value
        case list():
            for index, inner in enumerate(value):
                yield from _texts(inner, (place, index))
        case dict():
            for name, inner in value.items():
                yield (place, name), name
                yield from _texts(inner, (place, name))


def _pointer(place: _Place) -> str:
    tokens: list[str] = []
    while place:
        place, token = place
        tokens.append(token_of(token))
    return "".join(f"/{token}" for token in reversed(tokens))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = token_of(_first_repeated(name for name, _ in pairs))
        raise JsonRefused("JSON_DUPLICATE_NAME", f"the name {twice!r} occurs twice in one object")
    return found


def _first_repeated(names: Iterator[str]) -> str:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    raise AssertionError("every name stands once")


def _integer(text: str) -> int:
    # Reading and writing a long one takes time with the square of its length.
    if len(text) > MAX_DIGITS:
        raise JsonRefused("JSON_INVALID", f"the body holds a number of more than {MAX_DIGITS} digits")
    return int(text)


def _constant(name: str) -> Any:
    raise JsonRefused("JSON_NOT_FINITE", f"{name} is not JSON")


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise JsonRefused("JSON_NOT_FINITE", "the body holds a number beyond those of 64 bits")
    return value


def _check_depth(value: Any, depth: int = 0) -> None:
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return
    if depth >= MAX_DEPTH:
        raise RecursionError
    for inner in value:
        _check_depth(inner, depth + 1)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float, parse_int=_integer)
