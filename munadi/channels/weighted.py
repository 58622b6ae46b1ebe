"""Texts as X counts them (twitter-text, version 3): an address is 23, an emoji 2, other characters 1 or 2.

Source: docs/networks/x.md, section 4. Addresses need no scheme: `acme.com` is one. Everything here is
linear in the text, which the published libraries are not: the search for the next address never reads a path again.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import regex

from munadi.channels.domains import TOP_LEVEL

ADDRESS_WEIGHT = 23
MAX_ADDRESS, MAX_LABEL = 4096, 63
_LATIN = r"\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff\u0100-\u024f\u1e00-\u1eff"
# What may be a host: it begins after a character that cannot be a part of one.
_HOST = regex.compile(r"(?<![A-Za-z0-9@＠$#＃])(?P<scheme>https?://)?+(?P<host>[\w.\-]++)(?P<port>:[0-9]++)?+", regex.I)
_BARE_HOST = regex.compile(rf"[a-z0-9.\-{_LATIN}]++", regex.I)
# Where a domain without a scheme neither begins nor ends.
_NOT_BEFORE, _NOT_AFTER = ("-", "_", ".", "/"), ("@", "+")
_PATH = regex.compile(rf"/[a-z0-9\u0400-\u04ff!*';:=+,.$/%#\[\]\-\u2013_~@|&(){_LATIN}]*+", regex.I)
_QUERY = regex.compile(r"\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]++", regex.I)
_PATH_ENDS, _QUERY_ENDS = "!*';:,.$%[]~|&@\u2013", "!?*'@();:+$%[].,~|"
_EMOJI = regex.compile(
    r"[\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3|"
    r"\U0001f3f4[\U000e0060-\U000e007e]{1,6}\U000e007f|"
    r"\p{Extended_Pictographic}[\ufe0f\U0001f3fb-\U0001f3ff]{0,2}"
    r"(?:\u200d\p{Extended_Pictographic}[\ufe0f\U0001f3fb-\U0001f3ff]{0,2}){0,3}"
)
# Characters that count 1; every other one counts 2.
_LIGHT = regex.compile(r"[\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")
_SCHEME = regex.compile(r"https?://\S", regex.I)
_MARKS = regex.compile(r"\p{M}{30}")
_BRACKET = regex.compile(r"[()]")
# The texts of one request are counted for several accounts, and again for the answer.
COUNTED_TEXTS = 16


@lru_cache(COUNTED_TEXTS)
def weighted_length(text: str) -> int:
    """The length that X's limits are about."""
    # A longer run of marks is sorted in quadratic time, so it is broken up (UAX 15, Stream-Safe Text Format).
    text = unicodedata.normalize("NFC", _MARKS.sub(lambda run: run[0] + "\u034f", text))
    length = at = 0
    for start, end in _places(text):
        length += _weight(text[at:start]) + ADDRESS_WEIGHT
        at = end
    return length + _weight(text[at:])


def addresses_in(text: str) -> list[str]:
    """What X makes a link of, in order, as it is written."""
    return [text[start:end] for start, end in _places(text)]


def is_charged_as_link(text: str) -> bool:
    """Whether the price of a post with a link may be charged. An address without a scheme may be charged so, too."""
    return bool(_SCHEME.search(text) or has_address(text))


def has_address(text: str) -> bool:
    """Whether X makes a link of anything in the text."""
    return next(_places(text), None) is not None


def _weight(text: str) -> int:
    found = _EMOJI.subn("", text)
    rest, emoji = str(found[0]), int(found[1])
    return 2 * emoji + 2 * len(rest) - len(_LIGHT.findall(rest))


def _places(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each address. A host goes as far as its last top-level domain."""
    at, paths = 0, _Paths(text)
    while found := _HOST.search(text, at):
        at = found.end()
        places = list(_domains(found, text))
        if places and places[-1][1] == found.end("host"):
            last = places[-1][0]
            at = _after_host(text, found, paths)
            places[-1] = (last, at)
        yield from (place for place in places if place[1] - place[0] <= MAX_ADDRESS)


def _domains(found: regex.Match[str], text: str) -> Iterator[tuple[int, int]]:
    """The domains of one host, a scheme included. Without one they are ASCII and Latin letters alone, so that other
    scripts around a domain end it."""
    start, host = found.start("host"), found["host"]
    if found["scheme"]:
        if length := _domain(host):
            yield found.start(), start + length
        return
    for piece in _BARE_HOST.finditer(host):
        first, last = start + piece.start(), start + piece.end()
        before, after = text[first - 1 : first] if first else "", text[last : last + 1]
        if before in _NOT_BEFORE or piece[0][0] in "-." or "." not in piece[0]:
            continue
        if (length := _domain(piece[0])) and not (length == len(piece[0]) and after in _NOT_AFTER):
            yield first, first + length


def _domain(host: str) -> int:
    """How many characters of a host are a domain; 0 for none."""
    labels, length, place = host.split("."), 0, 0
    for number, label in enumerate(labels):
        if not 0 < len(label) <= MAX_LABEL or label[0] == "-" or label[-1] == "-":
            break
        place += len(label)
        if number and _is_top(label.lower()):
            length = place
        place += 1
    return length


def _is_top(label: str) -> bool:
    return label in TOP_LEVEL or (label.startswith("xn--") and len(label) > 4)


def _after_host(text: str, found: regex.Match[str], paths: _Paths) -> int:
    """The end of an address whose whole host is a domain: with port, path and query, without closing punctuation.
    Without a scheme, port and query count only with a path."""
    at: int = found.end()
    has_path = text.startswith("/", at)
    if not has_path and not found["scheme"]:
        return found.end("host")  # type: ignore[no-any-return]
    if has_path:
        at += len(text[at : paths.end(at)].rstrip(_PATH_ENDS))
    query = _QUERY.match(text, at)
    return at + len(query[0].rstrip(_QUERY_ENDS)) if query else at


class _Paths:
    """The paths of a text's addresses, each as far as its brackets are closed.

    Where a bracket stays open, the search for addresses continues inside the characters that were read as a path. So
    these are read once, together with the partner of each bracket.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._read_to = 0
        self._closing: dict[int, int] = {}

    def end(self, at: int) -> int:
        """Where the path that begins at `at` ends. Calls come with growing places."""
        if at >= self._read_to:
            self._read(at)
        place = at
        while bracket := _BRACKET.search(self._text, place, self._read_to):
            closing = self._closing.get(bracket.start())
            if closing is None:
                return bracket.start()  # type: ignore[no-any-return]
            place = closing + 1
        return self._read_to

    def _read(self, at: int) -> None:
        """Read all characters from `at` that can be part of a path."""
        path = _PATH.match(self._text, at)
        self._read_to = path.end() if path else at
        opened: list[int] = []
        for bracket in _BRACKET.finditer(self._text, at, self._read_to):
            if bracket[0] == "(":
                opened.append(bracket.start())
            elif opened:
                self._closing[opened.pop()] = bracket.start()
