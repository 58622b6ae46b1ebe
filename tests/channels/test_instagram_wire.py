"""Container parameters, by the names that Meta's own SDK knows, and answers read leniently."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from munadi.channels.instagram.spec import Graduation, Kind, Options, UserTag
from munadi.channels.instagram.wire import carousel_form, child_form, kind_of, single_form
from munadi.channels.meta.wire import read_post
from munadi.domain.content import Draft
from tests.channels.making import StoredMedia, draft, image, video

STORE = StoredMedia()
URL = "https://munadi.example/media/med_0"


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (draft(media=(image(),)), Kind.IMAGE),
        (draft(media=(video(),)), Kind.REEL),
        (draft(media=(image(0), video(1))), Kind.CAROUSEL),
        (draft(media=(image(),), options={"kind": "story"}), Kind.STORY),
    ],
)
def test_the_kind_is_asked_for_or_follows_from_the_media(given: Draft, kind: Kind) -> None:
    assert kind_of(given, Options.model_validate(given.options)) is kind


def test_an_image() -> None:
    options = Options(
        collaborators=("a", "b"),
        location_id="7",
        user_tags=(UserTag(username="c", x=0.5, y=0.25),),
        is_ai_generated=True,
    )
    assert single_form(draft("Hi", media=(image(alt="Alt"),)), options, Kind.IMAGE, STORE) == {
        "image_url": URL,
        "caption": "Hi",
        "alt_text": "Alt",
        "collaborators": '["a", "b"]',
        "location_id": "7",
        "user_tags": '[{"username": "c", "x": 0.5, "y": 0.25}]',
        "is_ai_generated": "true",
    }


def test_a_reel() -> None:
    options = Options(share_to_feed=False, thumb_offset=1500, user_tags=(UserTag(username="c"),))
    assert single_form(draft("Hi", media=(video(alt="Alt"),)), options, Kind.REEL, STORE) == {
        "media_type": "REELS",
        "video_url": URL,
        "caption": "Hi",
        "share_to_feed": "false",
        "thumb_offset": "1500",
        "user_tags": '[{"username": "c"}]',
    }


def test_a_reel_with_a_cover_and_a_sound_on_trial() -> None:
    options = Options(cover_index=1, audio_name="Monsoon", trial_graduation=Graduation.PERFORMANCE)
    assert kind_of(draft(media=(video(0), image(1))), options) is Kind.REEL
    assert single_form(draft(media=(video(),)), options, Kind.REEL, STORE, image()) == {
        "media_type": "REELS",
        "video_url": URL,
        "cover_url": URL,
        "audio_name": "Monsoon",
        "trial_params": '{"graduation_strategy": "SS_PERFORMANCE"}',
    }


def test_people_are_tagged_in_the_media_of_a_carousel() -> None:
    tags = (UserTag(username="c", x=0.5, y=0.25, media_index=1),)
    assert child_form(image(), STORE, tags)["user_tags"] == '[{"username": "c", "x": 0.5, "y": 0.25}]'
    assert "user_tags" not in child_form(image(), STORE)
    assert "user_tags" not in carousel_form(draft("Hi"), Options(user_tags=tags), ["1", "2"])


@pytest.mark.parametrize(("media", "name"), [(image(), "image_url"), (video(), "video_url")])
def test_a_story_has_no_caption(media: Any, name: str) -> None:
    form = single_form(draft("ignored", media=(media,)), Options(), Kind.STORY, STORE)
    assert form == {"media_type": "STORIES", name: URL}


def test_a_carousel() -> None:
    assert child_form(image(alt="Alt"), STORE) == {"is_carousel_item": "true", "image_url": URL, "alt_text": "Alt"}
    assert child_form(video(alt="Alt"), STORE) == {"is_carousel_item": "true", "video_url": URL, "media_type": "VIDEO"}
    assert carousel_form(draft("Hi"), Options(share_to_feed=True), ["1", "2"]) == {
        "media_type": "CAROUSEL",
        "children": "1,2",
        "caption": "Hi",
        "share_to_feed": "true",
    }


def test_no_caption_is_no_parameter() -> None:
    assert single_form(draft(media=(image(),)), Options(), Kind.IMAGE, STORE) == {"image_url": URL}


@pytest.mark.parametrize("fields", [None, [], {}, {"id": ""}, {"caption": "x"}])
def test_what_has_no_id_is_no_media(fields: Any) -> None:
    assert read_post(fields) is None


def test_a_media_is_read_leniently() -> None:
    read = read_post({"id": 18, "caption": None, "permalink": 7, "timestamp": "2026-12-01T09:00:00+0000", "new": 1})
    assert read is not None
    assert (read.id, read.text, read.permalink) == ("18", "", None)
    assert read.timestamp == datetime(2026, 12, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, 7, "soon", "2026-12-01T09:00:00"])
def test_a_time_without_a_zone_is_no_time(value: Any) -> None:
    read = read_post({"id": "18", "timestamp": value})
    assert read is not None
    assert read.timestamp is None
