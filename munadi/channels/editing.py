"""What the edit of a live post has in common at several networks: which version of it the network shows."""

from __future__ import annotations

from collections.abc import Callable

from munadi.channels.text import collapsed
from munadi.domain.content import Draft
from munadi.domain.live_edit import Says, Version

Matches = Callable[[Draft], bool]


def says(version: Version, is_exact: Matches, is_alike: Matches) -> Says:
    """The version whose words are shown, or else, because networks change blanks, the only one with such words.

    Versions that differ by blanks alone cannot be told apart so: nothing is certain then.
    """
    if is_exact(version.new):
        return Says.NEW
    if any(is_exact(one) for one in version.old):
        return Says.OLD
    is_new, is_old = is_alike(version.new), any(is_alike(one) for one in version.old)
    if is_new and is_old:
        return Says.NOTHING
    return Says.NEW if is_new else Says.OLD if is_old else Says.OTHER


def says_text(version: Version, shown: str, text_of: Callable[[Draft], str] = lambda draft: draft.text) -> Says:
    """The same, by one text."""
    return says(
        version,
        lambda draft: text_of(draft).strip() == shown.strip(),
        lambda draft: collapsed(text_of(draft)) == collapsed(shown),
    )
