"""Builds and checks the draft of each publication: overrides, media, and the link where the network shows links."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from munadi.channels.text import check_text
from munadi.domain.channel import LinkStyle
from munadi.domain.content import Draft
from munadi.domain.problem import Problem
from munadi.domain.problem_collector import ProblemCollector
from munadi.intake.accounts import Target
from munadi.intake.fingerprint import fingerprint_of
from munadi.intake.media import IntakeMedia
from munadi.intake.requests import ContentRequest, MediaRequest

OVERRIDABLE = ("text", "media", "link")


@dataclass(frozen=True)
class PlacedDraft:
    """A draft, with the source of each part, so that a problem can point into the request.

    `roots` has for each part the pointer of the object that gave it (the post or its channel); `places` has for each
    usable media its index in the request. `link_appended`: the link became part of the text. `fingerprint`
    is equal for drafts that look the same: `munadi.intake.fingerprint`. `fitted`: as the network will get it, where
    files are converted for it; `cure`: as it would, if they were (`munadi.intake.fitting`).
    """

    target: Target
    draft: Draft
    own_text: str
    link: str | None
    roots: dict[str, str]
    places: tuple[int, ...]
    media_missing: bool
    link_appended: bool
    fingerprint: str
    fitted: Draft | None = None
    cure: Draft | None = None

    @property
    def shown(self) -> Draft:
        """The draft as the network will get it."""
        return self.fitted or self.draft

    def pointer(self, pointer: str) -> str:
        """A pointer below the draft as a pointer into the request."""
        parts = pointer.split("/")
        part = parts[1] if len(parts) > 1 else ""
        if part == "media" and len(parts) > 2 and parts[2].isdigit() and int(parts[2]) < len(self.places):
            parts[2] = str(self.places[int(parts[2])])
        return self.roots.get(part, self.target.pointer) + "/".join(parts)


def media_of(request: ContentRequest) -> Iterator[tuple[str, MediaRequest]]:
    """Every media of a request with its pointer."""
    for index, media in enumerate(request.media or ()):
        yield f"/media/{index}", media
    for number, channel in enumerate(request.channels):
        for index, media in enumerate(channel.media or ()):
            yield f"/channels/{number}/media/{index}", media


def place_draft(request: ContentRequest, target: Target, media: IntakeMedia) -> PlacedDraft:
    """The draft of one publication. What the channel gives replaces what the post gives."""
    own = target.sent
    roots = {part: target.pointer if getattr(own, part) is not None else "" for part in OVERRIDABLE}
    text = (request.text if own.text is None else own.text) or ""
    link = (request.link if own.link is None else own.link) or None
    sent: Sequence[MediaRequest] = (request.media if own.media is None else own.media) or ()
    usable = [(index, asset) for index, each in enumerate(sent) if (asset := media.asset(each)) is not None]
    spec = target.channel.spec
    style = (spec.link_with_media or spec.link_style) if sent else spec.link_style
    appended = link is not None and style is LinkStyle.APPENDED
    draft = Draft(
        text=with_link(text, link) if appended and link else text,
        link=None if appended else link,
        media=tuple(asset for _, asset in usable),
        first_comment=own.first_comment or None,
        parts=tuple(own.parts or ()),
        options=own.options or {},
    )
    places = tuple(index for index, _ in usable)
    return PlacedDraft(
        target,
        draft,
        text,
        link,
        roots,
        places,
        media_missing=len(usable) < len(sent),
        link_appended=draft.text != text,
        fingerprint=fingerprint_of(draft),
    )


def with_link(text: str, link: str) -> str:
    """The text with the link at its end, unless the text contains it already."""
    if link in text.split():
        return text
    return f"{text.rstrip()}\n\n{link}" if text.strip() else link


def checked_once(drafts: Sequence[PlacedDraft]) -> list[PlacedDraft]:
    """The drafts without those that repeat another one of the same account. Naming an account twice is a problem."""
    kept: list[PlacedDraft] = []
    by_account: dict[str, list[Draft]] = {}
    for placed in drafts:
        row = placed.target.row
        known = [] if row is None else by_account.setdefault(row.id, [])
        if placed.draft not in known:
            known.append(placed.draft)
            kept.append(placed)
    return kept


def check_draft(placed: PlacedDraft, problems: ProblemCollector) -> None:
    """Apply the channel's rules to one draft, as the network will get it."""
    for problem in _with_cures(placed, placed.target.channel.validate(placed.shown, placed.target.account)):
        if placed.media_missing and (problem.code == "MISSING_FIELD" or problem.pointer == "/media"):
            continue  # it follows from a refused media, which is a problem already
        at_link = _at_link(placed, problem)
        rooted = at_link.model_copy(update={"pointer": placed.pointer(at_link.pointer)})
        if problem.code == "MISSING_FIELD" and (problems.has(rooted.pointer) or problems.has_code("INVALID_LINK")):
            continue  # the field was sent, but could not be read
        problems.extend([rooted])


def _with_cures(placed: PlacedDraft, problems: list[Problem]) -> list[Problem]:
    """The problems, with a hint at those of files that converting them would solve."""
    of_media = {one.pointer for one in problems if one.pointer.startswith("/media/")}
    if placed.cure is None or not of_media:
        return problems
    left = {one.pointer for one in placed.target.channel.validate(placed.cure, placed.target.account)}
    hint = "; with fit: convert a copy that fits is sent instead"
    cured = of_media - left
    return [
        one.model_copy(update={"message": f"{one.message}{hint}"}) if one.pointer in cured else one for one in problems
    ]


def _at_link(placed: PlacedDraft, problem: Problem) -> Problem:
    """Report a text that is too long only because of the appended link at the link."""
    if not (placed.link_appended and problem.pointer == "/text" and problem.code == "TEXT_TOO_LONG"):
        return problem
    if any(own.rule == problem.rule for own in check_text(placed.target.channel.spec, placed.own_text)):
        return problem
    message = f"{problem.message}, because {placed.target.channel.spec.title} takes links only as part of the text"
    return problem.model_copy(update={"pointer": "/link", "message": message})
