"""What X takes and how a post is planned, before anything is sent. Pure. Without an account, a free one counts."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from munadi.channels.files import FileRule, check_alone, check_sides
from munadi.channels.rules import POLL_WITHOUT_MEDIA, Alone, Rules, check_poll
from munadi.channels.text import Problems
from munadi.channels.x.accounts import is_premium
from munadi.channels.x.spec import (
    GIF,
    GIF_RULE,
    IMAGE,
    LEADS,
    MAX_LONG_TEXT,
    MAX_TEXT,
    POLL,
    PREMIUM_VIDEO,
    TEXT,
    VIDEO,
    Options,
)
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelSpec, MediaKind, TextLimit
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset

_CASHTAG = regex.compile(r"(?<![\w$])\$[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?+(?!\w)")


class XRules(Rules[Options]):
    """The steps are the later parts of the thread, then the first comment, all of them replies."""

    needs, leads = ("text", "media"), LEADS
    alone = (
        POLL_WITHOUT_MEDIA,
        Alone("poll", "quotePostId", "poll_quote", "takes a poll without a quote"),
    )

    def __init__(self, spec: ChannelSpec, *, self_serve: bool) -> None:
        super().__init__(spec)
        self._self_serve = self_serve

    def limits(self, pointer: str, draft: Draft, account: ConnectedAccount | None) -> Sequence[TextLimit]:
        """Of every post of the thread alike."""
        return (TEXT.model_copy(update={"maximum": MAX_LONG_TEXT if is_premium(account) else MAX_TEXT}),)

    def file_rule(
        self, index: int, draft: Draft, options: Options | None, account: ConnectedAccount | None
    ) -> FileRule | None:
        """A GIF is a kind of its own."""
        return rule_of(draft.media[index], account)

    def check(self, found: Problems, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> None:
        """Report cashtags, media beside a video or a GIF, and videos that are too large for the account."""
        for pointer, text in self.texts(draft) if self._self_serve else ():
            tags, message = len(_CASHTAG.findall(text)), "takes one cashtag in a post"
            found.at_most(1, tags, pointer, "TOO_MANY_CASHTAGS", "cashtags", message)
        check_alone(found, len(draft.media), any(map(self.moves, draft.media)), "moving_media", "one GIF or one video")
        more = "" if is_premium(account) else ", and larger ones from Premium accounts"
        for index, asset in enumerate(draft.media):
            encoding = rule_of(asset, account).media.encoding
            if asset.kind is MediaKind.VIDEO and encoding is not None and encoding.max_sides is not None:
                message, (shorter, longer) = f"takes videos of fewer pixels{more}", encoding.max_sides
                most = (longer, shorter)
                check_sides(found, asset, f"/media/{index}", most, "MEDIA_PIXELS", "video_sides", message)

    def check_options(self, found: Problems, draft: Draft, options: Options, account: ConnectedAccount | None) -> None:
        """Report a poll's options, and a quote from an app that may not quote."""
        if options.poll:
            check_poll(found, POLL, options.poll.options)
        if options.quote_post_id and self._self_serve:
            message = "takes quotes from apps of older and enterprise plans only: set MUNADI_CHANNELS__X__SELF_SERVE"
            found.add("/options/quotePostId", "FEATURE_NOT_ELIGIBLE", "quotes", f"{message} to false if yours is one")

    def moves(self, asset: MediaAsset) -> bool:
        """A GIF is processed too."""
        return asset.kind is MediaKind.VIDEO or asset.mime_type == GIF


def rule_of(asset: MediaAsset, account: ConnectedAccount | None) -> FileRule:
    """What is asked of a file; a Premium account may publish larger videos."""
    if asset.kind is MediaKind.VIDEO:
        return FileRule(PREMIUM_VIDEO if is_premium(account) else VIDEO)
    return GIF_RULE if asset.mime_type == GIF else FileRule(IMAGE)
