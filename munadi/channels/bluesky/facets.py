"""Links, mentions and hashtags in a text, at UTF-8 byte offsets: nothing is linked on Bluesky without a facet.

The detection is the official client's (packages/api/src/rich-text/detection.ts of bluesky-social/atproto), so
that a post here has the links it would have there. A tag's length is counted as the lexicon counts it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import category

import regex

from munadi.channels.bluesky.spec import HANDLE, MAX_TAG_BYTES, MAX_TAG_GRAPHEMES
from munadi.channels.domains import TOP_LEVEL
from munadi.channels.text import measure
from munadi.domain.channel import TextUnit

# JavaScript's \b and [a-z] are ASCII; its \s is not.
_MENTION = regex.compile(r"(?:^|\s|\()(@([a-zA-Z0-9.-]+)(?a:\b))", regex.MULTILINE)
_LINK = regex.compile(
    r"(?:^|\s|\()((?i:https?)://[\w\[]\S*|(?P<domain>[a-zA-Z][a-zA-Z0-9]*(?:\.[a-zA-Z0-9]+)+)\S*)", regex.MULTILINE
)
# A keycap (#️⃣) is not a tag; a tag has at least one character that is not a digit, punctuation or invisible.
_INVISIBLE = r"\u00AD\u2060\u200A\u200B\u200C\u200D\u20E2"
_TAG = regex.compile(
    rf"(?:^|\s)([#＃](?!\uFE0F)([^\s{_INVISIBLE}]*[^\d\s\p{{P}}{_INVISIBLE}]+[^\s{_INVISIBLE}]*))", regex.MULTILINE
)


# The kinds of a facet, and the field that has its value.
LINK, MENTION, TAG = "link", "mention", "tag"
FIELDS = {LINK: "uri", MENTION: "did", TAG: "tag"}


@dataclass(frozen=True)
class Facet:
    """`start` and `end` (exclusive) are character indexes; `value` a URL, a handle without @, a tag without #."""

    start: int
    end: int
    kind: str
    value: str


def detect(text: str) -> list[Facet]:
    """Every facet in order of appearance, without overlaps (renderers drop them): the earlier one wins."""
    found: list[Facet] = []
    for facet in sorted((*_links(text), *_mentions(text), *_tags(text)), key=lambda facet: facet.start):
        if not found or facet.start >= found[-1].end:
            found.append(facet)
    return found


def handles(text: str) -> list[str]:
    """The handles that `text` mentions, once each, in lower case (handles have no case)."""
    return list(dict.fromkeys(facet.value.lower() for facet in detect(text) if facet.kind == MENTION))


def as_wire(text: str, facets: Sequence[Facet], dids: Mapping[str, str | None]) -> list[dict[str, Any]]:
    """`app.bsky.richtext.facet` values of facets in order; a mention whose handle has no DID stays plain text."""
    shaped: list[dict[str, Any]] = []
    at = offset = 0
    for facet in facets:
        start = offset + _bytes(text[at : facet.start])
        at, offset = facet.end, start + _bytes(text[facet.start : facet.end])
        value = dids.get(facet.value.lower()) if facet.kind == MENTION else facet.value
        if value:
            index = {"byteStart": start, "byteEnd": offset}
            feature = {"$type": f"app.bsky.richtext.facet#{facet.kind}", FIELDS[facet.kind]: value}
            shaped.append({"index": index, "features": [feature]})
    return shaped


def _bytes(text: str) -> int:
    return len(text.encode("utf-8"))


def _is_domain(name: str) -> bool:
    return name.rpartition(".")[2].lower() in TOP_LEVEL and "." in name


def _mentions(text: str) -> Iterator[Facet]:
    for match in _MENTION.finditer(text):
        handle = match.group(2)
        # `.test` is not a top-level domain, but development servers use it. What is no handle must not be resolved: the
        # reference PDS answers it with a 500.
        known = _is_domain(handle) or handle.lower().endswith(".test")
        if known and HANDLE.fullmatch(handle):
            yield Facet(match.start(1), match.end(1), MENTION, handle)


def _links(text: str) -> Iterator[Facet]:
    for match in _LINK.finditer(text):
        shown, domain = match.group(1), match.group("domain")
        if domain is not None and not _is_domain(domain):
            continue
        if shown[-1] in ".,;:!?":
            shown = shown[:-1]
        if shown.endswith(")") and "(" not in shown:
            shown = shown[:-1]
        url = shown if domain is None else f"https://{shown}"
        yield Facet(match.start(1), match.start(1) + len(shown), LINK, url)


def _without_punctuation(tag: str) -> str:
    """The tag without punctuation at its end."""
    end = len(tag)
    while end and category(tag[end - 1]).startswith("P"):
        end -= 1
    return tag[:end]


def _tags(text: str) -> Iterator[Facet]:
    for match in _TAG.finditer(text):
        tag = _without_punctuation(match.group(2))
        fits = _bytes(tag) <= MAX_TAG_BYTES and measure(tag, TextUnit.GRAPHEMES) <= MAX_TAG_GRAPHEMES
        if tag and fits:
            yield Facet(match.start(1), match.start(1) + 1 + len(tag), TAG, tag.removeprefix("#"))
