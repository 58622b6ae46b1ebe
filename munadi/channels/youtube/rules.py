"""What YouTube takes and how a post is planned, before anything is sent. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from munadi.channels.files import FileRule, seconds
from munadi.channels.rules import Rules
from munadi.channels.text import Problems, check_text, is_blank, problem
from munadi.channels.youtube.spec import (
    BASE_LEAD,
    COMMENT_LENGTH,
    MAX_TAGS,
    MAX_TITLE,
    PLANNED_RATE,
    THUMBNAIL,
    UNVERIFIED_LENGTH,
    VIDEO,
    Options,
    Privacy,
)
from munadi.channels.youtube.wire import counted_tags, title_of
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelSpec, MediaKind
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
from munadi.domain.problem import Problem

FOR_KIDS = "/options/madeForKids"


class YouTubeRules(Rules[Options]):
    """What YouTube takes. Its one step after the post is the first comment."""

    comment_limits = (COMMENT_LENGTH,)

    def applied(self, account: ConnectedAccount | None) -> ChannelSpec:
        """One video, beside its thumbnail."""
        return self.spec.model_copy(update={"max_media": 1})

    def counted(self, draft: Draft, options: Options | None) -> Sequence[MediaAsset]:
        """The videos, or what stands in their place; not the thumbnail."""
        rest = [asset for index, asset in enumerate(draft.media) if index != _thumbnail(draft, options)]
        return [asset for asset in rest if asset.kind is MediaKind.VIDEO] or rest

    def file_rule(
        self, index: int, draft: Draft, options: Options | None, account: ConnectedAccount | None
    ) -> FileRule | None:
        """An image is judged as a thumbnail, unless `check_options` refuses it."""
        if draft.media[index].kind is not MediaKind.IMAGE:
            return FileRule(VIDEO)
        return None if _is_stray(index, draft, options) else FileRule(THUMBNAIL)

    def check(self, found: Problems, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> None:
        """Report the description, the length of a video, and a comment that no one can see."""
        _brackets(found, draft.text, "/text", "description")
        _length(found, draft, account)
        if draft.first_comment and options and (options.made_for_kids or options.privacy_status is Privacy.PRIVATE):
            closed = "made for kids" if options.made_for_kids else "private"
            message = f"takes no comments below a video that is {closed}"
            found.add("/firstComment", "FIRST_COMMENT_UNSUPPORTED", "comments_closed", message, None, closed)

    def check_options(self, found: Problems, draft: Draft, options: Options, account: ConnectedAccount | None) -> None:
        """Report title, tags, translations and thumbnail."""
        _title(found, draft, options)
        message = "takes tags of at most {limit} characters in all, commas and quotes included; these have {actual}"
        found.at_most(MAX_TAGS, counted_tags(options.tags), "/options/tags", "TAGS_TOO_LONG", "tags_length", message)
        _localizations(found, options)
        _thumbnails(found, draft, options)

    def option_problem(self, found: Problem) -> Problem:
        """A missing declaration is explained."""
        if found.pointer != FOR_KIDS or found.rule != "missing":
            return found
        message = "needs madeForKids, true or false: the law requires every uploader to declare it"
        return problem(self.spec, FOR_KIDS, "MISSING_FIELD", "made_for_kids", message)

    def lead(self, draft: Draft, options: Options | None) -> timedelta:
        """Time to upload at a modest rate and to be processed."""
        uploading = timedelta(seconds=sum(asset.bytes for asset in draft.media) / PLANNED_RATE)
        return min(BASE_LEAD + uploading, self.spec.lead)


def _title(found: Problems, draft: Draft, options: Options) -> None:
    title, pointer = title_of(draft, options), "/options/title"
    if is_blank(title):
        found.add(pointer, "MISSING_FIELD", "title_required", "needs a title, or a text")
    elif options.title is None:
        advice = ", and the text's first line is the title: shorten it or give options.title"
        _title_length(found, title, "/text", advice)
    else:
        _title_length(found, title, pointer)
        _brackets(found, title, pointer, "title")


def _title_length(found: Problems, title: str, pointer: str, advice: str = "") -> None:
    if len(title) > MAX_TITLE:
        message = f"takes a title of at most {MAX_TITLE} characters; this one has {len(title)}{advice}"
        found.add(pointer, "TITLE_TOO_LONG", "title_length", message, MAX_TITLE, len(title))


def _description(found: Problems, text: str, pointer: str) -> None:
    found += check_text(found.spec, text, pointer)
    _brackets(found, text, pointer, "description")


def _brackets(found: Problems, text: str, pointer: str, what: str) -> None:
    used = " ".join(sign for sign in "<>" if sign in text)
    if used:
        message = f"takes no < or > in the {what}"
        found.add(pointer, "CHARACTER_FORBIDDEN", f"{what}_characters", message, "no < or >", used)


def _localizations(found: Problems, options: Options) -> None:
    if options.localizations and options.default_language is None:
        message = "takes localizations only beside defaultLanguage, the language of the title and the text"
        found.add("/options/defaultLanguage", "MISSING_FIELD", "default_language", message)
    for language, localization in options.localizations.items():
        pointer = f"/options/localizations/{language}"
        if is_blank(localization.title):
            found.add(f"{pointer}/title", "MISSING_FIELD", "title_required", "needs a title in every language")
        _title_length(found, localization.title, f"{pointer}/title")
        _brackets(found, localization.title, f"{pointer}/title", "title")
        _description(found, localization.description, f"{pointer}/description")


def _thumbnail(draft: Draft, options: Options | None) -> int | None:
    """The place of the thumbnail, if `thumbnailIndex` names an image."""
    place = options.thumbnail_index if options else None
    known = place is not None and place < len(draft.media) and draft.media[place].kind is MediaKind.IMAGE
    return place if known else None


def _is_stray(index: int, draft: Draft, options: Options | None) -> bool:
    """Whether an image is not the thumbnail, where that is known: not beside a `thumbnailIndex` that is wrong."""
    if options is None or draft.media[index].kind is not MediaKind.IMAGE:
        return False
    place = _thumbnail(draft, options)
    return index != place and place == options.thumbnail_index


def _thumbnails(found: Problems, draft: Draft, options: Options) -> None:
    """Report a `thumbnailIndex` that names no image, and images that it does not name."""
    pointer, place, count = "/options/thumbnailIndex", options.thumbnail_index, len(draft.media)
    message = f"finds no media {{actual}} for its thumbnail: they are counted from 0, and there are {count}"
    found.at_most(count - 1, place, pointer, "INVALID_OPTION", "thumbnail_index", message)
    if place is not None and place < count and (kind := draft.media[place].kind) is not MediaKind.IMAGE:
        message = f"takes an image as the thumbnail: media {place} is a {kind}"
        found.add(pointer, "INVALID_OPTION", "thumbnail_kind", message, MediaKind.IMAGE, kind)
    for index, asset in enumerate(draft.media):
        if _is_stray(index, draft, options):
            message = "takes an image only as the thumbnail of the video: say so by options.thumbnailIndex"
            found.add(f"/media/{index}", "MEDIA_KIND", "media_kind", message, MediaKind.VIDEO, asset.kind)


def _length(found: Problems, draft: Draft, account: ConnectedAccount | None) -> None:
    """The short limit, for a channel whose facts say that it applies; most accounts do not say."""
    if account is None or account.facts.get("long_uploads_status") not in ("eligible", "disallowed"):
        return
    message = "takes videos over 15 minutes only from a channel with a verified phone number; this has {actual:g} s"
    for index, asset in enumerate(draft.media):
        limit, at = UNVERIFIED_LENGTH.total_seconds(), f"/media/{index}"
        found.at_most(limit, seconds(asset), at, "MEDIA_DURATION", "unverified_duration", message)
