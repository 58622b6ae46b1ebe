"""Reads tables from a plain dump of PostgreSQL, as `pg_dump` writes it: `COPY table (columns) FROM stdin;` and rows.

Format: https://www.postgresql.org/docs/current/sql-copy.html, *Text Format*: a row a line, tabs between the values,
`\\N` for null, backslash escapes, and `\\.` at the end. The file is read once, line by line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from pathlib import Path
from typing import BinaryIO

# Of one row. PostgreSQL holds a gigabyte in a value; posts are texts.
MAX_LINE = 4_000_000
_BEGIN = re.compile(rb'COPY (?:"?\w+"?\.)?"?(\w+)"? \((.*)\) FROM stdin;\s*$')
_ESCAPE = re.compile(r"\\([0-7]{1,3}|x[0-9A-Fa-f]{1,2}|.)", re.DOTALL)
_NAMED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
Row = dict[str, str | None]


class NoDump(ValueError):
    """The file is not such a dump; the text says what to do."""


def read_tables(path: Path, wanted: Set[str]) -> Iterator[tuple[str, Row]]:
    """The rows of these tables, each with the name of its table. Raises NoDump."""
    seen = set()
    with path.open("rb") as file:
        while line := file.readline(MAX_LINE):
            begin = _BEGIN.match(line)
            if begin is None or (table := begin[1].decode()) not in wanted:
                continue
            seen.add(table)
            columns = [each.strip().strip('"') for each in begin[2].decode().split(",")]
            yield from ((table, row) for row in _rows(file, table, columns))
    if missing := wanted - seen:
        names = ", ".join(sorted(missing))
        text = f"{path.name} has no data of the tables {names}; make it with pg_dump --data-only, in its plain format"
        raise NoDump(text)


def _rows(file: BinaryIO, table: str, columns: list[str]) -> Iterator[Row]:
    while (line := file.readline(MAX_LINE + 1)) not in (b"\\.\n", b"\\.\r\n"):
        if not line.endswith(b"\n"):
            why = "is cut off" if len(line) <= MAX_LINE else f"has a row of more than {MAX_LINE} bytes"
            raise NoDump(f"the table {table} {why}; make the dump again")
        try:
            values = line.rstrip(b"\r\n").decode("utf-8").split("\t")
        except UnicodeDecodeError:
            raise NoDump(f"the table {table} is not UTF-8; make the dump with pg_dump --encoding=UTF8") from None
        if len(values) != len(columns):
            raise NoDump(f"a row of the table {table} has {len(values)} values, and {len(columns)} columns are named")
        yield {name: _value(text) for name, text in zip(columns, values, strict=True)}


def _value(text: str) -> str | None:
    return None if text == "\\N" else _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(found: re.Match[str]) -> str:
    what = found[1]
    if what[0] in "01234567":
        return chr(int(what, 8))
    return chr(int(what[1:], 16)) if len(what) > 1 else _NAMED.get(what, what)
