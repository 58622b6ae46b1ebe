"""What of a page is not in its language: texts without a letter of its script that are neither names nor data."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from html.parser import HTMLParser

# Of these, what people read or hear.
SPOKEN = ("aria-label", "title", "placeholder", "alt", "data-confirm", "data-confirm-label", "data-done", "data-said")
# Codes, what people wrote (its direction is theirs), and what is said to be in another language.
CODE = ("code", "pre", "script", "style", "datalist")
VOID = {"input", "link", "meta", "img", "br", "hr"}
_DEVANAGARI = re.compile("[\u0900-\u097f]")
_WORD = re.compile("[A-Za-z]{2,}")
# Ids, addresses, times of the clock, and examples of what to write.
_DATA = re.compile(r"\S*[/:@_…]\S*|\d\d\d\d-\d\d-\d\d|\b\w+\.\w[\w.]*\b")


class _Page(HTMLParser):
    def __init__(self, page: str, names: AbstractSet[str]) -> None:
        super().__init__()
        self.found: list[str] = []
        self._names = names
        self._open: list[tuple[str, bool]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        inside = bool(self._open) and self._open[-1][1]
        skipped = inside or tag in CODE or "dir" in attributes or attributes.get("lang") == "en"
        if not skipped:
            for name in SPOKEN:
                self._judge(attributes.get(name) or "")
        if tag not in VOID:
            self._open.append((tag, skipped))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not (self._open and self._open[-1][1]):
            self._judge(data)

    def _judge(self, text: str) -> None:
        words = _WORD.findall(_DATA.sub(" ", text))
        if not _DEVANAGARI.search(text) and not set(words) <= self._names:
            self.found.append(text.strip())


def untranslated(page: str, names: AbstractSet[str]) -> list[str]:
    """The texts of a page in Hindi that are English. `names` are the words that every language writes alike."""
    return _Page(page, names).found
