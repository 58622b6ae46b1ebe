"""Pictures beside the words: the shape of a status, the mark of a network, initials, and the file that shows a post.

They are Markup of our own and made once: a page has hundreds of them, and a macro of a template costs ten times more.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

from markupsafe import Markup

# Drawn once per page (layout.html), and used by its ids.
_SPRITE = Path(__file__).parent / "templates" / "networks.html"
_OTHER = "other"
TINTS = 6

# A status as a shape, beside its colour and its word.
_SHAPES: dict[str, str] = {
    "accepted": (
        '<circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="2.6 2"/>'
    ),
    "queued": (
        '<circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="1.6"/><path '
        'd="M8 5v3.2l2 1.4" fill="none" stroke="currentColor" stroke-width="1.6" '
        'stroke-linecap="round"/>'
    ),
    "publishing": (
        '<path d="M8 13V4M4.5 7 8 3.5 11.5 7" fill="none" stroke="currentColor" stroke-width="1.8" '
        'stroke-linecap="round" stroke-linejoin="round"/>'
    ),
    "published": (
        '<circle cx="8" cy="8" r="7" fill="currentColor"/><path d="m4.8 8.2 2.2 2.2 4.2-4.6" '
        'fill="none" class="tick" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/>'
    ),
    "partially_published": (
        '<path d="M8 1a7 7 0 0 0 0 14z" fill="currentColor"/><circle cx="8" cy="8" r="6.2" '
        'fill="none" stroke="currentColor" stroke-width="1.6"/>'
    ),
    "failed": (
        '<path d="m4 4 8 8m0-8-8 8" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"/>'
    ),
    "reauth_required": (
        '<path d="m4 4 8 8m0-8-8 8" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"/>'
    ),
    "unconfirmed": (
        '<path d="M5.6 6a2.4 2.4 0 1 1 3.5 2.2c-.8.4-1.1.8-1.1 1.6M8 12.6v.1" fill="none" '
        'stroke="currentColor" stroke-width="1.8" stroke-linecap="round"/>'
    ),
    "expiring": (
        '<path d="M5.6 6a2.4 2.4 0 1 1 3.5 2.2c-.8.4-1.1.8-1.1 1.6M8 12.6v.1" fill="none" '
        'stroke="currentColor" stroke-width="1.8" stroke-linecap="round"/>'
    ),
    "held": (
        '<path d="M5.5 4v8M10.5 4v8" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round"/>'
    ),
    "connected": (
        '<path d="m3.5 8.4 3 3 6-6.6" fill="none" stroke="currentColor" stroke-width="2" '
        'stroke-linecap="round" stroke-linejoin="round"/>'
    ),
}
_LINE = '<path d="M4 8h8" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"/>'


@cache
def status_icon(status: str) -> Markup:
    """The shape of a status or a status_key; a line for those without one."""
    shape = _SHAPES.get(status, _LINE)
    return Markup(f'<svg class="icon" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">{shape}</svg>')  # noqa: S704


@cache
def tone(status: str) -> str:
    """The class that gives a status its colours."""
    return f"s-{status.replace('_', '-')}"


@cache
def network_icon(channel: str) -> Markup:
    """The mark of a network, for beside its name; a globe for one without a mark of its own."""
    name = channel if channel in _drawn() else _OTHER
    use = f'<use href="#network-{name}"/>'
    return Markup(f'<svg class="network" viewBox="0 0 24 24" width="14" height="14" aria-hidden="true">{use}</svg>')  # noqa: S704


def initials(name: str) -> str:
    """One or two capitals that stand for a name or a handle: `Acme Stores` is AS, `@acme.example` is A."""
    words = re.findall(r"[^\W_]+", name.partition("@")[0] or name)
    spoken = words[:2] if " " in name.strip() else words[:1]
    return "".join(word[0] for word in spoken).upper() or "?"


def tint(name: str) -> int:
    """A number below TINTS that stays the same for a name: which colours its initials have."""
    return crc32(name.encode()) % TINTS


def first_file(media: Any) -> dict[str, str] | None:
    """The file that stands for a post: `id` and `alt` of its first image, else of its first file; None without one.

    `media` is that of a post, or what an unfinished draft has in its place.
    """
    files = [each for each in media if _is_file(each)] if isinstance(media, list) else []
    images = [each for each in files if each.get("kind") == "image"]
    for each in (images or files)[:1]:
        return {"id": each["id"], "alt": str(each.get("alt") or "")}
    return None


def _is_file(each: Any) -> bool:
    return isinstance(each, dict) and isinstance(each.get("id"), str)


@cache
def _drawn() -> frozenset[str]:
    return frozenset(re.findall(r'id="network-(\w+)"', _SPRITE.read_text()))
