"""Markdown to HTML, as repositories show it: the same anchors, and links that lose `.md`.

Our own pages alone are rendered, so HTML in them passes; there is none but comments (tests/docs).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

DEEPEST_ANCHOR = "h4"


class _Renderer(RendererHTML):
    """Renders wide tables and code so that they scroll by themselves, by keyboard too."""

    def table_open(self, *_: object) -> str:
        return '<div class="wide" role="group" aria-label="Table" tabindex="0"><table>\n'

    def table_close(self, *_: object) -> str:
        return "</table></div>\n"

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return super().fence(tokens, idx, options, env).replace("<pre>", '<pre tabindex="0">', 1)


_PARSER = MarkdownIt("commonmark", renderer_cls=_Renderer).enable("table")


@dataclass(frozen=True)
class Heading:
    """A heading of a page: its level (2 for `##`), words and anchor."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True)
class Link:
    """A link or picture as written, the second-level heading above it ("" before the first), and whether in a list."""

    text: str
    target: str
    section: str
    listed: bool


@dataclass(frozen=True)
class Page:
    """A page of the documentation as HTML, with the headings and links that are in it. `parts`: the words below each
    heading, None before the first one."""

    title: str
    html: str
    headings: tuple[Heading, ...]
    links: tuple[Link, ...]
    parts: tuple[tuple[Heading | None, str], ...]

    @property
    def anchors(self) -> frozenset[str]:
        return frozenset(heading.anchor for heading in self.headings)


def page_of(path: Path) -> Page:
    """The page in a file, rendered once for each change of it."""
    return _rendered(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _rendered(path: Path, changed: int) -> Page:
    return render(path.read_text(encoding="utf-8"))


def render(text: str) -> Page:
    """A page from its Markdown. ValueError without a first-level heading, which is its title."""
    tokens = _PARSER.parse(text)
    links = tuple(_links(tokens))
    headings = tuple(_anchored(tokens))
    titles = [heading.text for heading in headings if heading.level == 1]
    if not titles:
        raise ValueError("a page begins with a heading of the first level")
    parts = tuple(_parts(tokens, headings))
    for token in tokens:
        _fit(token)
    return Page(titles[0], _PARSER.renderer.render(tokens, _PARSER.options, {}), headings, links, parts)


def fragment(text: str) -> str:
    """A part of a page, without a title, from its Markdown."""
    return str(_PARSER.render(text))


def inline(text: str) -> str:
    """One line of a page: emphasis, code and links, no paragraph around it."""
    return str(_PARSER.renderInline(text))


def slug(text: str) -> str:
    """The anchor of a heading, as repositories make it: lower case, hyphens for spaces, no punctuation."""
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


def served(target: str) -> str:
    """A link between files as one between their addresses; any other stays as it is."""
    path, mark, anchor = target.partition("#")
    if "://" in path or not path.endswith(".md"):
        return target
    folder, slash, name = path.removesuffix(".md").rpartition("/")
    return f"{folder}{slash}{name if name != 'index' else '' if folder else './'}{mark}{anchor}"


def _anchored(tokens: Sequence[Token]) -> Iterator[Heading]:
    """Gives each heading its anchor; the second of the same words gets `-1`."""
    seen: Counter[str] = Counter()
    for opening, inside in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        text = _words(inside)
        anchor = slug(text)
        seen[anchor] += 1
        if seen[anchor] > 1:
            anchor = f"{anchor}-{seen[anchor] - 1}"
        opening.attrSet("id", anchor)
        if "h2" <= opening.tag <= DEEPEST_ANCHOR:
            # For the mouse: screen readers and keyboards use the same links in the navigation.
            mark = Token("html_inline", "", 0)
            mark.content = f' <a class="anchor" href="#{anchor}" aria-hidden="true" tabindex="-1">#</a>'
            (inside.children or []).append(mark)
        yield Heading(int(opening.tag[1]), text, anchor)


def _links(tokens: Sequence[Token]) -> Iterator[Link]:
    section, depth = "", 0
    for before, token in pairwise([Token("", "", 0), *tokens]):
        depth += token.nesting if token.type.startswith("list_item") else 0
        if before.type == "heading_open" and before.tag == "h2":
            section = _words(token)
        children = token.children or []
        for place, child in enumerate(children):
            if child.type == "link_open":
                ends = next(end for end, later in enumerate(children) if end > place and later.type == "link_close")
                words = "".join(each.content for each in children[place:ends])
                yield Link(words, str(child.attrGet("href")), section, depth > 0)
            elif child.type == "image":
                yield Link(child.content, str(child.attrGet("src")), section, False)


def _parts(tokens: Sequence[Token], headings: Iterable[Heading]) -> Iterator[tuple[Heading | None, str]]:
    waiting, heading, words = iter(headings), None, list[str]()
    for before, token in pairwise([Token("", "", 0), *tokens]):
        if before.type == "heading_open":
            yield heading, " ".join(words)
            heading, words = next(waiting), []
        elif token.type == "inline":
            words.append(_words(token, breaks=" "))
        elif token.type in ("fence", "code_block"):
            words.append(token.content)
    yield heading, " ".join(words)


def _words(inside: Token, breaks: str = "") -> str:
    said = {"text", "code_inline"}
    children = inside.children or []
    return "".join(
        child.content if child.type in said else breaks
        for child in children
        if child.type in said or child.type.endswith("break")
    )


def _fit(token: Token) -> None:
    """Adapt the rendered page: links as they are served, and no style attributes."""
    for child in token.children or []:
        if child.type == "link_open":
            child.attrSet("href", served(str(child.attrGet("href"))))
        elif child.type == "image":
            child.attrSet("loading", "lazy")
    style = token.attrs.pop("style", None)
    if style is not None:
        token.attrSet("class", str(style).replace("text-align:", "align-"))
