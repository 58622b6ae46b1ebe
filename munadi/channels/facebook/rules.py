"""What a Page takes and how a post is planned, before anything is sent. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from munadi.channels.facebook.spec import (
    COMMENT_SCOPE,
    LEAST_VIDEO,
    LINK_LEAD,
    PHOTO,
    PHOTO_LEAD,
    REFUSED_LINKS,
    SPEC,
    VIDEO_LEAD,
    VIDEOS,
    Kind,
    Options,
)
from munadi.channels.facebook.wire import film_of, kind_of
from munadi.channels.files import FileRule, check_bounds, check_file
from munadi.channels.meta.rules import check_cover, check_scope, check_story
from munadi.channels.rules import Rules, check_option_kinds
from munadi.channels.text import Problems, is_blank
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import MediaKind, MediaRule
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset

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

    def counted(self, draft: Draft, options: Options | None) -> Sequence[MediaAsset]:
        """All but the cover of a video."""
        return tuple(_shown(draft, options).values())

    def file_rule(
        self, index: int, draft: Draft, options: Options | None, account: ConnectedAccount | None
    ) -> FileRule | None:
        """By the kind of the post, which `check_options` judges first."""
        return None

    def media_rules(
        self, draft: Draft, options: Options | None, account: ConnectedAccount | None
    ) -> tuple[MediaRule | None, ...]:
        """A photo's, or that of the kind which the post is."""
        shown = _shown(draft, options)
        kind = kind_of(draft.model_copy(update={"media": tuple(shown.values())}), options or Options())
        video = VIDEOS.get(kind, VIDEOS[Kind.VIDEO]).media
        return tuple(PHOTO if asset.kind is MediaKind.IMAGE else video for asset in draft.media)

    def check(self, found: Problems, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> None:
        """Report a first comment that the connection may not write, and a link to Facebook, which makes no card of its
        own pages (1609008)."""
        if draft.first_comment is not None:
            check_scope(found, account, COMMENT_SCOPE, "comment_scope", "takes a first comment", ["/firstComment"])
        name = (urlsplit(draft.link or "").hostname or "").lower()
        if any(name == refused or name.endswith(f".{refused}") for refused in REFUSED_LINKS):
            message = f"takes no link to its own pages: {name} is one"
            found.add("/link", "LINK_REFUSED", "link_host", message, ", ".join(REFUSED_LINKS), name)

    def check_options(self, found: Problems, draft: Draft, options: Options, account: ConnectedAccount | None) -> None:
        """Report what does not fit the kind of the post."""
        shown = _shown(draft, options)
        kind = kind_of(draft.model_copy(update={"media": tuple(shown.values())}), options)
        if is_blank(draft.text) and not (draft.link or draft.media):
            found.add("/text", "MISSING_FIELD", "content", "needs a text, a link or media")
        _media(found, kind, shown)
        check_cover(found, draft, options.cover_index, PHOTO)
        check_option_kinds(found, options, kind, TAKEN_BY)
        if kind is Kind.STORY:
            check_story(found, draft)

    def lead(self, draft: Draft, options: Options | None) -> timedelta:
        """Time to upload and process; none for a plain text."""
        if film_of(draft, kind_of(draft, options or Options())):
            return VIDEO_LEAD
        return PHOTO_LEAD if draft.media else LINK_LEAD if draft.link else timedelta(0)


def _shown(draft: Draft, options: Options | None) -> dict[str, MediaAsset]:
    """The media that the post shows, by their pointers."""
    cover = options.cover_index if options else None
    return {f"/media/{index}": asset for index, asset in enumerate(draft.media) if index != cover}


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
        if asset.kind is MediaKind.IMAGE:
            check_file(found, FileRule(PHOTO), asset, pointer)
        else:
            check_file(found, VIDEOS.get(kind, VIDEOS[Kind.VIDEO]), asset, pointer)
            check_bounds(found, asset, pointer, LEAST_VIDEO)
