"""What each publication will show: overrides applied, media in place, the link where the network puts links."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from munadi.domain.channel import LinkStyle
from munadi.domain.content import Draft
from munadi.domain.publication import Warning_
from munadi.intake.media import Brought
from munadi.intake.resolve import Target
from munadi.intake.wire import ContentSent, MediaSent

T = TypeVar("T")
Result = TypeVar("Result")
Parameters = ParamSpec("Parameters")
# Characters of all drafts together, from which on they are judged in a thread.
LONG_TEXTS = 50_000
OVERRIDABLE = ("text", "media", "link")


@dataclass(frozen=True)
class PlacedDraft:
    """A draft and where its parts came from, so that a violation points into the request.

    `roots` has per part the pointer of whoever gave it; `places` has per resolved media its index as sent.
    """

    target: Target
    draft: Draft
    own_text: str
    link: str | None
    roots: dict[str, str]
    places: tuple[int, ...]
    media_missing: bool

    @property
    def link_appended(self) -> bool:
        """Whether the link became part of the text."""
        return self.draft.text != self.own_text


def media_sent(content: ContentSent) -> Iterator[tuple[str, MediaSent]]:
    """Every media of a request with its pointer."""
    for index, media in enumerate(content.media or ()):
        yield f"/media/{index}", media
    for number, channel in enumerate(content.channels):
        for index, media in enumerate(channel.media or ()):
            yield f"/channels/{number}/media/{index}", media


def has_media(content: ContentSent) -> bool:
    """Whether a request names any media."""
    return next(media_sent(content), None) is not None


def place(content: ContentSent, target: Target, brought: Brought) -> PlacedDraft:
    """The draft of one publication."""
    sent = target.sent
    roots = {part: target.pointer if getattr(sent, part) is not None else "" for part in OVERRIDABLE}
    text = _either(sent.text, content.text) or ""
    link = _either(sent.link, content.link) or None
    media: Sequence[MediaSent] = _either(sent.media, content.media) or ()
    found = [(index, asset) for index, each in enumerate(media) if (asset := brought.asset(each)) is not None]
    spec = target.channel.spec
    style = (spec.link_with_media or spec.link_style) if media else spec.link_style
    appended = link is not None and style is LinkStyle.APPENDED
    draft = Draft(
        text=with_link(text, link) if appended and link else text,
        link=None if appended else link,
        media=tuple(asset for _, asset in found),
        first_comment=sent.first_comment or None,
        parts=tuple(sent.parts or ()),
        options=sent.options or {},
    )
    places = tuple(index for index, _ in found)
    return PlacedDraft(target, draft, text, link, roots, places, media_missing=len(found) < len(media))


def with_link(text: str, link: str) -> str:
    """The text with the link at its end, unless it stands in there already."""
    if link in text.split():
        return text
    return f"{text.rstrip()}\n\n{link}" if text.strip() else link


def link_warnings(drafts: Sequence[PlacedDraft]) -> list[Warning_]:
    """One for each channel that cannot show a link but in the text."""
    return [
        Warning_(
            code="LINK_APPENDED",
            message=f"{placed.target.channel.spec.title} shows this link only in the text: it was appended there",
            channel=placed.target.channel.spec.name.value,
            pointer=f"{placed.roots['link']}/link",
        )
        for placed in drafts
        if placed.link_appended
    ]


def _either(own: T | None, shared: T | None) -> T | None:
    return own if own is not None else shared


async def beside_the_loop(
    placed: Sequence[PlacedDraft],
    work: Callable[Parameters, Result],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Result:
    """Work on drafts, in a thread if their texts are long: counting a megabyte holds up every other request.

    A usual post is done sooner than a thread is started.
    """
    drafts = [each.draft for each in placed]
    characters = sum(len(draft.text) + sum(map(len, draft.parts)) for draft in drafts)
    if characters < LONG_TEXTS:
        return work(*args, **kwargs)
    return await asyncio.to_thread(work, *args, **kwargs)
