"""Finds words in the documentation and in the operations of the API: an index of SQLite's FTS5, in memory.

A part is what stands below one heading. Words are found in all their forms of English, and in every script; the last
one may be a beginning. Where no part has all words, those with some of them are found.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import regex

from api.documentation.markdown import page_of
from api.documentation.navigation import INDEX
from api.documentation.operations import Document, groups

MOST_CHARACTERS, MOST_WORDS, MOST_FOUND, MOST_OF_A_PAGE = 100, 8, 20, 3
# Marks of a found word within `snippet`, which no page has.
OPENS, CLOSES = "\x02", "\x03"
_WORD, _MARK = regex.compile(r"[\p{L}\p{N}\p{M}]+"), regex.compile(f"[{OPENS}{CLOSES}]")
_PARTS = """CREATE VIRTUAL TABLE parts USING fts5(title, heading, body, address UNINDEXED,
    tokenize = "porter unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'")"""
# A word in a title says more than one in a heading, and that more than one in a text. Why things are as they are
# comes after how to use them.
_FOUND = """SELECT title, heading, address, snippet(parts, 2, ?, ?, '…', 26) FROM parts WHERE parts MATCH ?
    ORDER BY bm25(parts, 8.0, 5.0, 1.0) * iif(address LIKE 'decisions/%', 0.5, 1.0) LIMIT 100"""


@dataclass(frozen=True)
class Part:
    """What stands below a heading; `heading` is "" above the first one. `address` is below /docs/, with its anchor."""

    title: str
    heading: str
    body: str
    address: str


@dataclass(frozen=True)
class Found:
    """A part that was found. `pieces`: of its text, each with whether it is a word that was looked for."""

    title: str
    heading: str
    address: str
    pieces: tuple[tuple[str, bool], ...]


class Search:
    """The index. Threads may share it."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self._lock, self._database = Lock(), sqlite3.connect(":memory:", check_same_thread=False)
        self._database.execute(_PARTS)
        rows = [(part.title, part.heading, part.body, part.address) for part in parts]
        self._database.executemany("INSERT INTO parts VALUES (?, ?, ?, ?)", rows)

    def find(self, text: str) -> list[Found]:
        """The parts with these words, the best first, at most `MOST_OF_A_PAGE` of a page."""
        words = _WORD.findall(text[:MOST_CHARACTERS])[:MOST_WORDS]
        if not words:
            return []
        terms = [f'"{word}"' for word in words]
        terms[-1] += " *"
        return self._matching(" AND ".join(terms)) or self._matching(" OR ".join(terms))

    def _matching(self, expression: str) -> list[Found]:
        with self._lock:
            rows = self._database.execute(_FOUND, (OPENS, CLOSES, expression)).fetchall()
        found: list[Found] = []
        for title, heading, address, shown in rows:
            page = address.partition("#")[0]
            if sum(one.address.partition("#")[0] == page for one in found) < MOST_OF_A_PAGE:
                found.append(Found(title, heading, address, tuple(_pieces(shown))))
        return found[:MOST_FOUND]


def parts_of_pages(known: Mapping[str, Path]) -> Iterator[Part]:
    """Every part of every page of the documentation."""
    for name, path in known.items():
        if not name.endswith(".md"):
            continue
        page = page_of(path)
        address = name.removesuffix(".md").removesuffix(INDEX.removesuffix(".md"))
        for heading, text in page.parts:
            of_page = heading is None or heading.level == 1
            anchor = "" if of_page else f"#{heading.anchor}" if heading else ""
            yield Part(page.title, "" if of_page or heading is None else heading.text, text, address + anchor)


def parts_of_operations(document: Document) -> Iterator[Part]:
    """Every operation of the API, with what it says of itself."""
    for group in groups(document):
        for entry in group.entries:
            said = document["paths"][entry.path][entry.method.lower()].get("description", "")
            yield Part(entry.summary, "", f"{entry.id} {entry.method} {entry.path} {said}", f"api/{entry.id}")


def _pieces(shown: str) -> Iterator[tuple[str, bool]]:
    for number, piece in enumerate(_MARK.split(shown)):
        if piece:
            yield piece, number % 2 == 1
