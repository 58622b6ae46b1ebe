"""What options may say of the media: a reel's cover, and the people tagged. Pure. Source: facts, sections 3 and 4."""

from __future__ import annotations

from munadi.channels.instagram.spec import REEL_COVER, Kind, Options, UserTag
from munadi.channels.instagram.wire import shown_media
from munadi.channels.text import check_media_file, problem
from munadi.domain.channel import ChannelSpec, MediaKind
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
from munadi.domain.problem import Problem


def check_cover(spec: ChannelSpec, draft: Draft, options: Options) -> list[Problem]:
    """One of the media, an image that can be made into what Instagram takes."""
    index, pointer = options.cover_index, "/options/coverIndex"
    if index is None:
        return []
    count = len(draft.media)
    if index >= count:
        message = f"takes one of the {count} media as the cover"
        return [problem(spec, pointer, "INVALID_OPTION", "cover_index", message, count - 1, index)]
    cover = draft.media[index]
    if cover.kind is not MediaKind.IMAGE:
        message = f"takes an image as the cover; this is a {cover.kind}"
        return [problem(spec, pointer, "INVALID_OPTION", "cover_kind", message, "image", cover.kind)]
    return check_media_file(spec, REEL_COVER, cover, f"/media/{index}")


def check_thumbnail(spec: ChannelSpec, draft: Draft, options: Options) -> list[Problem]:
    """Of a reel: within the video, and not beside a cover, with which Instagram ignores it."""
    offset, pointer = options.thumb_offset, "/options/thumbOffset"
    if offset is None:
        return []
    found = []
    duration = next((asset.duration_ms for asset in shown_media(draft, options)), None)
    if duration is not None and offset > duration:
        message = f"takes a thumbOffset within the video: {offset} ms is after its {duration} ms"
        found.append(problem(spec, pointer, "INVALID_OPTION", "thumb_offset", message, duration, offset))
    if options.cover_index is not None:
        message = "takes a thumbOffset or a coverIndex, not both"
        found.append(problem(spec, pointer, "INVALID_OPTION", "one_cover", message, 1, 2))
    return found


def check_user_tags(spec: ChannelSpec, kind: Kind, draft: Draft, options: Options) -> list[Problem]:
    """Tags in an image have a place, tags in a video have none; those of a carousel say in which medium they are."""
    found = []
    for index, tag in enumerate(options.user_tags):
        pointer = f"/options/userTags/{index}"
        if kind is Kind.CAROUSEL:
            found += _in_carousel(spec, pointer, tag, draft)
        elif tag.media_index is not None:
            message = f"takes user tags with a mediaIndex in a carousel only; this is of the kind {kind}"
            found.append(problem(spec, f"{pointer}/mediaIndex", "OPTION_NOT_FOR_KIND", "user_tag_media", message))
        elif kind in (Kind.IMAGE, Kind.REEL):
            found += _place(spec, pointer, tag, "image" if kind is Kind.IMAGE else "video")
    return found


def _in_carousel(spec: ChannelSpec, pointer: str, tag: UserTag, draft: Draft) -> list[Problem]:
    last = len(draft.media) - 1
    if tag.media_index is None or tag.media_index > last:
        message = f"takes user tags of a carousel with a mediaIndex from 0 to {last}"
        where, actual = f"{pointer}/mediaIndex", tag.media_index
        return [problem(spec, where, "INVALID_OPTION", "user_tag_media", message, last, actual)]
    asset: MediaAsset = draft.media[tag.media_index]
    return _place(spec, pointer, tag, asset.kind)


def _place(spec: ChannelSpec, pointer: str, tag: UserTag, shown: str) -> list[Problem]:
    given = [value is not None for value in (tag.x, tag.y)]
    if all(given) if shown == MediaKind.IMAGE else not any(given):
        return []
    how = "with x and y for an image" if shown == MediaKind.IMAGE else "without x and y for a video"
    return [problem(spec, pointer, "INVALID_OPTION", "user_tag_position", f"takes user tags {how}")]
