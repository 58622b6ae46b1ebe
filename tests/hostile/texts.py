"""Texts on which a careless expression needs more than linear time."""

from __future__ import annotations


def mentions(count: int) -> str:
    """A post of `count` mentions with a letter between them; it is never the same as `shown_elsewhere`."""
    return "@[1]a" * count + "b"


def shown_elsewhere(length: int) -> str:
    """A text that a network lists beside it: the rest of the pattern may begin at every letter."""
    return "a" * length


def corpus(size: int = 20_000) -> dict[str, str]:
    """Texts of about `size` characters by name."""
    return {
        "one letter": "a" * size,
        "spaces": " " * size + "x",
        "line ends": "\n" * size + "x",
        "mentions": "@[1]a" * (size // 5) + "b",
        "mentions without names": "@[" * (size // 2),
        "at signs": "@" * size,
        "handles": "@a." * (size // 3),
        "tags": "#" * size,
        "dots": "." * size,
        "dashes": "a-" * (size // 2),
        "protocols": "http://" * (size // 7),
        "addresses": "http://a.b/" * (size // 11),
        "open parentheses": "(" * size,
        "open angle brackets": "<meta " * (size // 6),
        "quotes": "\"'" * (size // 2),
        "percent signs": "%" * size,
        "combining marks": "e" + "\u0301" * size,
        "joined emoji": "\U0001f469\u200d" * (size // 2),
        "flags": "\U0001f1e9" * size,
        "digits": "1" * size,
        "right to left": "\u202e\u05d0" * (size // 2),
    }
