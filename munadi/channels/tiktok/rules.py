"""What TikTok takes and how a post is planned, before anything is sent (pure); and what a creator's settings forbid."""

from __future__ import annotations

from datetime import timedelta

from munadi.channels.channel import Rules
from munadi.channels.options import parse_options
from munadi.channels.text import (
    Problems,
    check_encoding,
    check_extras,
    check_media_count,
    check_media_files,
    lengths,
    too_long,
)
from munadi.channels.tiktok.spec import (
    FRAME_RATES,
    LEAD_SHORT,
    MAX_SIDE,
    MIN_SIDE,
    PHOTO_DESCRIPTION,
    PHOTO_LONG_SIDE,
    PHOTO_SHORT_SIDE,
    PHOTO_TITLE,
    VIDEO_CODECS,
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
from munadi.domain.media import MediaAsset
from munadi.domain.problem import Problem

VIDEO_ONLY = ("disable_duet", "disable_stitch", "cover_timestamp_ms")
PHOTO_ONLY = ("title", "description", "photo_cover_index", "auto_add_music")


class TikTokRules(Rules[Options]):
    """What TikTok takes, with the account's creator_info where it is known."""

    def __init__(self, spec: ChannelSpec, chunk_bytes: int) -> None:
        super().__init__(spec)
        self._chunk_bytes = chunk_bytes

    def validate(self, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> list[Problem]:
        """All violations, with pointers relative to the draft."""
        spec, found = self.spec, Problems(self.spec)
        found += check_extras(spec, draft)
        # A video's text is its title; photos have a title and a description, with limits of their own.
        found += [too_long(spec, each) for each in _lengths(spec, draft, options) if each.actual > each.maximum]
        found += check_media_count(spec, draft.media) + check_media_files(spec, draft.media)
        videos = sum(1 for asset in draft.media if asset.kind is MediaKind.VIDEO)
        if videos > 1:
            found.add("/media", "MEDIA_TOO_MANY", "video_count", "takes one video per post", 1, videos)
        for index, asset in enumerate(draft.media):
            check = _video if asset.kind is MediaKind.VIDEO else _photo
            check(found, asset, f"/media/{index}")
        if options is None:
            return found
        known = account.facts.get("creator_info") if account is not None else None
        creator = read_creator(known) if known else None
        if draft.media:
            _options(found, draft, options)
        _privacy(found, options, creator)
        if (longer := _too_long(draft, creator)) is not None:
            limit, actual = longer
            message = f"lets this account post videos of at most {limit} s, as of its last check; this has {actual:g} s"
            found.add("/media/0", "MEDIA_DURATION", "creator_max_duration", message, limit, actual)
        return found

    def lengths(self, draft: Draft, account: ConnectedAccount | None = None) -> list[TextLength]:
        """The length of a video's title; of a photo's title and description."""
        return _lengths(self.spec, draft, parse_options(self.spec, Options, draft.options)[0])

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


def _lengths(spec: ChannelSpec, draft: Draft, options: Options | None) -> list[TextLength]:
    options = options or Options()
    if not is_photo(draft):
        return lengths(spec.text_limits, draft.text)
    pointer = "/text" if options.description is None else "/options/description"
    found = lengths((PHOTO_DESCRIPTION,), description_of(draft, options), pointer)
    return found + lengths((PHOTO_TITLE,), options.title or "", "/options/title")


def _photo(found: Problems, asset: MediaAsset, pointer: str) -> None:
    short, long = sorted((asset.width, asset.height))
    if short > PHOTO_SHORT_SIDE or long > PHOTO_LONG_SIDE:
        limit, actual = f"{PHOTO_SHORT_SIDE}x{PHOTO_LONG_SIDE}", f"{asset.width}x{asset.height}"
        message = f"takes photos up to 1080p: the limit is {limit}, this has {actual}"
        found.add(pointer, "MEDIA_RESOLUTION", "photo_resolution", message, limit, actual)


def _video(found: Problems, asset: MediaAsset, pointer: str) -> None:
    """Height, codec and frame rate; the width is checked by the media rule. TikTok decides about unknown facts."""
    if not MIN_SIDE <= asset.height <= MAX_SIDE:
        limit = MIN_SIDE if asset.height < MIN_SIDE else MAX_SIDE
        message = f"takes video of {MIN_SIDE} to {MAX_SIDE} pixels height; this has {asset.height}"
        found.add(pointer, "MEDIA_HEIGHT", "media_height", message, limit, asset.height)
    check_encoding(found, asset, pointer, VIDEO_CODECS, FRAME_RATES)


def _options(found: Problems, draft: Draft, options: Options) -> None:
    photo = is_photo(draft)
    for name in VIDEO_ONLY if photo else PHOTO_ONLY:
        if name in options.model_fields_set:
            pointer, kind = f"/options/{Options.model_fields[name].alias}", "photos" if photo else "a video"
            found.add(pointer, "OPTION_NOT_FOR_KIND", "option_kind", f"has no such option for {kind}")
    if photo and options.mode is Mode.FILE:
        message = "pulls photos from our address: use mode pull, or leave it out"
        found.add("/options/mode", "OPTION_NOT_FOR_KIND", "photo_mode", message, "pull", "file")
    cover, last = options.photo_cover_index, len(draft.media) - 1
    if photo and cover is not None and cover > last:
        message = f"counts photos from 0: the last one is {last}"
        found.add("/options/photoCoverIndex", "INVALID_OPTION", "photo_cover_index", message, last, cover)
    moment, duration = options.cover_timestamp_ms, draft.media[0].duration_ms
    if not photo and moment is not None and duration is not None and moment > duration:
        message = f"takes a cover from within the video: {moment} ms is after its {duration} ms"
        found.add("/options/coverTimestampMs", "INVALID_OPTION", "cover_timestamp", message, duration, moment)


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
