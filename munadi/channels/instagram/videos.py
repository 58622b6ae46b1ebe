"""What Instagram asks of videos. Source: docs/networks/instagram.md, section 4."""

from __future__ import annotations

from datetime import timedelta

from munadi.channels.meta.rules import ENCODING, STRUCTURE
from munadi.domain.channel import MediaKind, MediaRule

REEL_VIDEO = MediaRule(
    kind=MediaKind.VIDEO,
    mime_types=("video/mp4", "video/quicktime"),
    max_bytes=300_000_000,
    min_ratio=0.01,
    max_ratio=10,
    max_width=1920,
    min_duration=timedelta(seconds=3),
    max_duration=timedelta(minutes=15),
    # The bit rate is documented, and larger ones are taken.
    encoding=ENCODING,
    structure=STRUCTURE.model_copy(update={"max_bit_rate": 25_000_000}),
)
STORY_VIDEO = REEL_VIDEO.model_copy(
    update={"max_bytes": 100_000_000, "min_ratio": 0.1, "max_duration": timedelta(seconds=60)}
)
