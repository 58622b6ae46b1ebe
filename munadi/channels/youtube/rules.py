"""What YouTube takes and how a post is planned, before anything is sent. Pure."""

from __future__ import annotations

from datetime import timedelta

from munadi.channels.channel import Rules
from munadi.channels.text import (
    check_extras,
    check_media_count,
    check_media_file,
    check_text,
    lengths,
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
from munadi.domain.channel import ChannelSpec, MediaKind, TextLength
from munadi.domain.content import Draft
from munadi.domain.problem import Problem

FOR_KIDS = "/options/madeForKids"


class YouTubeRules(Rules[Options]):
    """What YouTube takes. Its one step after the post is the first comment."""

    def validate(self, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> list[Problem]:
        """All violations of title, description, tags, the video, its thumbnail and the declarations."""
        spec = self.spec
        problems = check_extras(spec, draft) + check_text(spec, draft.text)
        problems += _brackets(spec, draft.text, "/text", "description")
        problems += _media(spec, draft, options)
        problems += _length(spec, draft, account) + _comment(spec, draft, options)
        if options is None:
            return problems
        return problems + _title(spec, draft, options) + _tags(spec, options) + _localizations(spec, options)

    def option_problem(self, found: Problem) -> Problem:
        """A missing declaration is explained."""
        if found.pointer != FOR_KIDS or found.rule != "missing":
            return found
        message = "needs madeForKids, true or false: the law asks every uploader to declare it"
        return problem(self.spec, FOR_KIDS, "MISSING_FIELD", "made_for_kids", message)

    def lengths(self, draft: Draft) -> list[TextLength]:
        """The length of the description, and of the comment if there is one."""
        return super().lengths(draft) + _comment_lengths(draft)

    def lead(self, draft: Draft, options: Options | None) -> timedelta:
        """Time to upload at a modest rate and to be processed."""
        uploading = timedelta(seconds=sum(asset.bytes for asset in draft.media) / PLANNED_RATE)
        return min(BASE_LEAD + uploading, self.spec.lead)


def _title(spec: ChannelSpec, draft: Draft, options: Options) -> list[Problem]:
    title = title_of(draft, options)
    given = options.title is not None
    if not title:
        return [problem(spec, "/options/title", "MISSING_FIELD", "title_required", "needs a title, or a text")]
    if not given:
        advice = ", and the text's first line is the title: shorten it or give options.title"
        return _title_length(spec, title, "/text", advice)
    return _title_length(spec, title, "/options/title") + _brackets(spec, title, "/options/title", "title")


def _brackets(spec: ChannelSpec, text: str, pointer: str, what: str) -> list[Problem]:
    used = [sign for sign in "<>" if sign in text]
    if not used:
        return []
    message = f"takes no < or > in the {what}"
    return [problem(spec, pointer, "CHARACTER_FORBIDDEN", f"{what}_characters", message, "no < or >", " ".join(used))]


def _comment(spec: ChannelSpec, draft: Draft, options: Options | None) -> list[Problem]:
    """Its length, and whether there will be anything to comment on."""
    if not draft.first_comment:
        return []
    pointer = "/firstComment"
    found = [too_long(spec, each) for each in _comment_lengths(draft) if each.actual > each.maximum]
    if options and (options.made_for_kids or options.privacy_status is Privacy.PRIVATE):
        closed = "made for kids" if options.made_for_kids else "private"
        message = f"takes no comments below a video that is {closed}"
        found.append(problem(spec, pointer, "FIRST_COMMENT_UNSUPPORTED", "comments_closed", message, None, closed))
    return found


def _comment_lengths(draft: Draft) -> list[TextLength]:
    return lengths((COMMENT_LENGTH,), draft.first_comment, "/firstComment") if draft.first_comment else []


def _localizations(spec: ChannelSpec, options: Options) -> list[Problem]:
    found = []
    if options.localizations and options.default_language is None:
        message = "takes localizations only beside defaultLanguage, the language of the title and the text"
        found.append(problem(spec, "/options/defaultLanguage", "MISSING_FIELD", "default_language", message))
    for language, localization in options.localizations.items():
        pointer = f"/options/localizations/{language}"
        if not localization.title.strip():
            message = "needs a title in every language"
            found.append(problem(spec, f"{pointer}/title", "MISSING_FIELD", "title_required", message))
        found += _title_length(spec, localization.title, f"{pointer}/title")
        found += _brackets(spec, localization.title, f"{pointer}/title", "title")
        found += check_text(spec, localization.description, f"{pointer}/description")
        found += _brackets(spec, localization.description, f"{pointer}/description", "description")
    return found


def _title_length(spec: ChannelSpec, title: str, pointer: str, advice: str = "") -> list[Problem]:
    if len(title) <= MAX_TITLE:
        return []
    message = f"takes a title of at most {MAX_TITLE} characters; this one has {len(title)}{advice}"
    return [problem(spec, pointer, "TITLE_TOO_LONG", "title_length", message, MAX_TITLE, len(title))]


def _tags(spec: ChannelSpec, options: Options) -> list[Problem]:
    actual = counted_tags(options.tags)
    if actual <= MAX_TAGS:
        return []
    message = f"takes tags of at most {MAX_TAGS} characters in all, commas and quotes included; these have {actual}"
    return [problem(spec, "/options/tags", "TAGS_TOO_LONG", "tags_length", message, MAX_TAGS, actual)]


def _media(spec: ChannelSpec, draft: Draft, options: Options | None) -> list[Problem]:
    """One video, and an image only where `thumbnailIndex` says that it is the thumbnail."""
    place = options.thumbnail_index if options else None
    wrong = None if place is None else _thumbnail_index(spec, draft, place)
    found = [wrong] if wrong else []
    rest = [asset for index, asset in enumerate(draft.media) if wrong or index != place]
    videos = [asset for asset in rest if asset.kind is MediaKind.VIDEO]
    found += check_media_count(spec.model_copy(update={"max_media": 1}), videos or rest)
    for index, asset in enumerate(draft.media):
        pointer, is_image = f"/media/{index}", asset.kind is MediaKind.IMAGE
        if is_image and index != place and options and not wrong:
            message = "takes an image only as the thumbnail of the video: say so by options.thumbnailIndex"
            found.append(problem(spec, pointer, "MEDIA_KIND", "media_kind", message, MediaKind.VIDEO, asset.kind))
        else:
            found += check_media_file(spec, THUMBNAIL if is_image else VIDEO, asset, pointer)
    return found


def _thumbnail_index(spec: ChannelSpec, draft: Draft, place: int) -> Problem | None:
    pointer, count = "/options/thumbnailIndex", len(draft.media)
    if place >= count:
        message = f"finds no media {place} for its thumbnail: they are counted from 0, and there are {count}"
        return problem(spec, pointer, "INVALID_OPTION", "thumbnail_index", message, count - 1, place)
    kind = draft.media[place].kind
    if kind is not MediaKind.IMAGE:
        message = f"takes an image as the thumbnail: media {place} is a {kind}"
        return problem(spec, pointer, "INVALID_OPTION", "thumbnail_kind", message, MediaKind.IMAGE, kind)
    return None


def _length(spec: ChannelSpec, draft: Draft, account: ConnectedAccount | None) -> list[Problem]:
    """Only a channel that says that it may not is held to the short limit; most accounts say nothing."""
    if account is None or account.facts.get("long_uploads_status") not in ("eligible", "disallowed"):
        return []
    limit = UNVERIFIED_LENGTH.total_seconds()
    message = "takes videos over 15 minutes only from a channel with a verified phone number"
    return [
        problem(spec, f"/media/{index}", "MEDIA_DURATION", "unverified_duration", message, limit, seconds)
        for index, asset in enumerate(draft.media)
        if (seconds := (asset.duration_ms or 0) / 1000) > limit
    ]
