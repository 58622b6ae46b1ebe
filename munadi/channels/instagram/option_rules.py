"""What Instagram's options may say of the media: a reel's thumbnail, and the people tagged. Pure.

Source: docs/networks/instagram.md, sections 3 and 4.
"""

from __future__ import annotations

from munadi.channels.instagram.spec import Kind, Options, UserTag
from munadi.channels.instagram.wire import shown_media
from munadi.channels.text import Problems
from munadi.domain.channel import MediaKind
from munadi.domain.content import Draft


def check_thumbnail(found: Problems, draft: Draft, options: Options) -> None:
    """Of a reel: within the video, and not beside a cover, with which Instagram ignores it."""
    offset, pointer = options.thumb_offset, "/options/thumbOffset"
    if offset is None:
        return
    duration = next((asset.duration_ms for asset in shown_media(draft, options)), None)
    if duration is not None and offset > duration:
        message = f"takes a thumbOffset within the video: {offset} ms is after its {duration} ms"
        found.add(pointer, "INVALID_OPTION", "thumb_offset", message, duration, offset)
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
