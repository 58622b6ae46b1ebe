"""What Instagram takes and how a post is planned, before anything is sent. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from munadi.channels.channel import Rules
from munadi.channels.instagram.comment_rules import COMMENT_LENGTH, HASHTAG, check_comment
from munadi.channels.instagram.option_rules import check_cover, check_thumbnail, check_user_tags
from munadi.channels.instagram.spec import (
    FEED_IMAGE,
    LEADS,
    MAX_CAROUSEL,
    MAX_HASHTAGS,
    MAX_MENTIONS,
    REEL_VIDEO,
    STORY_IMAGE,
    STORY_VIDEO,
    Kind,
    Options,
)
from munadi.channels.instagram.wire import kind_of, shown_media
from munadi.channels.meta.media import check_video
from munadi.channels.text import (
    check_extras,
    check_media_count,
    check_media_files,
    check_text,
    lengths,
    problem,
)
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelSpec, MediaKind, MediaRule, TextLength
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
from munadi.domain.problem import Problem

_MENTION = re.compile(r"(?<![\w/.])@[\w.]+")

RULES: Mapping[Kind, tuple[MediaRule, ...]] = {
    Kind.IMAGE: (FEED_IMAGE,),
    Kind.REEL: (REEL_VIDEO,),
    Kind.CAROUSEL: (FEED_IMAGE, REEL_VIDEO),
    Kind.STORY: (STORY_IMAGE, STORY_VIDEO),
}
COUNTS: Mapping[Kind, tuple[int, int]] = {
    Kind.IMAGE: (1, 1),
    Kind.REEL: (1, 1),
    Kind.CAROUSEL: (2, MAX_CAROUSEL),
    Kind.STORY: (1, 1),
}
# Options that only some kinds take (docs/networks/instagram.md, section 3).
TAKEN_BY: Mapping[str, frozenset[Kind]] = {
    "share_to_feed": frozenset({Kind.REEL, Kind.CAROUSEL}),
    "thumb_offset": frozenset({Kind.REEL}),
    "cover_index": frozenset({Kind.REEL}),
    "audio_name": frozenset({Kind.REEL}),
    "trial_graduation": frozenset({Kind.REEL}),
    "collaborators": frozenset({Kind.IMAGE, Kind.REEL, Kind.CAROUSEL}),
    "location_id": frozenset({Kind.IMAGE, Kind.REEL, Kind.CAROUSEL}),
    "user_tags": frozenset({Kind.IMAGE, Kind.REEL, Kind.STORY, Kind.CAROUSEL}),
    "is_ai_generated": frozenset({Kind.IMAGE, Kind.REEL, Kind.CAROUSEL}),
}


class InstagramRules(Rules[Options]):
    """What Instagram takes: one of four kinds, each with media and options of its own."""

    def validate(self, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> list[Problem]:
        """All violations, with pointers relative to the draft."""
        spec = self.spec
        problems = check_extras(spec, draft) + check_text(spec, draft.text) + _tags(spec, draft.text)
        problems += check_comment(spec, draft, account)
        problems += check_media_count(spec, draft.media)
        if options is None or not draft.media:
            return problems
        kind = kind_of(draft, options)
        problems += _counts(spec, kind, len(shown_media(draft, options))) + check_cover(spec, draft, options)
        for index, asset in enumerate(draft.media):
            if index != options.cover_index:
                problems += _file(spec, kind, asset, f"/media/{index}")
        return problems + _options(spec, kind, options, draft) + _story(spec, kind, draft, account)

    def lengths(self, draft: Draft) -> list[TextLength]:
        """The length of the caption, and of the comment if there is one."""
        comment = lengths((COMMENT_LENGTH,), draft.first_comment, "/firstComment") if draft.first_comment else []
        return super().lengths(draft) + comment

    def lead(self, draft: Draft, options: Options | None) -> timedelta:
        """Time for Instagram to fetch and process the media."""
        if options is None or any(asset.kind is MediaKind.VIDEO for asset in draft.media):
            return self.spec.lead
        return LEADS[kind_of(draft, options)]


def _tags(spec: ChannelSpec, text: str) -> list[Problem]:
    found = []
    for name, pattern, limit in (("hashtags", HASHTAG, MAX_HASHTAGS), ("mentions", _MENTION, MAX_MENTIONS)):
        actual = len(pattern.findall(text))
        if actual > limit:
            message = f"takes at most {limit} {name}; this text has {actual}"
            found.append(problem(spec, "/text", f"TOO_MANY_{name.upper()}", name, message, limit, actual))
    return found


def _file(spec: ChannelSpec, kind: Kind, asset: MediaAsset, pointer: str) -> list[Problem]:
    found = check_media_files(spec, (asset,), RULES[kind])
    moved = [each.model_copy(update={"pointer": each.pointer.replace("/media/0", pointer, 1)}) for each in found]
    return moved + check_video(spec, asset, pointer)


def _counts(spec: ChannelSpec, kind: Kind, actual: int) -> list[Problem]:
    low, high = COUNTS[kind]
    # More than the channel takes at all is reported by check_media_count.
    if low <= actual <= high or actual > spec.max_media:
        return []
    wanted = str(low) if low == high else f"{low} to {high}"
    message = f"takes {wanted} media for kind {kind}; this has {actual}"
    return [problem(spec, "/options/kind", "KIND_MEDIA_COUNT", "kind_media_count", message, wanted, actual)]


def _options(spec: ChannelSpec, kind: Kind, options: Options, draft: Draft) -> list[Problem]:
    found = []
    for name, kinds in TAKEN_BY.items():
        if name in options.model_fields_set and kind not in kinds:
            pointer = f"/options/{Options.model_fields[name].alias}"
            found.append(
                problem(spec, pointer, "OPTION_NOT_FOR_KIND", "option_kind", f"has no such option for the kind {kind}")
            )
    if kind is Kind.REEL:
        found += check_thumbnail(spec, draft, options)
    return found + check_user_tags(spec, kind, draft, options)


def _story(spec: ChannelSpec, kind: Kind, draft: Draft, account: ConnectedAccount | None) -> list[Problem]:
    """A story shows no caption and no comments, and only business accounts may publish one."""
    if kind is not Kind.STORY:
        return []
    found = []
    if draft.text.strip():
        message = "shows no text with a story: give this channel an empty text"
        found.append(problem(spec, "/text", "TEXT_UNSUPPORTED", "story_text", message))
    if draft.first_comment:
        message = "takes no comment below a story"
        found.append(problem(spec, "/firstComment", "FIRST_COMMENT_UNSUPPORTED", "story_comment", message))
    if account is not None and account.facts.get("account_type") in ("CREATOR", "MEDIA_CREATOR"):
        message = "takes stories from business accounts only; this is a creator account"
        found.append(problem(spec, "/options/kind", "FEATURE_NOT_ELIGIBLE", "story_account", message))
    return found
