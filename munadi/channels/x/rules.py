"""What X takes and how a post is planned, before anything is sent. Pure. Without an account, a free one counts."""

from __future__ import annotations

from datetime import timedelta

import regex

from munadi.channels.channel import Rules
from munadi.channels.posting import texts
from munadi.channels.text import (
    Problems,
    check_encoding,
    check_extras,
    check_media_count,
    check_media_file,
    is_blank,
    is_web_address,
    lengths,
    too_long,
)
from munadi.channels.x.accounts import is_premium
from munadi.channels.x.spec import (
    AUDIO_CODECS,
    FRAME_RATES,
    GIF,
    GIF_RULE,
    IMAGE,
    LEAD,
    MAX_GIF_HEIGHT,
    MAX_LONG_TEXT,
    MAX_TEXT,
    POLL_CHARACTERS,
    PREMIUM_SIDES,
    TEXT,
    VIDEO,
    VIDEO_CODECS,
    VIDEO_LEAD,
    VIDEO_SIDES,
    Options,
)
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelSpec, MediaKind, MediaRule, TextLength
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
from munadi.domain.problem import Problem

_CASHTAG = regex.compile(r"(?<![\w$])\$[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?+(?!\w)")


class XRules(Rules[Options]):
    """The steps are the later parts of the thread, then the first comment, all of them replies."""

    def __init__(self, spec: ChannelSpec, *, self_serve: bool) -> None:
        super().__init__(spec)
        self._self_serve = self_serve

    def validate(self, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> list[Problem]:
        """All violations, with pointers relative to the draft."""
        found = Problems(self.spec)
        found += check_extras(self.spec, draft)
        found += [too_long(self.spec, each) for each in self.lengths(draft, account) if each.actual > each.maximum]
        _texts(found, draft, self_serve=self._self_serve)
        _media(found, draft, premium=is_premium(account))
        if options is not None:
            _poll(found, draft, options)
            if options.quote_post_id and self._self_serve:
                message = (
                    "takes quotes from apps of older and enterprise plans only: set MUNADI_CHANNELS__X__SELF_SERVE"
                )
                found.add(
                    "/options/quotePostId", "FEATURE_NOT_ELIGIBLE", "quotes", f"{message} to false if yours is one"
                )
        return found

    def lengths(self, draft: Draft, account: ConnectedAccount | None = None) -> list[TextLength]:
        """The length of each post of the thread."""
        limit = TEXT.model_copy(update={"maximum": MAX_LONG_TEXT if is_premium(account) else MAX_TEXT})
        return [each for pointer, text in texts(draft) for each in lengths((limit,), text, pointer)]

    def lead(self, draft: Draft, options: Options | None) -> timedelta:
        """Time to upload and to process; none for a text."""
        moving = any(asset.kind is MediaKind.VIDEO or asset.mime_type == GIF for asset in draft.media)
        return VIDEO_LEAD if moving else LEAD if draft.media else timedelta(0)


def rule_of(asset: MediaAsset) -> MediaRule:
    """The rule of a file: a GIF is a kind of its own."""
    if asset.kind is MediaKind.VIDEO:
        return VIDEO
    return GIF_RULE if asset.mime_type == GIF else IMAGE


def _texts(found: Problems, draft: Draft, *, self_serve: bool) -> None:
    if is_blank(draft.text) and not draft.media:
        found.add("/text", "MISSING_FIELD", "not_empty", "needs a text or media")
    if draft.link and not is_web_address(draft.link):
        found.add("/link", "INVALID_LINK", "link", "takes links that start with http(s)://")
    for number, (pointer, text) in enumerate(texts(draft)):
        if number and is_blank(text):
            found.add(pointer, "MISSING_FIELD", "not_empty", "needs a text in every part")
        tags = len(_CASHTAG.findall(text))
        if self_serve and tags > 1:
            found.exceed(pointer, "TOO_MANY_CASHTAGS", "cashtags", "takes one cashtag in a post", 1, tags)


def _media(found: Problems, draft: Draft, *, premium: bool) -> None:
    found += check_media_count(found.spec, draft.media)
    moving = [asset for asset in draft.media if asset.kind is MediaKind.VIDEO or asset.mime_type == GIF]
    if moving and len(draft.media) > 1:
        message = "takes one GIF or one video, without other media"
        found.exceed("/media", "MEDIA_TOO_MANY", "moving_media", message, 1, len(draft.media))
    for index, asset in enumerate(draft.media):
        pointer = f"/media/{index}"
        found += check_media_file(found.spec, rule_of(asset), asset, pointer)
        if asset.kind is MediaKind.VIDEO:
            _video(found, asset, pointer, premium=premium)
        elif asset.mime_type == GIF and asset.height > MAX_GIF_HEIGHT:
            found.exceed(pointer, "MEDIA_HEIGHT", "gif_height", "takes lower GIFs", MAX_GIF_HEIGHT, asset.height)


def _video(found: Problems, asset: MediaAsset, pointer: str, *, premium: bool) -> None:
    check_encoding(found, asset, pointer, VIDEO_CODECS, FRAME_RATES, AUDIO_CODECS)
    longest, shortest = PREMIUM_SIDES if premium else VIDEO_SIDES
    sides = sorted((asset.width, asset.height), reverse=True)
    if sides[0] > longest or sides[1] > shortest:
        message = "takes videos of fewer pixels" + ("" if premium else ", and larger ones from Premium accounts")
        actual = f"{asset.width}x{asset.height}"
        found.exceed(pointer, "MEDIA_PIXELS", "video_sides", message, f"{longest}x{shortest}", actual)


def _poll(found: Problems, draft: Draft, options: Options) -> None:
    poll, pointer = options.poll, "/options/poll"
    if poll is None:
        return
    if draft.media:
        message = "takes a poll without media"
        found.add(pointer, "OPTION_NOT_FOR_KIND", "poll_media", message, 0, len(draft.media))
    if options.quote_post_id:
        found.add(pointer, "OPTION_NOT_FOR_KIND", "poll_quote", "takes a poll without a quote")
    for index, option in enumerate(poll.options):
        if len(option) > POLL_CHARACTERS:
            message, at = "takes a shorter option of a poll", f"{pointer}/options/{index}"
            found.exceed(at, "INVALID_OPTION", "poll_characters", message, POLL_CHARACTERS, len(option))
