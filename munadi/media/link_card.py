"""A page's title, description and picture, from untrusted HTML.

Rule: it never raises, and its time grows linearly with the page. The standard parser can be slow
on junk, so it sees nothing but the page's short `<meta>` and `<title>` elements, found by a linear search.
"""

import html
import re
from html.parser import HTMLParser
from urllib.parse import urljoin

from pydantic import BaseModel, ConfigDict

TITLE_LIMIT, DESCRIPTION_LIMIT, URL_LIMIT = 300, 1000, 2048
_PAGE_LIMIT = 1024 * 1024
_MAX_ELEMENTS = 300

# Possessive and bounded: no backtracking, whatever the quotes are.
_META = re.compile(r"""<meta\s(?:"[^"<]{0,4096}+"|'[^'<]{0,4096}+'|[^'"<>]){1,4096}+>""", re.IGNORECASE)
_TITLE = re.compile(r"<title(?:\s[^<>]{0,500}+)?+>([^<]{0,2000})", re.IGNORECASE)

# In the order of preference.
_TITLE_NAMES = ("og:title", "twitter:title")
_DESCRIPTION_NAMES = ("og:description", "twitter:description", "description")
_IMAGE_NAMES = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")


class LinkCard(BaseModel):
    """A page's own words, plain text without markup; `image_url` is absolute and unchecked (use the guard)."""

    model_config = ConfigDict(frozen=True)

    title: str | None = None
    description: str | None = None
    image_url: str | None = None


def parse_link_card(page: str, base_url: str) -> LinkCard:
    """The card of the HTML `page` that was read at `base_url`; what is missing is None."""
    page = page[:_PAGE_LIMIT]
    values = _meta_values(page)
    title = _TITLE.search(page)
    fallback = html.unescape(title[1]) if title else ""
    return LinkCard(
        title=_text(_first(values, _TITLE_NAMES) or fallback, TITLE_LIMIT),
        description=_text(_first(values, _DESCRIPTION_NAMES), DESCRIPTION_LIMIT),
        image_url=_absolute(base_url, _first(values, _IMAGE_NAMES)),
    )


class _MetaParser(HTMLParser):
    """Collects the first content of each property or name."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.values: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, content = given.get("property") or given.get("name"), given.get("content")
        if tag == "meta" and name and content and content.strip():
            self.values.setdefault(name.strip().lower(), content)


def _meta_values(page: str) -> dict[str, str]:
    parser = _MetaParser()
    for number, element in enumerate(_META.finditer(page)):
        if number >= _MAX_ELEMENTS:
            break
        try:
            parser.feed(element[0])
        except (ValueError, AssertionError):  # what the standard parser raises on some junk
            parser.reset()
    return parser.values


def _first(values: dict[str, str], names: tuple[str, ...]) -> str:
    return next((values[name] for name in names if name in values), "")


def _text(value: str, limit: int) -> str | None:
    """One line, without control characters and lone surrogates, cut at `limit` characters."""
    printable = "".join(c if c.isprintable() or c.isspace() or c in "\u200d\u200c" else " " for c in value[: limit * 4])
    text = " ".join(printable.split())
    return text[:limit].rstrip() or None


def _absolute(base_url: str, value: str) -> str | None:
    value = value.strip()
    if not value or len(value) > URL_LIMIT:
        return None
    try:
        url = urljoin(base_url, value)
    except ValueError:
        return None
    return url if url.lower().startswith(("http://", "https://")) else None
