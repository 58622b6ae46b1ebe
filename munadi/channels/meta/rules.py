"""Rules that several of Meta's networks share: covers, permissions, stories. Pure."""

from __future__ import annotations

from collections.abc import Collection

from munadi.channels.files import check_media_file
from munadi.channels.text import Problems
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import MediaKind, MediaRule
from munadi.domain.content import Draft
from munadi.domain.video import PLAIN_PIXELS, VideoEncoding, VideoStructure

# Of videos at Instagram and Threads.
ENCODING = VideoEncoding(video_codecs=("h264", "hevc"), min_fps=23, max_fps=60)
STRUCTURE = VideoStructure(
    pixel_formats=PLAIN_PIXELS,
    sdr=True,
    progressive=True,
    even_sides=True,
    max_audio_channels=2,
    max_audio_rate=48_000,
    moov_first=True,
    edit_lists=False,
)


def check_cover(found: Problems, draft: Draft, index: int | None, rule: MediaRule) -> None:
    """The cover must be one of the media, and an image within `rule`."""
    if index is None:
        return
    pointer, count = "/options/coverIndex", len(draft.media)
    if index >= count:
        message = f"takes one of the {count} media as the cover"
        found.add(pointer, "INVALID_OPTION", "cover_index", message, count - 1, index)
    elif (cover := draft.media[index]).kind is not MediaKind.IMAGE:
        message = f"takes an image as the cover; this is a {cover.kind}"
        found.add(pointer, "INVALID_OPTION", "cover_kind", message, "image", cover.kind)
    else:
        found += check_media_file(found.spec, rule, cover, f"/media/{index}")


def check_scope(
    found: Problems, account: ConnectedAccount | None, scope: str, rule: str, what: str, pointers: Collection[str]
) -> None:
    """What needs a permission is refused when the connection is known not to have it."""
    if account is None or not account.scopes or scope in account.scopes:
        return
    message = f"{what} only with the permission {scope}: connect the account again"
    for pointer in pointers:
        found.add(pointer, "MISSING_SCOPE", rule, message, scope, " ".join(account.scopes))


def check_story(found: Problems, draft: Draft) -> None:
    """A story is its photo or video alone."""
    if draft.text.strip():
        message = "shows no text with a story: give this channel an empty text"
        found.add("/text", "TEXT_UNSUPPORTED", "story_text", message)
    if draft.first_comment:
        message = "takes no comment below a story"
        found.add("/firstComment", "FIRST_COMMENT_UNSUPPORTED", "story_comment", message)
