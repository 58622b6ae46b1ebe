"""What Pinterest takes and how a pin is planned, before anything is sent. Pure."""

from __future__ import annotations

from munadi.channels.files import check_alone, ratio
from munadi.channels.pinterest.accounts import boards_of
from munadi.channels.pinterest.spec import (
    BOUNDS,
    LEADS,
    MAX_ALT,
    MAX_LINK,
    RATIO_TOLERANCE,
    Options,
)
from munadi.channels.pinterest.wire import alt_of, is_video
from munadi.channels.rules import Rules
from munadi.channels.text import Problems, is_blank
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelSpec, Resend
from munadi.domain.content import Draft

BOARD = "/options/boardId"
SHOWN_BOARDS = 5


class PinterestRules(Rules[Options]):
    """One pin on one board; there are no comments and no threads."""

    bounds, leads = BOUNDS, LEADS

    def __init__(self, spec: ChannelSpec, *, carousels: bool) -> None:
        super().__init__(spec)
        self._carousels = carousels

    def check(self, found: Problems, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> None:
        """Report the board, a long link, what keeps images from being a carousel, and a second video."""
        _board(found, draft, options, boards_of(account))
        found.at_most(MAX_LINK, len(draft.link or ""), "/link", "INVALID_LINK", "link_length", "takes a shorter link")
        check_alone(found, len(draft.media), any(map(is_video, draft.media)), "one_video", "one video")
        self._carousel(found, draft)

    def check_options(self, found: Problems, draft: Draft, options: Options, account: ConnectedAccount | None) -> None:
        """Report a cover's time that is not within a video."""
        videos, pointer = list(filter(is_video, draft.media)), "/options/coverTime"
        if options.cover_time is None:
            return
        if not videos:
            found.add(pointer, "OPTION_NOT_FOR_KIND", "cover_video", "takes a cover's time for videos only")
            return
        message, length = "takes a cover's time within the video", (videos[0].duration_ms or 0) / 1000
        found.at_most(length, options.cover_time, pointer, "INVALID_OPTION", "cover_time", message)

    def resend(self, draft: Draft, options: Options | None, step: str) -> Resend:
        """A pin without a text, a title and a link has nothing to be found by, so only a person sends it again."""
        has_words = draft.link or not is_blank(draft.text) or (options and not is_blank(options.title or ""))
        return self.spec.resend if has_words else Resend.NEVER

    def _carousel(self, found: Problems, draft: Draft) -> None:
        """The images of a carousel have one ratio, and one alt text."""
        images = [(index, asset) for index, asset in enumerate(draft.media) if not is_video(asset)]
        if len(images) < 2:
            return
        if not self._carousels:
            message = "takes one image: MUNADI_CHANNELS__PINTEREST__CAROUSELS is set to false"
            found.exceed("/media", "MEDIA_TOO_MANY", "carousels", message, 1, len(images))
        first = ratio(images[0][1])
        for index, asset in images[1:]:
            if abs(ratio(asset) - first) > RATIO_TOLERANCE:
                message = "takes the images of a carousel in one aspect ratio"
                found.exceed(f"/media/{index}", "MEDIA_RATIO", "carousel_ratio", message, first, ratio(asset))
        if not any(len(asset.alt or "") > MAX_ALT for _, asset in images):
            message = "has one alt text for a carousel, in which those of its images are joined"
            found.at_most(MAX_ALT, len(alt_of(draft)), "/media/0/alt", "ALT_TOO_LONG", "carousel_alt", message)


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
