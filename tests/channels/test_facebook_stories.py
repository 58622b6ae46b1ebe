"""What the list of a Page's stories proves: their times are seconds as text, and they are listed for a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from munadi.channels.facebook.spec import SPEC
from munadi.channels.facebook.wire import read_story
from munadi.domain.publication import Absent, Published, Unknown
from tests.channels.facebook_posts import PAGE, WHO, with_photos
from tests.channels.making import NOW, bench, image, publication
from tests.channels.network import ok

STORY = publication("", media=(image(),), options={"kind": "story"})
EARLIER, LATER = NOW - timedelta(hours=2), NOW + timedelta(seconds=1)


def seconds(at: datetime) -> str:
    return str(int(at.timestamp()))


def row(at: Any, media_id: str = "p9") -> dict[str, Any]:
    return {"post_id": 1234, "media_id": media_id, "media_type": "photo", "creation_time": at, "status": "PUBLISHED"}


@pytest.mark.parametrize("given", [seconds(NOW), int(NOW.timestamp()), NOW.strftime("%Y-%m-%dT%H:%M:%S+0000")])
def test_a_storys_time_is_read_in_every_shape(given: Any) -> None:
    story = read_story(row(given))
    assert story is not None
    assert (story.id, story.created_at) == ("1234", NOW)


@pytest.mark.parametrize("given", [None, "soon", [], "0", ""])
def test_a_time_that_is_none_is_not_guessed(given: Any) -> None:
    story = read_story(row(given))
    assert story is not None
    assert story.created_at is None


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([], Absent),
        ([row(seconds(EARLIER))], Absent),  # another one, from before ours was due
        ([row(seconds(LATER))], Unknown),
        ([row(None)], Unknown),
        ([row(seconds(LATER), "p1")], Published),
        ([row(seconds(LATER), "p1"), row(seconds(LATER), "p2")], Unknown),
    ],
)
async def test_what_a_list_proves(rows: list[dict[str, Any]], found: type) -> None:
    built = bench("facebook")
    built.network.on("GET", f"/{PAGE}/stories", ok({"data": rows}))
    assert isinstance(await built.channel.find(STORY, WHO, with_photos(), NOW), found)


@pytest.mark.parametrize(("hours", "found"), [(22, Absent), (24, Unknown)])
async def test_after_a_day_an_empty_list_proves_nothing(hours: int, found: type) -> None:
    built = bench("facebook")
    built.network.on("GET", f"/{PAGE}/stories", ok({"data": []}))
    built.clock.forward(hours=hours)
    assert isinstance(await built.channel.find(STORY, WHO, with_photos(), NOW), found)


def test_a_lost_post_is_sent_again_within_85_seconds() -> None:
    """A post may be missing from a list for 30 seconds (docs/networks/facebook.md)."""
    assert SPEC.absence_window >= timedelta(seconds=30)
    assert SPEC.publish_deadline + SPEC.margin + SPEC.absence_window <= timedelta(seconds=85)
