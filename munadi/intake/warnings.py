"""Warnings about an accepted post that a network will show or publish differently. Limits are in the channels' specs.

One warning per rule and publication, with a pointer to the first place concerned (docs/warnings.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from munadi.channels.weighted import is_charged_as_link
from munadi.domain.channel import ChannelSpec, Counted, MediaKind, MediaRule
from munadi.domain.publication import Warning_
from munadi.intake.drafts import PlacedDraft
from munadi.intake.fitting import lead_of
from munadi.intake.requests import ContentRequest
from munadi.intake.times import zone_is_used

LINK = re.compile(r"https?://\S", re.IGNORECASE)
# Stricter than what a network counts toward its limit: "#1" and "##" are rarely meant as hashtags, so no warning comes.
PATTERNS = {
    Counted.HASHTAGS: re.compile(r"(?<![\w/&#])#(?=\d*[^\W\d])\w+"),
    Counted.MENTIONS: re.compile(r"(?<![\w/.@])@\w"),
}


class WarningCode(StrEnum):
    """The code of every warning about a draft. Warnings about a published post are part of its publication."""

    LINK_APPENDED = "LINK_APPENDED"
    LINK_NOT_CLICKABLE = "LINK_NOT_CLICKABLE"
    TEXT_CUT_IN_FEED = "TEXT_CUT_IN_FEED"
    HASHTAGS_ABOVE_ADVISED = "HASHTAGS_ABOVE_ADVISED"
    MENTIONS_ABOVE_ADVISED = "MENTIONS_ABOVE_ADVISED"
    ALT_TEXT_MISSING = "ALT_TEXT_MISSING"
    IMAGE_CONVERTED = "IMAGE_CONVERTED"
    VIDEO_CONVERTED = "VIDEO_CONVERTED"
    APP_UNAUDITED = "APP_UNAUDITED"
    PREPARATION_MAY_BE_LATE = "PREPARATION_MAY_BE_LATE"
    ACCOUNT_REAUTH_REQUIRED = "ACCOUNT_REAUTH_REQUIRED"
    TOKEN_EXPIRES_BEFORE_SLOT = "TOKEN_EXPIRES_BEFORE_SLOT"
    MISSING_SCOPE = "MISSING_SCOPE"
    DAILY_CAP_LIKELY = "DAILY_CAP_LIKELY"
    LINK_COSTS_MORE = "LINK_COSTS_MORE"
    DUPLICATE_OF_RECENT = "DUPLICATE_OF_RECENT"
    NOTHING_TO_FIND_BY = "NOTHING_TO_FIND_BY"
    TIMEZONE_WITHOUT_TIME = "TIMEZONE_WITHOUT_TIME"
    WITHDRAWAL_NOT_SUPPORTED = "WITHDRAWAL_NOT_SUPPORTED"


_ABOVE = {
    Counted.CODE_POINTS: WarningCode.TEXT_CUT_IN_FEED,
    Counted.HASHTAGS: WarningCode.HASHTAGS_ABOVE_ADVISED,
    Counted.MENTIONS: WarningCode.MENTIONS_ABOVE_ADVISED,
}


def draft_warnings(drafts: Sequence[PlacedDraft]) -> list[Warning_]:
    """Where the published posts will differ from what was written."""
    found = [
        _warning(
            placed.target.channel.spec,
            WarningCode.LINK_APPENDED,
            f"{placed.roots['link']}/link",
            "shows this link only in the text: it was appended there",
        )
        for placed in drafts
        if placed.link_appended
    ]
    for placed in drafts:
        spec, has_media = placed.target.channel.spec, bool(placed.draft.media)
        # What a network or a draft has nothing of is not checked: most posts are a text for a network without prices.
        checks = {
            _links: not spec.clickable_links,
            _prices: spec.prices is not None,
            _soft_limits: bool(spec.soft_limits),
            _alt_texts: has_media,
            _renditions: has_media,
            _converted: bool(placed.draft.renditions),
            _wordless: spec.found_by_words,
            _notices: bool(spec.notices),
        }
        found += [warning for check, applies in checks.items() if applies for warning in check(placed)]
    return found


def time_warnings(request: ContentRequest) -> list[Warning_]:
    """A time zone without a time: it is likely that `scheduledAt` was left out by mistake."""
    if (
        request.timezone is None
        or request.slot is not None
        or zone_is_used(request.scheduled_at, request.publish_by, request.withdraw_at)
    ):
        return []
    message = (
        f"there is no scheduledAt, so this is published at once; {request.timezone} is only how its times are shown"
    )
    return [Warning_(code=WarningCode.TIMEZONE_WITHOUT_TIME.value, message=message, pointer="/timezone")]


def preparation_warnings(drafts: Sequence[PlacedDraft], now: datetime, scheduled: datetime) -> list[Warning_]:
    """Posts that have less time left than their preparation may take."""
    return [
        _warning(
            placed.target.channel.spec,
            WarningCode.PREPARATION_MAY_BE_LATE,
            "/scheduledAt",
            f"is given {_minutes(lead)} to prepare this, and {_minutes(scheduled - now)} are left: it may be late",
        )
        for placed in drafts
        if (lead := lead_of(placed)) > scheduled - now
    ]


def _links(placed: PlacedDraft) -> Iterator[Warning_]:
    spec = placed.target.channel.spec
    if LINK.search(placed.draft.text):
        part = "link" if placed.link_appended and not LINK.search(placed.own_text) else "text"
        message = "shows links as plain text that cannot be clicked"
        yield _warning(spec, WarningCode.LINK_NOT_CLICKABLE, f"{placed.roots[part]}/{part}", message)


def _prices(placed: PlacedDraft) -> Iterator[Warning_]:
    """Every post of a thread is paid for, and one with a link is paid for differently."""
    spec, draft = placed.target.channel.spec, placed.draft
    assert spec.prices is not None
    own = "link" if placed.link_appended and not is_charged_as_link(placed.own_text) else "text"
    texts = {f"{placed.roots[own]}/{own}": draft.text}
    texts |= {placed.pointer(f"/parts/{index}"): part for index, part in enumerate(draft.parts)}
    texts |= {placed.pointer("/firstComment"): draft.first_comment} if draft.first_comment else {}
    linked = [pointer for pointer, text in texts.items() if is_charged_as_link(text)]
    if linked:
        prices = f"{spec.prices.post_with_link:.3f} USD for a post with a link, {spec.prices.post:.3f} USD without one"
        which = f"; {len(linked)} of the {len(texts)} posts of this thread have one" if len(texts) > 1 else ""
        message = f"charges {prices} (prices of {spec.prices.as_of}){which}"
        yield _warning(spec, WarningCode.LINK_COSTS_MORE, linked[0], message)


def _soft_limits(placed: PlacedDraft) -> Iterator[Warning_]:
    spec, text = placed.target.channel.spec, placed.draft.text
    for limit in spec.soft_limits:
        pattern = PATTERNS.get(limit.counted)
        actual = len(text) if pattern is None else len(pattern.findall(text))
        if actual > limit.maximum:
            counted = limit.counted.value.replace("code_points", "characters")
            message = f"{limit.effect}: above {limit.maximum} {counted}, and this text has {actual}"
            yield _warning(spec, _ABOVE[limit.counted], f"{placed.roots['text']}/text", message)


def _alt_texts(placed: PlacedDraft) -> Iterator[Warning_]:
    spec, options = placed.target.channel.spec, placed.draft.options
    if options.get("kind") in spec.kinds_without_alt:
        return
    media = placed.draft.media
    shown = [index for index in range(len(media)) if index != options.get("coverIndex")]
    lacking = [i for i in shown if (rule := _rule(spec, media[i].kind)) and rule.takes_alt and not media[i].alt]
    if lacking:
        without = _of(len(lacking), len(shown))
        message = f"takes alt texts for people who cannot see media, and this post has none for {without}"
        yield _warning(spec, WarningCode.ALT_TEXT_MISSING, f"{_media_pointer(placed, lacking[0])}/alt", message)


def _renditions(placed: PlacedDraft) -> Iterator[Warning_]:
    spec, media = placed.target.channel.spec, placed.draft.media
    made = [
        index
        for index, asset in enumerate(media)
        if (rule := _rule(spec, asset.kind))
        and rule.needs_rendition(asset.mime_type, asset.bytes, multi_picture=bool(asset.multi_picture))
    ]
    if made:
        message = f"gets a converted or smaller copy of {_of(len(made), len(media))}, which looks the same"
        yield _warning(spec, WarningCode.IMAGE_CONVERTED, _media_pointer(placed, made[0]), message)


def _converted(placed: PlacedDraft) -> Iterator[Warning_]:
    """One for each video, with all that is different in its copy."""
    for one in placed.draft.renditions:
        changes = ", ".join(f"{each.what} {each.before or 'unknown'} → {each.after}" for each in one.changes)
        message = f"gets a converted copy of this video: {changes or 'without what its edit list leaves out'}"
        pointer = _media_pointer(placed, one.index)
        yield _warning(placed.target.channel.spec, WarningCode.VIDEO_CONVERTED, pointer, message)


def _wordless(placed: PlacedDraft) -> Iterator[Warning_]:
    """A post that nothing tells apart from others cannot be looked for after a lost answer."""
    spec, draft = placed.target.channel.spec, placed.draft
    words = (draft.text, draft.link, draft.options.get("title"))
    if not any(isinstance(one, str) and one.strip() for one in words):
        message = "finds no post without a text, a link or a title: if its answer is lost, this one stays unconfirmed"
        yield _warning(spec, WarningCode.NOTHING_TO_FIND_BY, f"{placed.roots['text']}/text", message)


def _notices(placed: PlacedDraft) -> Iterator[Warning_]:
    spec = placed.target.channel.spec
    for notice in spec.notices:
        if placed.draft.options.get(notice.option) in notice.values:
            pointer = f"{placed.target.pointer}/options/{notice.option}"
            yield _warning(spec, WarningCode(notice.code), pointer, notice.message)


def _rule(spec: ChannelSpec, kind: MediaKind) -> MediaRule | None:
    return next((rule for rule in spec.media_rules if rule.kind is kind), None)


def _media_pointer(placed: PlacedDraft, index: int) -> str:
    return f"{placed.roots['media']}/media/{placed.places[index]}"


def _of(some: int, all_: int) -> str:
    return "this one" if all_ == 1 else f"{some} of {all_}"


def _minutes(duration: timedelta) -> str:
    return f"{duration.total_seconds() / 60:.0f} min"


def _warning(spec: ChannelSpec, code: WarningCode, pointer: str, message: str) -> Warning_:
    """`message` follows the network's name."""
    return Warning_(code=code.value, message=f"{spec.title} {message}", channel=spec.name.value, pointer=pointer)
