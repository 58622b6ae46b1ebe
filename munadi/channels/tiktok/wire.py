"""Shapes on the wire: the init bodies, what a creator allows, the status.

Source: docs/networks/tiktok.md, section 3 (the direct-post, photo-post and get-video-status references).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from munadi.channels.answers import object_in, text_in
from munadi.channels.tiktok.spec import Mode, Options, Privacy
from munadi.channels.tiktok.state import Creator, Upload
from munadi.domain.channel import MediaKind
from munadi.domain.content import Draft
from munadi.domain.model import Model
from munadi.ports import Answer, MediaReader

VIDEO_INIT, PHOTO_INIT = "post/publish/video/init/", "post/publish/content/init/"
CREATOR_INFO, STATUS, CANCEL = "post/publish/creator_info/query/", "post/publish/status/fetch/", "post/publish/cancel/"
VIDEO_QUERY = "video/query/?fields=id,share_url"
# The kind of a post, as its address has it. A look knows photos by it.
VIDEO_POST, PHOTO_POST = "video", "photo"


class Status(Model):
    """The status of a post."""

    status: str = ""
    fail_reason: str = ""
    post_ids: tuple[str, ...] = ()
    uploaded_bytes: int | None = None

    def lacks_bytes_of(self, upload: Upload | None) -> bool:
        """Whether TikTok reports that it lacks a part of the file: then nothing is or becomes public."""
        return (
            upload is not None
            and self.status == "PROCESSING_UPLOAD"
            and self.uploaded_bytes is not None
            and self.uploaded_bytes < upload.size
        )


def is_photo(draft: Draft) -> bool:
    """Whether the draft is of photos, by its first media."""
    return bool(draft.media) and draft.media[0].kind is MediaKind.IMAGE


def mode_of(draft: Draft, options: Options) -> Mode:
    """Photos are always pulled; a video is uploaded unless its options say otherwise."""
    return Mode.PULL if is_photo(draft) else options.mode or Mode.FILE


def plan_chunks(size: int, chunk_bytes: int) -> tuple[int, int]:
    """`(chunk_size, total_chunk_count)`, the count rounded down: the last chunk takes the remainder."""
    if size < 2 * chunk_bytes:
        return size, 1
    return chunk_bytes, size // chunk_bytes


def file_body(draft: Draft, options: Options, creator: Creator, chunk_bytes: int) -> dict[str, Any]:
    """Init of a file upload: invisible until TikTok has the last byte."""
    size = draft.media[0].bytes
    chunk_size, count = plan_chunks(size, chunk_bytes)
    source = {"source": "FILE_UPLOAD", "video_size": size, "chunk_size": chunk_size, "total_chunk_count": count}
    return {"post_info": _video_info(draft, options, creator), "source_info": source}


def pull_body(draft: Draft, options: Options, creator: Creator, media: MediaReader) -> dict[str, Any]:
    """Init of a pull or of photos: the visible call. TikTok fetches our stored copy, never the client's URL."""
    urls = [media.public_url(asset) for asset in draft.media]
    if not is_photo(draft):
        source: dict[str, Any] = {"source": "PULL_FROM_URL", "video_url": urls[0]}
        return {"post_info": _video_info(draft, options, creator), "source_info": source}
    source = {"source": "PULL_FROM_URL", "photo_images": urls, "photo_cover_index": options.photo_cover_index or 0}
    body: dict[str, Any] = {"media_type": "PHOTO", "post_mode": "DIRECT_POST"}
    body |= {"post_info": _photo_info(draft, options, creator), "source_info": source}
    return {**body, "is_aigc": True} if options.aigc else body


def _video_info(draft: Draft, options: Options, creator: Creator) -> dict[str, Any]:
    info = _post_info(options, creator)
    info["disable_duet"] = options.disable_duet or creator.duet_disabled
    info["disable_stitch"] = options.disable_stitch or creator.stitch_disabled
    info["is_aigc"] = options.aigc
    if draft.text:
        info["title"] = draft.text
    if options.cover_timestamp_ms is not None:
        info["video_cover_timestamp_ms"] = options.cover_timestamp_ms
    return info


def _photo_info(draft: Draft, options: Options, creator: Creator) -> dict[str, Any]:
    info = _post_info(options, creator)
    info["auto_add_music"] = options.auto_add_music
    if options.title:
        info["title"] = options.title
    if description := description_of(draft, options):
        info["description"] = description
    return info


def description_of(draft: Draft, options: Options) -> str:
    """The text under photos: the option, else the post's text."""
    return draft.text if options.description is None else options.description


def _post_info(options: Options, creator: Creator) -> dict[str, Any]:
    """Both toggles are always sent: the docs mark them as required."""
    return {
        "privacy_level": options.privacy_level,
        "disable_comment": options.disable_comment or creator.comment_disabled,
        "brand_content_toggle": options.brand_content,
        "brand_organic_toggle": options.brand_organic,
    }


def read_creator(data: Any, asked_at: datetime | None = None) -> Creator:
    """creator_info, from an answer or from an account's facts. Fields of another type than documented are absent."""
    found = object_in(data)
    options, seconds = found.get("privacy_level_options"), found.get("max_video_post_duration_sec")
    return Creator(
        username=text_in(found, "creator_username"),
        nickname=text_in(found, "creator_nickname"),
        privacy_options=tuple(str(one) for one in options) if isinstance(options, list | tuple) else (),
        comment_disabled=found.get("comment_disabled") is True,
        duet_disabled=found.get("duet_disabled") is True,
        stitch_disabled=found.get("stitch_disabled") is True,
        max_seconds=seconds if isinstance(seconds, int) and seconds > 0 else None,
        asked_at=asked_at,
    )


def creator_facts(creator: Creator) -> dict[str, Any]:
    """A creator's settings under TikTok's names, to store with the account; avatar addresses expire and stay out."""
    return {
        "creator_username": creator.username,
        "creator_nickname": creator.nickname,
        "privacy_level_options": list(creator.privacy_options),
        "comment_disabled": creator.comment_disabled,
        "duet_disabled": creator.duet_disabled,
        "stitch_disabled": creator.stitch_disabled,
        "max_video_post_duration_sec": creator.max_seconds,
    }


def read_status(answer: Answer) -> Status:
    """status/fetch. Post ids are 19 digits, so they are read as whole numbers or text, never as floats."""
    found = object_in(answer.body, "data")
    # The misspelling is TikTok's; the right spelling is read in case TikTok corrects it.
    ids = found.get("publicaly_available_post_id") or found.get("publicly_available_post_id")
    uploaded = found.get("uploaded_bytes")
    return Status(
        status=text_in(found, "status") or "",
        fail_reason=text_in(found, "fail_reason") or "",
        post_ids=tuple(str(one) for one in ids if isinstance(one, int | str)) if isinstance(ids, list) else (),
        uploaded_bytes=uploaded if isinstance(uploaded, int) else None,
    )


def privacy_options(creator: Creator | None) -> list[str]:
    """What a person may choose from: the creator's options, or all levels where they are not known."""
    known = list(creator.privacy_options) if creator else []
    return known or [privacy.value for privacy in Privacy]
