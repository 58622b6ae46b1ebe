"""How TikTok's files are cut into chunks, and how long before a post their upload begins."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from munadi.channels.tiktok.wire import plan_chunks
from tests.channels.cases.tiktok import OPTIONS
from tests.channels.making import bench, image, publication, video


@pytest.mark.parametrize(
    ("size", "plan"),
    [
        (1, (1, 1)),
        (4_999_999, (4_999_999, 1)),
        (10_000_000, (10_000_000, 1)),
        (19_999_999, (19_999_999, 1)),
        (20_000_000, (10_000_000, 2)),
        (50_000_123, (10_000_000, 5)),
        (4_000_000_000, (10_000_000, 400)),
    ],
)
def test_chunks_are_counted_down_and_stay_within_tiktoks_sizes(size: int, plan: tuple[int, int]) -> None:
    assert plan_chunks(size, 10_000_000) == plan
    chunk, count = plan
    last = size - chunk * (count - 1)
    assert last <= 64_000_000
    assert count == 1 or 5_242_880 <= chunk <= last < 2 * chunk


@pytest.mark.parametrize(
    ("media", "options", "minutes"),
    [
        ((video(bytes=19_999_999),), OPTIONS, 2),
        ((video(bytes=20_000_000),), OPTIONS, 20),
        ((video(bytes=20_000_000),), {**OPTIONS, "mode": "pull"}, 2),
        ((image(),), OPTIONS, 2),
        ((video(),), {"mode": "nonsense"}, 20),
        ((), {}, 20),
    ],
)
def test_lead_leaves_time_to_upload_and_the_address_alive(media: Any, options: dict[str, str], minutes: int) -> None:
    given = publication(media=media, options=options)
    assert bench("tiktok").channel.lead(given) == timedelta(minutes=minutes)
