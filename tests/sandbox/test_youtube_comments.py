"""commentThreads of the emulated YouTube."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.youtube_tube import API, CHANNEL, Tube, reason
from tests.sandbox.youtube_tube import tube as tube  # a fixture


def write(tube: Tube, video_id: str | None, text: Any = "Come in") -> httpx.Response:
    snippet = {"channelId": CHANNEL, "videoId": video_id, "topLevelComment": {"snippet": {"textOriginal": text}}}
    body = {"snippet": {name: value for name, value in snippet.items() if value}}
    return tube.call("POST", f"{API}/commentThreads", params={"part": "snippet"}, json=body)


def read(tube: Tube, video_id: str) -> httpx.Response:
    return tube.call("GET", f"{API}/commentThreads", params={"part": "snippet", "videoId": video_id})


def shown(tube: Tube, **status: Any) -> str:
    made = tube.upload(snippet={"title": "Monsoon"}, status={"privacyStatus": "public", **status})
    return str(made["id"])


def test_a_comment_is_listed_and_seen(tube: Tube) -> None:
    video_id = shown(tube)
    for text in ("first", "second"):
        assert write(tube, video_id, text).status_code == 200
    texts = [
        each["snippet"]["topLevelComment"]["snippet"]["textOriginal"] for each in read(tube, video_id).json()["items"]
    ]
    assert texts == ["second", "first"]
    (post,) = tube.sandbox.posts("youtube")
    assert post["comments"] == ["first", "second"]


def test_new_comments_are_listed_late(tube: Tube) -> None:
    tube.set("delays", "listing", seconds=60)
    video_id = shown(tube)
    write(tube, video_id)
    assert read(tube, video_id).json()["items"] == []
    tube.sandbox.control("POST", "/clock", {"advanceSeconds": 61})
    assert len(read(tube, video_id).json()["items"]) == 1


@pytest.mark.parametrize("status", [{"privacyStatus": "private"}, {"selfDeclaredMadeForKids": True}], ids=str)
def test_comments_can_be_disabled(tube: Tube, status: dict[str, Any]) -> None:
    video_id = shown(tube, **status)
    assert reason(write(tube, video_id)) == (403, "commentsDisabled")
    assert reason(read(tube, video_id)) == (403, "commentsDisabled")


def test_an_invalid_comment_is_refused(tube: Tube) -> None:
    video_id = shown(tube)
    assert reason(write(tube, video_id, " ")) == (400, "commentTextRequired")
    assert reason(write(tube, video_id, "c" * 10_001)) == (400, "commentTextTooLong")
    assert reason(write(tube, None)) == (400, "channelOrVideoIdMissing")
    assert reason(write(tube, "none")) == (404, "videoNotFound")
