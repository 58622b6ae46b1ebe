"""What YouTube takes and how a post is planned, before anything is sent. Pure."""

from __future__ import annotations

from datetime import timedelta

from munadi.channels.channel import Rules
from munadi.channels.text import (
    Problems,
    check_comment_shows,
    check_extras,
    check_media_count,
    check_media_file,
    check_text,
    is_blank,
    problem,
    too_long,
)
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
from munadi.domain.channel import MediaKind
from munadi.domain.content import Draft
from munadi.domain.problem import Problem

FOR_KIDS = "/options/madeForKids"


class YouTubeRules(Rules[Options]):
    """What YouTube takes. Its one step after the post is the first comment."""

    comment_limits = (COMMENT_LENGTH,)

    def validate(self, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> list[Problem]:
        """All violations of title, description, tags, the video, its thumbnail and the declarations."""
        found = Problems(self.spec)
        found += check_extras(self.spec, draft)
        _description(found, draft.text, "/text")
        _media(found, draft, options)
        _length(found, draft, account)
        found += [too_long(self.spec, each) for each in self.comment_lengths(draft) if each.actual > each.maximum]
        _comment(found, draft, options)
        if options is not None:
            _title(found, draft, options)
            _tags(found, options)
            _localizations(found, options)
        return found

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


def _comment(found: Problems, draft: Draft, options: Options | None) -> None:
    """A comment that shows something, and a video that will take comments."""
    check_comment_shows(found, draft)
    if draft.first_comment and options and (options.made_for_kids or options.privacy_status is Privacy.PRIVATE):
        closed = "made for kids" if options.made_for_kids else "private"
        message = f"takes no comments below a video that is {closed}"
        found.add("/firstComment", "FIRST_COMMENT_UNSUPPORTED", "comments_closed", message, None, closed)


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


def _tags(found: Problems, options: Options) -> None:
    actual = counted_tags(options.tags)
    if actual > MAX_TAGS:
        message = f"takes tags of at most {MAX_TAGS} characters in all, commas and quotes included; these have {actual}"
        found.add("/options/tags", "TAGS_TOO_LONG", "tags_length", message, MAX_TAGS, actual)


def _media(found: Problems, draft: Draft, options: Options | None) -> None:
    """One video, and an image only where `thumbnailIndex` says that it is the thumbnail."""
    spec, place = found.spec, options.thumbnail_index if options else None
    wrong = place is not None and _wrong_thumbnail(found, draft, place)
    rest = [asset for index, asset in enumerate(draft.media) if wrong or index != place]
    videos = [asset for asset in rest if asset.kind is MediaKind.VIDEO]
    found += check_media_count(spec.model_copy(update={"max_media": 1}), videos or rest)
    for index, asset in enumerate(draft.media):
        pointer, is_image = f"/media/{index}", asset.kind is MediaKind.IMAGE
        if is_image and index != place and options and not wrong:
            message = "takes an image only as the thumbnail of the video: say so by options.thumbnailIndex"
            found.add(pointer, "MEDIA_KIND", "media_kind", message, MediaKind.VIDEO, asset.kind)
        else:
            found += check_media_file(spec, THUMBNAIL if is_image else VIDEO, asset, pointer)


def _wrong_thumbnail(found: Problems, draft: Draft, place: int) -> bool:
    """Whether `thumbnailIndex` does not name an image."""
    pointer, count = "/options/thumbnailIndex", len(draft.media)
    if place >= count:
        message = f"finds no media {place} for its thumbnail: they are counted from 0, and there are {count}"
        found.add(pointer, "INVALID_OPTION", "thumbnail_index", message, count - 1, place)
        return True
    kind = draft.media[place].kind
    if kind is not MediaKind.IMAGE:
        message = f"takes an image as the thumbnail: media {place} is a {kind}"
        found.add(pointer, "INVALID_OPTION", "thumbnail_kind", message, MediaKind.IMAGE, kind)
    return kind is not MediaKind.IMAGE


def _length(found: Problems, draft: Draft, account: ConnectedAccount | None) -> None:
    """The short limit, for a channel whose facts say that it applies; most accounts do not say."""
    if account is None or account.facts.get("long_uploads_status") not in ("eligible", "disallowed"):
        return
    limit = UNVERIFIED_LENGTH.total_seconds()
    for index, asset in enumerate(draft.media):
        if (seconds := (asset.duration_ms or 0) / 1000) > limit:
            message = "takes videos over 15 minutes only from a channel with a verified phone number"
            found.add(f"/media/{index}", "MEDIA_DURATION", "unverified_duration", message, limit, seconds)
