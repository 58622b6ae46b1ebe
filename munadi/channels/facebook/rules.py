"""What a Page takes and how a post is planned, before anything is sent. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from munadi.channels.channel import Rules
from munadi.channels.facebook.spec import (
    COMMENT_SCOPE,
    LINK_LEAD,
    MIN_VIDEO_BYTES,
    PHOTO,
    PHOTO_LEAD,
    REEL,
    REFUSED_LINKS,
    STORY_VIDEO,
    VIDEO,
    VIDEO_LEAD,
    Kind,
    Options,
)
from munadi.channels.facebook.wire import check_reel, film_of, kind_of
from munadi.channels.text import (
    check_extras,
    check_media_count,
    check_media_file,
    check_text,
    lengths,
    problem,
)
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelSpec, MediaKind, TextLength
from munadi.domain.content import Draft
from munadi.domain.problem import Problem

# Options that only some kinds take (docs/networks/facebook.md, section 3).
TAKEN_BY: Mapping[str, frozenset[Kind]] = {
    "title": frozenset({Kind.REEL, Kind.VIDEO}),
    "place": frozenset({Kind.POST, Kind.REEL}),
    "is_ai_generated": frozenset({Kind.REEL}),
    "cover_index": frozenset({Kind.REEL, Kind.VIDEO}),
}
WANTED = {Kind.POST: MediaKind.IMAGE, Kind.REEL: MediaKind.VIDEO, Kind.VIDEO: MediaKind.VIDEO}


class FacebookRules(Rules[Options]):
    """What a Page takes: a post, or one reel, video or story."""

    def validate(self, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> list[Problem]:
        """All violations, with pointers relative to the draft."""
        spec = self.spec
        problems = check_extras(spec, draft) + check_text(spec, draft.text) + _comment(spec, draft, account)
        shown, cover = _cover(spec, options, draft) if options else (draft, [])
        problems += check_media_count(spec, shown.media) + _link(spec, draft)
        if options is None:
            return problems
        kind = kind_of(shown, options)
        pointers = [
            f"/media/{index}" for index, asset in enumerate(draft.media) if any(asset is one for one in shown.media)
        ]
        problems += _shown(spec, draft) + _media(spec, kind, shown, pointers) + cover
        return problems + _options(spec, kind, options) + _story(spec, kind, draft)

    def lengths(self, draft: Draft) -> list[TextLength]:
        """The length of the message, and of the comment if there is one."""
        limits = self.spec.text_limits
        comment = lengths(limits, draft.first_comment, "/firstComment") if draft.first_comment else []
        return super().lengths(draft) + comment

    def lead(self, draft: Draft, options: Options | None) -> timedelta:
        """Time to upload and process; none for a plain text."""
        if film_of(draft, kind_of(draft, options or Options())):
            return VIDEO_LEAD
        return PHOTO_LEAD if draft.media else LINK_LEAD if draft.link else timedelta(0)


def _shown(spec: ChannelSpec, draft: Draft) -> list[Problem]:
    if draft.text.strip() or draft.link or draft.media:
        return []
    return [problem(spec, "/text", "MISSING_FIELD", "content", "needs a text, a link or media")]


def _comment(spec: ChannelSpec, draft: Draft, account: ConnectedAccount | None) -> list[Problem]:
    """The comment's length, and whether this connection may comment, where its scopes are known."""
    if draft.first_comment is None:
        return []
    found = check_text(spec, draft.first_comment, "/firstComment")
    if account is not None and account.scopes and COMMENT_SCOPE not in account.scopes:
        message = f"takes a first comment only with {COMMENT_SCOPE}, which this connection was not granted"
        scopes = " ".join(account.scopes)
        found.append(problem(spec, "/firstComment", "MISSING_SCOPE", "comment_scope", message, COMMENT_SCOPE, scopes))
    return found


