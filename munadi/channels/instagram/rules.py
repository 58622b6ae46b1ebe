"""What Instagram takes and how a post is planned, before anything is sent. Pure.

Source: docs/networks/instagram.md, sections 3 and 4. The limits of comments are Meta's old ones; nothing newer
replaces them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from munadi.channels.files import FileRule, check_media_kinds
from munadi.channels.instagram.spec import (
    COMMENT_SCOPES,
    FEED_IMAGE,
    LEADS,
    MAX_CAROUSEL,
    MAX_COMMENT,
    MAX_COMMENT_HASHTAGS,
    MAX_COMMENT_LINKS,
    MAX_HASHTAGS,
    MAX_MENTIONS,
    REEL_COVER,
    STORY_IMAGE,
    Kind,
    Options,
    UserTag,
    login_of,
)
from munadi.channels.instagram.videos import REEL_VIDEO, STORY_VIDEO
from munadi.channels.instagram.wire import kind_of, shown_media
from munadi.channels.meta.rules import check_cover, check_scope, check_story
from munadi.channels.rules import Rules, check_option_kinds
from munadi.channels.text import Problems, is_blank
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import MediaKind, MediaRule, Resend, TextLimit, TextUnit
from munadi.domain.content import Draft
from munadi.domain.publication import COMMENT

_HASHTAG = re.compile(r"(?<![\w/&])#\w+")
_LINK = re.compile(r"https?://|(?<![\w/.])www\.", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w/.])@[\w.]+")

# Meta does not say what a character is, so the stricter reading counts.
COMMENT_LENGTH = TextLimit(rule="comment_length", unit=TextUnit.UTF16_UNITS, maximum=MAX_COMMENT)
RULES: Mapping[Kind, tuple[MediaRule, ...]] = {
    Kind.IMAGE: (FEED_IMAGE,),
    Kind.REEL: (REEL_VIDEO,),
    Kind.CAROUSEL: (FEED_IMAGE, REEL_VIDEO),
    Kind.STORY: (STORY_IMAGE, STORY_VIDEO),
}
# Options that only some kinds take.
TAKEN_BY: Mapping[str, frozenset[Kind]] = {
    "share_to_feed": frozenset({Kind.REEL, Kind.CAROUSEL}),
    **dict.fromkeys(("thumb_offset", "cover_index", "audio_name", "trial_graduation"), frozenset({Kind.REEL})),
    **dict.fromkeys(("collaborators", "location_id", "is_ai_generated"), frozenset(Kind) - {Kind.STORY}),
}


class InstagramRules(Rules[Options]):
    """What Instagram takes: one of four kinds, each with media and options of its own."""

    comment_limits = (COMMENT_LENGTH,)

    def file_rule(
        self, index: int, draft: Draft, options: Options | None, account: ConnectedAccount | None
    ) -> FileRule | None:
        """By the kind of the post, which the options tell; a reel's cover has a rule of its own."""
        if options is None or index == options.cover_index:
            return None
        rules, kind = RULES[kind_of(draft, options)], draft.media[index].kind
        return next((FileRule(rule) for rule in rules if rule.kind is kind), None)

    def check(self, found: Problems, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> None:
        """Report too many hashtags, mentions or links."""
        for name, pattern, limit in (("hashtags", _HASHTAG, MAX_HASHTAGS), ("mentions", _MENTION, MAX_MENTIONS)):
            actual, code = len(pattern.findall(draft.text)), f"TOO_MANY_{name.upper()}"
            found.at_most(
                limit, actual, "/text", code, name, f"takes at most {{limit}} {name}; this text has {{actual}}"
            )
        if draft.first_comment and not is_blank(draft.first_comment):
            _comment(found, draft.first_comment, account)

    def check_options(self, found: Problems, draft: Draft, options: Options, account: ConnectedAccount | None) -> None:
        """Report what does not fit the kind of the post."""
        if not draft.media:
            return
        kind = kind_of(draft, options)
        _counts(found, kind, len(shown_media(draft, options)))
        check_cover(found, draft, options.cover_index, REEL_COVER)
        for index, asset in enumerate(draft.media):
            if index != options.cover_index:
                wrong = check_media_kinds(found.spec, (asset,), RULES[kind])
                found += [one.model_copy(update={"pointer": f"/media/{index}"}) for one in wrong]
        check_option_kinds(found, options, kind, TAKEN_BY)
        if kind is Kind.REEL:
            check_thumbnail(found, draft, options)
        check_user_tags(found, kind, draft, options)
        if kind is Kind.STORY:
            check_story(found, draft)
            _story_account(found, account)

    def lead(self, draft: Draft, options: Options | None) -> timedelta:
        """Time for Instagram to fetch and process the media."""
        if options is None or any(asset.kind is MediaKind.VIDEO for asset in draft.media):
            return self.spec.lead
        return LEADS[kind_of(draft, options)]

    def resend(self, draft: Draft, options: Options | None, step: str) -> Resend:
        """A container is published only once. A comment has no key, and a copy of it is a second comment."""
        return Resend.ONCE_AFTER_LONG_ABSENCE if step == COMMENT else self.spec.resend


def _comment(found: Problems, text: str, account: ConnectedAccount | None) -> None:
    """The first comment's limits, and the permission that the connection lacks for it."""
    pointer = "/firstComment"
    for name, pattern, limit in (("hashtags", _HASHTAG, MAX_COMMENT_HASHTAGS), ("links", _LINK, MAX_COMMENT_LINKS)):
        actual, code = len(pattern.findall(text)), f"TOO_MANY_{name.upper()}"
        found.at_most(
            limit,
            actual,
            pointer,
            code,
            f"comment_{name}",
            f"takes at most {{limit}} {name} in a comment; this one has {{actual}}",
        )
    if text.isupper():
        found.add(pointer, "COMMENT_CAPITALS", "comment_capitals", "rejects comments in capital letters only")
    scope = COMMENT_SCOPES[login_of(account)] if account else ""
    check_scope(found, account, scope, "comment_scope", "takes comments", [pointer])


def _counts(found: Problems, kind: Kind, actual: int) -> None:
    low, high = (2, MAX_CAROUSEL) if kind is Kind.CAROUSEL else (1, 1)
    # check_media_count reports more media than the channel takes at all.
    if low <= actual <= high or actual > found.spec.max_media:
        return
    wanted = str(low) if low == high else f"{low} to {high}"
    message = f"takes {wanted} media for kind {kind}; this has {actual}"
    found.add("/options/kind", "KIND_MEDIA_COUNT", "kind_media_count", message, wanted, actual)


def _story_account(found: Problems, account: ConnectedAccount | None) -> None:
    if account is not None and account.facts.get("account_type") in ("CREATOR", "MEDIA_CREATOR"):
        message = "takes stories from business accounts only; this is a creator account"
        found.add("/options/kind", "FEATURE_NOT_ELIGIBLE", "story_account", message)


def check_thumbnail(found: Problems, draft: Draft, options: Options) -> None:
    """Of a reel: within the video, and not beside a cover, with which Instagram ignores it."""
    offset, pointer = options.thumb_offset, "/options/thumbOffset"
    if offset is None:
        return
    duration = next((asset.duration_ms for asset in shown_media(draft, options)), None)
    if duration is not None:
        message = "takes a thumbOffset within the video: {actual} ms is after its {limit} ms"
        found.at_most(duration, offset, pointer, "INVALID_OPTION", "thumb_offset", message)
    if options.cover_index is not None:
        found.add(pointer, "INVALID_OPTION", "one_cover", "takes a thumbOffset or a coverIndex, not both", 1, 2)


def check_user_tags(found: Problems, kind: Kind, draft: Draft, options: Options) -> None:
    """Tags in an image have a place, tags in a video have none; those of a carousel name their medium."""
    for index, tag in enumerate(options.user_tags):
        pointer = f"/options/userTags/{index}"
        if kind is Kind.CAROUSEL:
            _in_carousel(found, pointer, tag, draft)
        elif tag.media_index is not None:
            message = f"takes user tags with a mediaIndex in a carousel only; this is of the kind {kind}"
            found.add(f"{pointer}/mediaIndex", "OPTION_NOT_FOR_KIND", "user_tag_media", message)
        elif kind in (Kind.IMAGE, Kind.REEL):
            _place(found, pointer, tag, MediaKind.IMAGE if kind is Kind.IMAGE else MediaKind.VIDEO)


def _in_carousel(found: Problems, pointer: str, tag: UserTag, draft: Draft) -> None:
    last = len(draft.media) - 1
    if tag.media_index is None or tag.media_index > last:
        message = f"takes user tags of a carousel with a mediaIndex from 0 to {last}"
        found.add(f"{pointer}/mediaIndex", "INVALID_OPTION", "user_tag_media", message, last, tag.media_index)
    else:
        _place(found, pointer, tag, draft.media[tag.media_index].kind)


def _place(found: Problems, pointer: str, tag: UserTag, shown: MediaKind) -> None:
    given = [value is not None for value in (tag.x, tag.y)]
    is_image = shown is MediaKind.IMAGE
    if not (all(given) if is_image else not any(given)):
        how = "with x and y for an image" if is_image else "without x and y for a video"
        found.add(pointer, "INVALID_OPTION", "user_tag_position", f"takes user tags {how}")
