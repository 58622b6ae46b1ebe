"""The list of a channel's uploads."""

from __future__ import annotations

from datetime import timedelta

from tests.channels.making import NOW
from tests.channels.scene_youtube import VIDEO
from tests.channels.youtube_uploads import (
    DRAFT,
)

PLAYLIST = "/youtube/v3/playlistItems"


def upload_entry(video_id: str = VIDEO, minutes: float = 1, **words: str) -> dict[str, object]:
    """An entry of the uploads list."""
    at = (NOW + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    snippet = {"title": "Monsoon", "description": DRAFT.text, "publishedAt": at, **words}
    return {"snippet": snippet, "contentDetails": {"videoId": video_id}}
