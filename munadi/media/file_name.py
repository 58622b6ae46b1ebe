"""The name of a file where it came from. It proves nothing about the file; networks show it, or a title made of it."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote, urlsplit

MAX_NAME = 200
_FOLDERS = re.compile(r"[/\\]")


def file_name(given: str | None) -> str | None:
    """The last part of a path without what has no shape, such as line ends and marks of direction; None for nothing."""
    last = _FOLDERS.split(given or "")[-1]
    shown = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C").strip()
    return shown[-MAX_NAME:] or None


def name_in_url(url: str) -> str | None:
    """The name of the file that a URL leads to."""
    return file_name(unquote(urlsplit(url).path))
