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
    SPEC,
    STORY_VIDEO,
    VIDEO,
    VIDEO_LEAD,
    Kind,
    Options,
)
from munadi.channels.facebook.wire import check_reel, film_of, kind_of
from munadi.channels.meta.rules import check_cover, check_option_kinds, check_scope, check_story
from munadi.channels.text import (
    Problems,
    check_comment_shows,
    check_extras,
    check_media_count,
    check_media_file,
    check_text,
    is_blank,
)
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import MediaKind
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
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

    comment_limits = SPEC.text_limits

    def validate(self, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> list[Problem]:
        """All violations, with pointers relative to the draft."""
        spec, found, cover = self.spec, Problems(self.spec), options.cover_index if options else None
        found += check_extras(spec, draft) + check_text(spec, draft.text)
        if draft.first_comment is not None:
            found += check_text(spec, draft.first_comment, "/firstComment")
            check_comment_shows(found, draft)
            check_scope(found, account, COMMENT_SCOPE, "comment_scope", "takes a first comment", ["/firstComment"])
        shown = {f"/media/{index}": asset for index, asset in enumerate(draft.media) if index != cover}
        found += check_media_count(spec, tuple(shown.values()))
        _link(found, draft)
        if options is None:
            return found
        kind = kind_of(draft.model_copy(update={"media": tuple(shown.values())}), options)
        if is_blank(draft.text) and not (draft.link or draft.media):
            found.add("/text", "MISSING_FIELD", "content", "needs a text, a link or media")
        _media(found, kind, shown)
        check_cover(found, draft, cover, PHOTO)
        check_option_kinds(found, options, kind, TAKEN_BY)
        if kind is Kind.STORY:
            check_story(found, draft)
        return found

    def lead(self, draft: Draft, options: Options | None) -> timedelta:
        """Time to upload and process; none for a plain text."""
        if film_of(draft, kind_of(draft, options or Options())):
            return VIDEO_LEAD
        return PHOTO_LEAD if draft.media else LINK_LEAD if draft.link else timedelta(0)


def _link(found: Problems, draft: Draft) -> None:
    """Facebook makes no card of its own pages (1609008)."""
    name = (urlsplit(draft.link or "").hostname or "").lower()
    if any(name == refused or name.endswith(f".{refused}") for refused in REFUSED_LINKS):
        message = f"takes no link to its own pages: {name} is one"
        found.add("/link", "LINK_REFUSED", "link_host", message, ", ".join(REFUSED_LINKS), name)


def _media(found: Problems, kind: Kind, shown: Mapping[str, MediaAsset]) -> None:
    """Photos for a post, one video for a reel or a video, one of either for a story."""
    spec, count, pointer = found.spec, len(shown), "/options/kind"
    if kind is not Kind.POST and count != 1:
        message = f"takes one {'file' if kind is Kind.STORY else 'video'} for kind {kind}; this has {count} media"
        if count <= spec.max_media:
            found.add(pointer, "KIND_MEDIA_COUNT", "kind_media_count", message, 1, count)
        return
    wanted = WANTED.get(kind)
    if wanted and any(asset.kind is not wanted for asset in shown.values()):
        message, first = f"takes no {kind} of other media than {wanted}", next(iter(shown.values()))
        found.add(pointer, "KIND_MEDIA", "kind_media", message, wanted, first.kind)
        return
    for pointer, asset in shown.items():
        if asset.kind is MediaKind.IMAGE or kind is Kind.VIDEO:
            found += check_media_file(spec, PHOTO if asset.kind is MediaKind.IMAGE else VIDEO, asset, pointer)
        else:
            found += check_reel(asset, pointer, STORY_VIDEO if kind is Kind.STORY else REEL)
        if asset.kind is MediaKind.VIDEO and asset.bytes < MIN_VIDEO_BYTES:
            message = f"takes videos of at least {MIN_VIDEO_BYTES} bytes; this has {asset.bytes}"
            found.add(pointer, "MEDIA_TOO_SMALL", "video_min_bytes", message, MIN_VIDEO_BYTES, asset.bytes)