def _link(spec: ChannelSpec, draft: Draft) -> list[Problem]:
    """Facebook makes no card of its own pages (1609008)."""
    if not draft.link:
        return []
    name = (urlsplit(draft.link).hostname or "").lower()
    if not any(name == refused or name.endswith(f".{refused}") for refused in REFUSED_LINKS):
        return []
    limit = ", ".join(REFUSED_LINKS)
    message = f"takes no link to its own pages: {name} is one"
    return [problem(spec, "/link", "LINK_REFUSED", "link_host", message, limit, name)]


def _cover(spec: ChannelSpec, options: Options, draft: Draft) -> tuple[Draft, list[Problem]]:
    """The draft without its cover, and what is the matter with that."""
    index = options.cover_index
    if index is None:
        return draft, []
    count = len(draft.media)
    if index >= count:
        message = f"takes one of the {count} media as the cover"
        return draft, [problem(spec, "/options/coverIndex", "INVALID_OPTION", "cover_index", message, count - 1, index)]
    cover, shown = draft.media[index], (*draft.media[:index], *draft.media[index + 1 :])
    rest = draft.model_copy(update={"media": shown})
    if cover.kind is not MediaKind.IMAGE:
        message = f"takes an image as the cover; this is a {cover.kind}"
        return rest, [
            problem(spec, "/options/coverIndex", "INVALID_OPTION", "cover_kind", message, "image", cover.kind)
        ]
    return rest, check_media_file(spec, PHOTO, cover, f"/media/{index}")


def _media(spec: ChannelSpec, kind: Kind, draft: Draft, pointers: list[str]) -> list[Problem]:
    """Photos for a post, one video for a reel or a video, one of either for a story."""
    if kind is not Kind.POST and len(draft.media) != 1:
        what = "file" if kind is Kind.STORY else "video"
        message = f"takes one {what} for kind {kind}; this has {len(draft.media)} media"
        found = [problem(spec, "/options/kind", "KIND_MEDIA_COUNT", "kind_media_count", message, 1, len(draft.media))]
        return found if len(draft.media) <= spec.max_media else []
    wanted = WANTED.get(kind)
    if wanted and any(asset.kind is not wanted for asset in draft.media):
        message = f"takes no {kind} of other media than {wanted}"
        return [problem(spec, "/options/kind", "KIND_MEDIA", "kind_media", message, wanted, draft.media[0].kind)]
    found = []
    for asset, pointer in zip(draft.media, pointers, strict=True):
        if asset.kind is MediaKind.IMAGE or kind is Kind.VIDEO:
            found += check_media_file(spec, PHOTO if asset.kind is MediaKind.IMAGE else VIDEO, asset, pointer)
        else:
            found += check_reel(asset, pointer, STORY_VIDEO if kind is Kind.STORY else REEL)
        if asset.kind is MediaKind.VIDEO and asset.bytes < MIN_VIDEO_BYTES:
            limit, message = (
                MIN_VIDEO_BYTES,
                f"takes videos of at least {MIN_VIDEO_BYTES} bytes; this has {asset.bytes}",
            )
            found.append(problem(spec, pointer, "MEDIA_TOO_SMALL", "video_min_bytes", message, limit, asset.bytes))
    return found


def _story(spec: ChannelSpec, kind: Kind, draft: Draft) -> list[Problem]:
    """A story is its photo or video alone."""
    found = []
    if kind is Kind.STORY and draft.text.strip():
        message = "shows no text with a story: give this channel an empty text"
        found.append(problem(spec, "/text", "TEXT_UNSUPPORTED", "story_text", message))
    if kind is Kind.STORY and draft.first_comment:
        message = "takes no comment below a story"
        found.append(problem(spec, "/firstComment", "FIRST_COMMENT_UNSUPPORTED", "story_comment", message))
    return found


def _options(spec: ChannelSpec, kind: Kind, options: Options) -> list[Problem]:
    return [
        problem(
            spec,
            f"/options/{Options.model_fields[name].alias}",
            "OPTION_NOT_FOR_KIND",
            "option_kind",
            f"has no such option for the kind {kind}",
            ", ".join(sorted(kinds)),
            kind,
        )
        for name, kinds in TAKEN_BY.items()
        if name in options.model_fields_set and kind not in kinds
    ]
