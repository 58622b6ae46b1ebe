"""The options of an emulated Instagram container: covers, tags, audio, trials."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.sandbox.conftest import INSTAGRAM_ID, Instagram, MediaSite, video

PLACED = '[{"username": "a", "x": 0.5, "y": 1}]'
UNPLACED = '[{"username": "a"}]'
MANUAL = '{"graduation_strategy": "MANUAL"}'


def made(instagram: Instagram, site: MediaSite, kind: str, **form: Any) -> tuple[int, int | None]:
    """How a container with these parameters is answered: its status, and the error's subcode."""
    media = {
        "IMAGE": {"image_url": site.image()},
        "REELS": {"media_type": "REELS", "video_url": site.put("v.mp4", video(3), "video/mp4")},
        "CAROUSEL": {"media_type": "CAROUSEL", "children": "1,2"},
    }
    answer = instagram.post(f"{INSTAGRAM_ID}/media", **media[kind], **form)
    found = answer.json().get("error", {})
    return answer.status_code, found.get("error_subcode")


@pytest.mark.parametrize(
    ("kind", "form", "status"),
    [
        ("IMAGE", {"user_tags": PLACED}, 200),
        ("IMAGE", {"user_tags": UNPLACED}, 400),
        ("IMAGE", {"user_tags": '[{"username": "a", "x": 2, "y": 0}]'}, 400),
        ("IMAGE", {"user_tags": '[{"x": 0, "y": 0}]'}, 400),
        ("IMAGE", {"user_tags": "a"}, 400),
        ("REELS", {"user_tags": UNPLACED}, 200),
        ("REELS", {"user_tags": PLACED}, 400),
        ("CAROUSEL", {"user_tags": PLACED}, 400),
        ("IMAGE", {"collaborators": '["a", "b", "c"]'}, 200),
        ("IMAGE", {"collaborators": '["a", "b", "c", "d"]'}, 400),
        ("REELS", {"audio_name": "Monsoon", "trial_params": MANUAL, "thumb_offset": "10"}, 200),
        ("REELS", {"trial_params": '{"graduation_strategy": "NEVER"}'}, 400),
        ("REELS", {"thumb_offset": "-1"}, 400),
        ("IMAGE", {"audio_name": "Monsoon"}, 400),
        ("IMAGE", {"trial_params": MANUAL}, 400),
    ],
)
def test_parameters_are_checked(
    instagram: Instagram, site: MediaSite, kind: str, form: dict[str, str], status: int
) -> None:
    assert made(instagram, site, kind, **form)[0] == status


def test_a_cover_is_fetched_and_reads_back(instagram: Instagram, site: MediaSite) -> None:
    cover = site.image("cover.jpg", size=(90, 1600))
    film = site.put("v.mp4", video(3), "video/mp4")
    container = instagram.container(media_type="REELS", video_url=film, cover_url=cover)
    instagram.finished(container)
    media = instagram.publish(container).json()["id"]
    shown = instagram.get(f"v26.0/{media}", fields="thumbnail_url").json()["thumbnail_url"]
    assert shown.endswith(hashlib.sha256(site.files["/cover.jpg"][0]).hexdigest())


def test_a_cover_that_is_missing_or_of_no_reel(instagram: Instagram, site: MediaSite) -> None:
    assert made(instagram, site, "REELS", cover_url=site.image("cover.jpg").replace("cover", "other")) == (400, 2207052)
    assert made(instagram, site, "IMAGE", cover_url=site.image("cover.jpg")) == (400, None)
