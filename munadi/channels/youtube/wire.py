"""Shapes on the wire: the metadata of an upload, the full status of an update, and videos read leniently.

Field names and enums are the discovery document's (docs/networks/youtube.md, section 3). Every writable field of
`status` is sent each time, since videos.update resets what is left out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from munadi.channels.answers import instant, text_in
from munadi.channels.http import no_proof
from munadi.channels.text import is_blank
from munadi.channels.youtube.spec import Options, Privacy
from munadi.domain.account import Profile
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
from munadi.domain.model import Model
from munadi.ports import Answer


def title_of(draft: Draft, options: Options) -> str:
    """The title: as given, else the text's first line that shows something."""
    if options.title is not None:
        return options.title.strip()
    return next((line.strip() for line in draft.text.splitlines() if not is_blank(line)), "")


def thumbnail_of(draft: Draft, options: Options) -> MediaAsset | None:
    """The image that `options` name as the thumbnail."""
    return None if options.thumbnail_index is None else draft.media[options.thumbnail_index]


def video_of(draft: Draft, options: Options) -> MediaAsset:
    """The video among a valid draft's media."""
    return next(asset for index, asset in enumerate(draft.media) if index != options.thumbnail_index)


def counted_tags(tags: tuple[str, ...]) -> int:
    """Characters as YouTube counts them: commas between tags count, and quotes around a tag with a space."""
    return sum(len(tag) + (2 if " " in tag else 0) for tag in tags) + max(len(tags) - 1, 0)


def metadata(draft: Draft, options: Options) -> dict[str, Any]:
    """The body of videos.insert, by part: everything final but the privacy."""
    snippet: dict[str, Any] = {
        "title": title_of(draft, options),
        "description": draft.text,
        "categoryId": options.category_id,
    }
    if options.tags:
        snippet["tags"] = list(options.tags)
    if options.default_language:
        snippet["defaultLanguage"] = options.default_language
    if options.default_audio_language:
        snippet["defaultAudioLanguage"] = options.default_audio_language
    parts: dict[str, Any] = {"snippet": snippet, "status": full_status(options, Privacy.PRIVATE)}
    if options.localizations:
        parts["localizations"] = {language: each.model_dump() for language, each in options.localizations.items()}
    if options.recording_date:
        parts["recordingDetails"] = {"recordingDate": f"{options.recording_date.isoformat()}T00:00:00Z"}
    if options.paid_product_placement:
        parts["paidProductPlacementDetails"] = {"hasPaidProductPlacement": True}
    return parts


def full_status(options: Options, privacy: Privacy) -> dict[str, Any]:
    """Every writable field of `status` but publishAt: Munadi publishes at the time, not YouTube."""
    return {
        "privacyStatus": privacy.value,
        "license": options.license,
        "embeddable": options.embeddable,
        "publicStatsViewable": options.public_stats_viewable,
        "selfDeclaredMadeForKids": options.made_for_kids,
        "containsSyntheticMedia": options.contains_synthetic_media,
    }


def video_url(video_id: str) -> str:
    """Where people see it; Shorts are reached by it too."""
    return f"https://www.youtube.com/watch?v={video_id}"


class Video(Model):
    """A video as read back; what an answer does not say is None."""

    id: str
    privacy: str | None = None
    upload: str | None = None
    failure: str | None = None
    rejection: str | None = None
    processing: str | None = None
    processing_failure: str | None = None


def read_video(fields: Any) -> Video | None:
    """A video resource; None without an id."""
    video_id = text_in(fields, "id")
    if video_id is None:
        return None
    return Video(
        id=video_id,
        privacy=text_in(fields, "status", "privacyStatus"),
        upload=text_in(fields, "status", "uploadStatus"),
        failure=text_in(fields, "status", "failureReason"),
        rejection=text_in(fields, "status", "rejectionReason"),
        processing=text_in(fields, "processingDetails", "processingStatus"),
        processing_failure=text_in(fields, "processingDetails", "processingFailureReason"),
    )


def read_videos(answer: Answer) -> list[Video]:
    """The videos of a list answer."""
    return [video for fields in entries(answer) if (video := read_video(fields))]


def read_profile(answer: Answer) -> Profile | None:
    """The first channel of channels.list; None where there is none."""
    channel = next((fields for fields in entries(answer) if isinstance(fields.get("id"), str)), None)
    if channel is None:
        return None
    title, handle = text_in(channel, "snippet", "title"), text_in(channel, "snippet", "customUrl")
    return Profile(
        external_id=channel["id"],
        handle=handle or title or channel["id"],
        display_name=title,
        facts={
            "uploads": text_in(channel, "contentDetails", "relatedPlaylists", "uploads"),
            "long_uploads_status": text_in(channel, "status", "longUploadsStatus"),
        },
    )


def entries(answer: Answer) -> list[dict[str, Any]]:
    """The items of a list answer; an empty one may have no `items`. Raises ChannelError for any other answer."""
    listed = answer.field("items")
    if isinstance(listed, list):
        return [fields for fields in listed if isinstance(fields, dict)]
    if str(answer.field("kind")).endswith("ListResponse"):
        return []
    raise no_proof(answer)


class Upload(Model):
    """An entry of the channel's list of uploads."""

    video_id: str
    title: str = ""
    description: str = ""
    added_at: datetime


def read_uploads(answer: Answer) -> list[Upload]:
    """The entries of playlistItems.list that name their video and when it was added."""
    found = []
    for fields in entries(answer):
        video_id = text_in(fields, "contentDetails", "videoId") or text_in(fields, "snippet", "resourceId", "videoId")
        added_at = instant(text_in(fields, "snippet", "publishedAt"))
        if video_id and added_at:
            words = {name: text_in(fields, "snippet", name) or "" for name in ("title", "description")}
            found.append(Upload(video_id=video_id, added_at=added_at, **words))
    return found
