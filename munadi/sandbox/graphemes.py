"""Grapheme clusters, as Bluesky and Mastodon count characters."""

from __future__ import annotations


def graphemes(text: str) -> int:
    """How many characters a reader sees."""
    import regex  # at the first text: it takes 8 MB

    return len(regex.findall(r"\X", text))
