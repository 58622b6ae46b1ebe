"""What Pinterest takes and how a pin is planned, before anything is sent. Pure."""

from __future__ import annotations

from datetime import timedelta

from munadi.channels.channel import Rules
from munadi.channels.pinterest.accounts import boards_of
from munadi.channels.pinterest.spec import (
    LEAD,
    MAX_ALT,
    MAX_LINK,
    MIN_SIDE,
    RATIO_TOLERANCE,
    VIDEO_CODECS,
    VIDEO_LEAD,
    Options,
)
from munadi.channels.pinterest.wire import alt_of, is_video
from munadi.channels.text import Problems, is_blank, is_web_address
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelSpec, Resend
from munadi.domain.content import Draft
from munadi.domain.problem import Problem

BOARD = "/options/boardId"
SHOWN_BOARDS = 5


class PinterestRules(Rules[Options]):
    """One pin on one board; there are no comments and no threads."""

    def __init__(self, spec: ChannelSpec, *, carousels: bool) -> None:
        super().__init__(spec)
        self._carousels = carousels

    def validate(self, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> list[Problem]:
        """All violations, with pointers relative to the draft."""
        found = Problems(self.spec)
        found += super().validate(draft, options, account)
        _board(found, draft, options, boards_of(account))
        _link(found, draft)
        _images(found, draft, carousels=self._carousels)
        _video(found, draft, options)
        return found

    def lead(self, draft: Draft, options: Options | None) -> timedelta:
        """Time to check the board; for a video, to upload it and to let Pinterest process it."""
        return VIDEO_LEAD if any(map(is_video, draft.media)) else LEAD

    def resend(self, draft: Draft, options: Options | None, step: str) -> Resend:
        """A pin without a text, a title and a link has nothing to be found by, so only a person sends it again."""
        has_words = draft.link or not is_blank(draft.text) or (options and not is_blank(options.title or ""))
        return self.spec.resend if has_words else Resend.NEVER


def _board(found: Problems, draft: Draft, options: Options | None, known: dict[str, str] | None) -> None:
    listed = ", ".join(f"{board} ({name})" for board, name in list((known or {}).items())[:SHOWN_BOARDS])
    if draft.options.get("boardId") is None:
        advice = f": this account has {listed}" if listed else ""
        found.add(BOARD, "MISSING_FIELD", "board", f"needs a board for every pin{advice}", listed or None)
    elif known is not None and options is not None and options.board_id and options.board_id not in known:
        message = (
            f"knows no board {options.board_id} of this account, which has {listed or 'none'}; "
            "check the account again if the board is new"
        )
        found.add(BOARD, "INVALID_OPTION", "own_board", message, listed or None, options.board_id)


def _link(found: Problems, draft: Draft) -> None:
    if draft.link and not is_web_address(draft.link):
        found.add("/link", "INVALID_LINK", "link", "takes links that start with http(s)://")
    elif draft.link and len(draft.link) > MAX_LINK:
        found.exceed("/link", "INVALID_LINK", "link_length", "takes a shorter link", MAX_LINK, len(draft.link))


def _images(found: Problems, draft: Draft, *, carousels: bool) -> None:
    images = [(index, asset) for index, asset in enumerate(draft.media) if not is_video(asset)]
    for index, asset in images:
        if asset.height < MIN_SIDE:
            found.exceed(f"/media/{index}", "MEDIA_HEIGHT", "min_height", "needs higher images", MIN_SIDE, asset.height)
    if len(images) < 2:
        return
    if not carousels:
        message = "takes one image: MUNADI_CHANNELS__PINTEREST__CAROUSELS is set to false"
        found.exceed("/media", "MEDIA_TOO_MANY", "carousels", message, 1, len(images))
    first = _ratio(draft, images[0][0])
    for index, _ in images[1:]:
        ratio = _ratio(draft, index)
        if abs(ratio - first) > RATIO_TOLERANCE:
            message = "takes the images of a carousel in one aspect ratio"
            found.exceed(f"/media/{index}", "MEDIA_RATIO", "carousel_ratio", message, first, ratio)
    length = len(alt_of(draft))
    if length > MAX_ALT and not any(len(asset.alt or "") > MAX_ALT for _, asset in images):
        message = "has one alt text for a carousel, in which those of its images are joined"
        found.exceed("/media/0/alt", "ALT_TOO_LONG", "carousel_alt", message, MAX_ALT, length)


def _video(found: Problems, draft: Draft, options: Options | None) -> None:
    videos = [(index, asset) for index, asset in enumerate(draft.media) if is_video(asset)]
    if videos and len(draft.media) > 1:
        found.exceed(
            "/media", "MEDIA_TOO_MANY", "one_video", "takes one video, without other media", 1, len(draft.media)
        )
    for index, asset in videos:
        if asset.video_codec is not None and asset.video_codec not in VIDEO_CODECS:
            limit, message = ", ".join(VIDEO_CODECS), "takes videos of another encoding"
            found.exceed(f"/media/{index}", "MEDIA_CODEC", "video_codec", message, limit, asset.video_codec)
    cover = options.cover_time if options is not None else None
    if cover is None:
        return
    seconds = (videos[0][1].duration_ms or 0) / 1000 if videos else 0
    if not videos:
        found.add("/options/coverTime", "OPTION_NOT_FOR_KIND", "cover_video", "takes a cover's time for videos only")
    elif cover > seconds:
        message = "takes a cover's time within the video"
        found.exceed("/options/coverTime", "INVALID_OPTION", "cover_time", message, seconds, cover)


def _ratio(draft: Draft, index: int) -> float:
    asset = draft.media[index]
    return round(asset.width / asset.height, 4) if asset.height else 0.0
