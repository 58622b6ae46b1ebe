"""Reads the documentation's navigation from the lists of docs/index.md."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from api.documentation.markdown import page_of
from api.languages.catalogue import Language

INDEX = "index.md"


@dataclass(frozen=True)
class Entry:
    """A page: its path in the folder, and its title in the navigation."""

    name: str
    text: str


@dataclass(frozen=True)
class Section:
    """The pages under one heading of the navigation."""

    title: str
    entries: tuple[Entry, ...]


def sections(known: Mapping[str, Path]) -> tuple[Section, ...]:
    """The navigation, in its order. A page stands where it is listed first."""
    found: dict[str, tuple[str, Entry]] = {}
    for link in page_of(known[INDEX]).links:
        name = posixpath.normpath(link.target.partition("#")[0])
        if link.listed and name in known and name.endswith(".md"):
            found.setdefault(name, (link.section, Entry(name, link.text)))
    grouped = groupby(found.values(), key=lambda each: each[0])
    return tuple(Section(title, tuple(entry for _, entry in each)) for title, each in grouped)


def neighbours(name: str, known: Mapping[str, Path]) -> tuple[Entry | None, Entry | None]:
    """The pages before and after a page in the navigation; None at its ends, and for a page that is not in it."""
    row = [entry for section in sections(known) for entry in section.entries]
    place = next((index for index, entry in enumerate(row) if entry.name == name), None)
    if place is None:
        return None, row[0] if name == INDEX and row else None
    return row[place - 1] if place else None, row[place + 1] if place + 1 < len(row) else None


def shown_as(name: str, known: Mapping[str, Path]) -> str:
    """The entry that stands for a page: its own, or that of its folder's index."""
    on_map = {entry.name for section in sections(known) for entry in section.entries}
    folder = f"{posixpath.dirname(name)}/{INDEX}".lstrip("/")
    return name if name in on_map or folder not in on_map else folder


def relative(name: str, page: str) -> str:
    """The address of one page as it is written in another: `../tutorial` in `guides/idempotency.md`."""
    address = name.removesuffix(".md") if posixpath.basename(name) != INDEX else f"{posixpath.dirname(name)}/"
    target = posixpath.relpath(address.strip("/") or ".", posixpath.dirname(page) or ".")
    return f"{target}/" if address.endswith("/") else target


def language_of(name: str) -> str:
    """The language of a page: that of its folder, such as `hi/tutorial.md`, else English."""
    folder = name.partition("/")[0]
    return folder if folder in [*Language] else Language.ENGLISH
