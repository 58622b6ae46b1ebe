"""What TikTok takes and how a post is planned, before anything is sent (pure); and what a creator's settings forbid."""

from __future__ import annotations

from datetime import timedelta

from munadi.channels.files import check_sides
from munadi.channels.partial_options import readable_options
from munadi.channels.rules import Rules, check_option_kinds
from munadi.channels.text import Problems, lengths
from munadi.channels.tiktok.spec import (
    BOUNDS,
    LEAD_SHORT,
    PHOTO_DESCRIPTION,
    PHOTO_SIDES,
    PHOTO_TITLE,
    Mode,
    Options,
    Privacy,
)
from munadi.channels.tiktok.state import Creator
from munadi.channels.tiktok.wire import description_of, is_photo, mode_of, plan_chunks, privacy_options, read_creator
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelSpec, MediaKind, Resend, TextLength
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Effect, Reason

# Options that only one kind takes.
TAKEN_BY = {
    **dict.fromkeys(("disable_duet", "disable_stitch", "cover_timestamp_ms"), ("video",)),
    **dict.fromkeys(("title", "description", "photo_cover_index", "auto_add_music"), ("photo",)),
}


class TikTokRules(Rules[Options]):
    """What TikTok takes, with the account's creator_info where it is known. TikTok decides about unknown facts."""

    bounds = BOUNDS

    def __init__(self, spec: ChannelSpec, chunk_bytes: int) -> None:
        super().__init__(spec)
        self._chunk_bytes = chunk_bytes

    def check(self, found: Problems, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> None:
        """Report a second video, and photos that are too large."""
        videos = sum(1 for asset in draft.media if asset.kind is MediaKind.VIDEO)
        found.at_most(
            1, videos, "/media", "MEDIA_TOO_MANY", "video_count", "takes one video per post; this has {actual}"
        )
        for index, asset in enumerate(draft.media):
            if asset.kind is not MediaKind.VIDEO:
                code, message = "MEDIA_RESOLUTION", "takes photos up to 1080p"
                check_sides(found, asset, f"/media/{index}", PHOTO_SIDES, code, "photo_resolution", message)

    def check_options(self, found: Problems, draft: Draft, options: Options, account: ConnectedAccount | None) -> None:
        """Report options of another kind of post, and what the creator's settings do not allow."""
        known = account.facts.get("creator_info") if account is not None else None
        creator = read_creator(known) if known else None
        if draft.media:
            _options(found, draft, options)
        _privacy(found, options, creator)
        if (longer := _too_long(draft, creator)) is not None:
            limit, actual = longer
            message = f"lets this account post videos of at most {limit} s, as of its last check; this has {actual:g} s"
            found.add("/media/0", "MEDIA_DURATION", "creator_max_duration", message, limit, actual)

    def lengths(self, draft: Draft, account: ConnectedAccount | None = None) -> list[TextLength]:
        """A video's text is its title; photos have a title and a description, with limits of their own."""
        return self._lengths(draft, readable_options(Options, draft.options))

    def exceeding(self, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> list[TextLength]:
        """By the options as they were read, which is done once."""
        return [each for each in self._lengths(draft, options) if each.actual > each.maximum]

    def _lengths(self, draft: Draft, options: Options | None) -> list[TextLength]:
        if not is_photo(draft):
            return lengths(self.spec.text_limits, draft.text)
        options = options or Options()
        pointer = "/text" if options.description is None else "/options/description"
        found = lengths((PHOTO_DESCRIPTION,), description_of(draft, options), pointer)
        return found + lengths((PHOTO_TITLE,), options.title or "", "/options/title")

    def lead(self, draft: Draft, options: Options | None) -> timedelta:
        """Time to upload several chunks; otherwise only to read the creator's settings."""
        if options is None or not draft.media:
            return self.spec.lead
        _, chunks = plan_chunks(draft.media[0].bytes, self._chunk_bytes)
        return self.spec.lead if mode_of(draft, options) is Mode.FILE and chunks > 1 else LEAD_SHORT

    def resend(self, draft: Draft, options: Options | None, step: str) -> Resend:
        """A file's last chunk can only make the one post of its publish_id; each init makes another post."""
        is_file = options is not None and mode_of(draft, options) is Mode.FILE
        return Resend.SAME_HANDLE if is_file else Resend.NEVER


def obey(draft: Draft, options: Options, creator: Creator) -> None:
    """Refuse what the creator's settings, as just read, do not allow. Raises ChannelError."""
    if options.privacy_level is None or (
        creator.privacy_options and options.privacy_level not in creator.privacy_options
    ):
        choice = ", ".join(privacy_options(creator))
        raise _refused(Reason.INVALID_FIELD, f"privacyLevel is {options.privacy_level}; the creator may use {choice}")
    longer = _too_long(draft, creator)
    if longer is not None:
        limit, actual = longer
        message = f"the creator may post videos of at most {limit} s; this one has {actual:g} s"
        raise _refused(Reason.MEDIA_VALIDATION_FAILED, message)


def _refused(reason: Reason, message: str) -> ChannelError:
    return ChannelError(reason, Effect.REJECTED, f"TikTok: {message}", provider_code="creator_info")


def _options(found: Problems, draft: Draft, options: Options) -> None:
    photo = is_photo(draft)
    check_option_kinds(found, options, "photo" if photo else "video", TAKEN_BY)
    if photo and options.mode is Mode.FILE:
        message = "pulls photos from our address: use mode pull, or leave it out"
        found.add("/options/mode", "OPTION_NOT_FOR_KIND", "photo_mode", message, "pull", "file")
    cover, last = options.photo_cover_index, len(draft.media) - 1
    if photo:
        pointer, message = "/options/photoCoverIndex", "counts photos from 0: the last one is {limit}"
        found.at_most(last, cover, pointer, "INVALID_OPTION", "photo_cover_index", message)
    elif (duration := draft.media[0].duration_ms) is not None:
        pointer, message = (
            "/options/coverTimestampMs",
            "takes a cover from within the video: {actual} ms is after its {limit} ms",
        )
        found.at_most(duration, options.cover_timestamp_ms, pointer, "INVALID_OPTION", "cover_timestamp", message)


def _privacy(found: Problems, options: Options, creator: Creator | None) -> None:
    """Required, one of the creator's options, and never private for branded content."""
    pointer, choice = "/options/privacyLevel", ", ".join(privacy_options(creator))
    given = options.privacy_level
    if given is None:
        message = f"needs options.privacyLevel; this account may use {choice}"
        found.add(pointer, "MISSING_FIELD", "privacy_level", message, choice)
        return
    if given not in privacy_options(creator):
        message = f"lets this account use {choice}, as of its last check"
        found.add(pointer, "INVALID_OPTION", "privacy_level", message, choice, given)
    if options.brand_content and given is Privacy.SELF_ONLY:
        message = "shows branded content to others: SELF_ONLY is refused with brandContent"
        found.add(pointer, "INVALID_OPTION", "brand_content_privacy", message)


def _too_long(draft: Draft, creator: Creator | None) -> tuple[int, float] | None:
    """The creator's limit and the video's length, in seconds, when the video is longer."""
    if creator is None or creator.max_seconds is None or not draft.media or is_photo(draft):
        return None
    seconds = (draft.media[0].duration_ms or 0) / 1000
    return (creator.max_seconds, seconds) if seconds > creator.max_seconds else None
