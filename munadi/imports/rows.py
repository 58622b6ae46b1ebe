"""Reads the rows of an NDJSON or CSV file, one after the other, in bounded memory.

A row that cannot be read is a row with problems, and the others are still read. What makes the whole file unreadable
(another charset, unknown columns) is a problem of the request.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

from munadi.domain.imports import MAX_ROW_BYTES, MAX_ROW_KEY, MAX_ROWS
from munadi.domain.problem import Problem, ProblemsFound
from munadi.imports.columns import Columns
from munadi.intake.strict_json import JsonRefused, check_storable, read_json

# Of one line of a CSV file; a record may have several, within quotes.
MAX_CSV_LINE = 1_000_000
DELIMITERS = ",;\t"
NOW = "now"


class ImportFormat(StrEnum):
    """The formats of a file with rows, as their media types."""

    NDJSON = "application/x-ndjson"
    CSV = "text/csv"


@dataclass
class ReadRow:
    """A row as it was read. `sent` is the post, without the row's key; None where it cannot be read.

    `columns`: by pointer, the column of the CSV file.
    """

    line: int
    sent: dict[str, Any] | None
    row_key: str | None = None
    columns: Mapping[str, str] | None = None
    problems: list[Problem] = field(default_factory=list)


def invalid(code: str, message: str, **beside: Any) -> ProblemsFound:
    """The refusal of a whole file."""
    return ProblemsFound([Problem(pointer="", code=code, message=message, rule=code.lower(), **beside)])


def read_rows(path: Path, kind: ImportFormat, brand_ref: str) -> Iterator[ReadRow]:
    """The rows of the file. Blocking. Raises ProblemsFound where the file as a whole is refused."""
    lines: dict[str, int] = {}
    number = 0
    for row in _csv_rows(path) if kind is ImportFormat.CSV else _ndjson_rows(path):
        number += 1
        if number > MAX_ROWS:
            text = f"an import has at most {MAX_ROWS} rows; split the file"
            raise invalid("IMPORT_TOO_LONG", text, limit=MAX_ROWS)
        if row.sent is not None:
            row.sent = _checked(row, row.sent, brand_ref, lines)
        yield row
    if not number:
        raise invalid("IMPORT_EMPTY", "the file has no rows")


def _checked(row: ReadRow, sent: dict[str, Any], brand_ref: str, lines: dict[str, int]) -> dict[str, Any]:
    """The post without what only a row has. Its problems are added to the row."""
    sent = dict(sent)
    key = sent.pop("rowKey", None)
    if isinstance(key, str) and 0 < len(key) <= MAX_ROW_KEY and key.isprintable():
        row.row_key = key
        if (first := lines.setdefault(key, row.line)) != row.line:
            _add(row, "/rowKey", "ROW_KEY_REPEATED", f"line {first} has the same rowKey", key)
    else:
        text = f"give each row a rowKey of its own, a text of 1 to {MAX_ROW_KEY} printable characters, such as its "
        _add(row, "/rowKey", "MISSING_FIELD", text + "number in your table: then the file can be imported again")
    if sent.setdefault("brandRef", brand_ref) != brand_ref:
        _add(row, "/brandRef", "BRAND_DIFFERS", f"this import is for the brand {brand_ref}", str(sent["brandRef"]))
    when = sent.get("scheduledAt")
    if when == NOW:
        del sent["scheduledAt"]
    elif when is None and sent.get("slot") is None:
        _add(row, "/scheduledAt", "MISSING_FIELD", "say when it is due, or write now to publish it at once")
    try:
        check_storable(sent)
    except ProblemsFound as error:
        row.problems += error.problems
    return sent


def _add(row: ReadRow, pointer: str, code: str, message: str, actual: str | None = None) -> None:
    row.problems.append(Problem(pointer=pointer, code=code, message=message, rule=code.lower(), actual=actual))


def _unreadable(line: int, code: str, message: str) -> ReadRow:
    return ReadRow(line, None, problems=[Problem(pointer="", code=code, message=message, rule=code.lower())])


def _ndjson_rows(path: Path) -> Iterator[ReadRow]:
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(MAX_ROW_BYTES + 1):
            number += 1
            if len(raw) > MAX_ROW_BYTES:
                while raw and not raw.endswith(b"\n"):
                    raw = file.readline(MAX_ROW_BYTES)
                yield _unreadable(number, "ROW_TOO_LARGE", f"a row has at most {MAX_ROW_BYTES} bytes")
                continue
            text = raw.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else raw.strip()
            if not text:
                continue
            try:
                value = read_json(text)
            except JsonRefused as error:
                yield _unreadable(number, error.code, str(error).replace("the body", "the row"))
                continue
            if isinstance(value, dict):
                yield ReadRow(number, value)
            else:
                yield _unreadable(number, "JSON_INVALID", "a row is one JSON object")


def _csv_rows(path: Path) -> Iterator[ReadRow]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            yield from _records(file)
        except UnicodeDecodeError:
            raise invalid("IMPORT_NOT_UTF8", "the file is not UTF-8; save it as CSV UTF-8") from None


def _records(file: TextIO) -> Iterator[ReadRow]:
    lines = _lines(file)
    first = next(lines, "")
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(_chained(first, lines), delimiter=delimiter, strict=True)
    try:
        columns = Columns.of(next(reader, []))
        while True:
            line = reader.line_num + 1
            cells = next(reader, None)
            if cells is None:
                return
            if any(cell.strip() for cell in cells):
                yield _record(line, columns, cells)
    except csv.Error as error:
        text = f"line {reader.line_num} is not CSV ({error}); a quote may be missing"
        raise invalid("IMPORT_NOT_CSV", text) from None


def _record(line: int, columns: Columns, cells: Sequence[str]) -> ReadRow:
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        text = f"the row has {len(cells)} cells, and the header names {len(columns)} columns"
        return _unreadable(line, "ROW_TOO_LONG", text)
    sent, places, problems = columns.post(cells)
    return ReadRow(line, sent, columns=places, problems=problems)


def _lines(file: TextIO) -> Iterator[str]:
    number = 0
    while line := file.readline(MAX_CSV_LINE):
        number += 1
        if len(line) == MAX_CSV_LINE and not line.endswith("\n"):
            raise invalid("IMPORT_NOT_CSV", f"line {number} has more than {MAX_CSV_LINE} characters")
        yield line


def _chained(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest
