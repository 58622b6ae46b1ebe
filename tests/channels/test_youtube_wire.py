"""The metadata of an upload, and lenient reading of answers. `../judges` checks the names."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.channels.youtube.spec import Options, Settings
from munadi.channels.youtube.wire import (
    Video,
    counted_tags,
    metadata,
    read_uploads,
    read_video,
    read_videos,
    title_of,
)
from munadi.domain.failure import ChannelError, Effect
from munadi.ports import Answer
from tests.channels.making import draft

FULL = Options.model_validate(
    {
        "madeForKids": False,
        "title": "T",
        "tags": ["sale", "big rain"],
        "categoryId": "24",
        "defaultLanguage": "en",
        "license": "creativeCommon",
        "containsSyntheticMedia": True,
    }
)
PLAIN = Options(made_for_kids=True)


def body(parsed: Any) -> Answer:
    return Answer(200, {}, parsed, "")


def test_further_parts_are_sent_only_where_they_are_used() -> None:
    used = {
        "defaultLanguage": "en",
        "defaultAudioLanguage": "ta",
        "localizations": {"de": {"title": "Ausverkauf"}, "pt-BR": {"title": "Liquidação", "description": "Já"}},
        "recordingDate": "2026-11-01",
        "paidProductPlacement": True,
    }
    shaped = metadata(draft("Sale"), Options.model_validate({"madeForKids": False, **used}))
    assert shaped["snippet"]["defaultAudioLanguage"] == "ta"
    assert {name: part for name, part in shaped.items() if name not in ("snippet", "status")} == {
        "localizations": {
            "de": {"title": "Ausverkauf", "description": ""},
            "pt-BR": {"title": "Liquidação", "description": "Já"},
        },
        "recordingDetails": {"recordingDate": "2026-11-01T00:00:00Z"},
        "paidProductPlacementDetails": {"hasPaidProductPlacement": True},
    }


def test_an_upload_is_private_and_has_only_what_was_given() -> None:
    shaped = metadata(draft("Text"), FULL)
    assert shaped.keys() == {"snippet", "status"}
    assert shaped["snippet"] == {
        "title": "T",
        "description": "Text",
        "categoryId": "24",
        "tags": ["sale", "big rain"],
        "defaultLanguage": "en",
    }
    assert shaped["status"]["privacyStatus"] == "private"


@pytest.mark.parametrize("given", ["\n\n  First \nSecond", "First", "First\r\nSecond", " First\n"])
def test_the_title_is_the_first_line_with_words(given: str) -> None:
    assert title_of(draft(given), PLAIN) == "First"
    assert title_of(draft(given), FULL) == "T"


@pytest.mark.parametrize(
    ("tags", "length"), [((), 0), (("ab",), 2), (("ab", "c"), 4), (("a b",), 5), (("a b", "c d", "e"), 13)]
)
def test_tags_count_commas_and_quotes(tags: tuple[str, ...], length: int) -> None:
    assert counted_tags(tags) == length


@pytest.mark.parametrize("fields", [None, [], "x", {}, {"id": ""}, {"id": {"videoId": "x"}}, {"id": 5}])
def test_answers_that_are_no_video(fields: Any) -> None:
    assert read_video(fields) is None


def test_a_video_is_read_leniently() -> None:
    assert read_video({"id": "v", "status": "odd", "processingDetails": [1]}) == Video(id="v")
    assert read_video({"id": "v", "status": {"privacyStatus": 5, "uploadStatus": "new"}}) == Video(id="v", upload="new")
    whole = {
        "id": "v",
        "status": {
            "privacyStatus": "private",
            "uploadStatus": "failed",
            "failureReason": "codec",
            "rejectionReason": "claim",
        },
        "processingDetails": {"processingStatus": "failed", "processingFailureReason": "other"},
    }
    assert read_video(whole) == Video(
        id="v",
        privacy="private",
        upload="failed",
        failure="codec",
        rejection="claim",
        processing="failed",
        processing_failure="other",
    )


@pytest.mark.parametrize("given", [{"kind": "youtube#xListResponse"}, {"items": []}, {"items": [None, {}, []]}])
def test_a_list_of_nothing(given: Any) -> None:
    assert read_videos(body(given)) == []
    assert read_uploads(body(given)) == []


@pytest.mark.parametrize("given", [None, {}, {"items": None}, {"items": {}}, {"kind": "youtube#video"}])
def test_an_answer_that_is_no_list_is_not_an_empty_list(given: Any) -> None:
    with pytest.raises(ChannelError) as caught:
        read_videos(body(given))
    assert (caught.value.effect, caught.value.provider_code) == (Effect.UNKNOWN, "NO_PROOF")


def test_an_upload_may_name_its_video_in_two_places() -> None:
    at = "2026-12-01T09:00:00Z"
    entries = [
        {"snippet": {"publishedAt": at, "title": "T", "resourceId": {"videoId": "a"}}},
        {"snippet": {"publishedAt": at, "description": 5}, "contentDetails": {"videoId": "b"}},
        {"snippet": {"publishedAt": "2026-12-01T09:00:00"}, "contentDetails": {"videoId": "c"}},
        {"snippet": {"publishedAt": at}},
    ]
    found = read_uploads(body({"items": entries}))
    assert [(upload.video_id, upload.title, upload.description) for upload in found] == [("a", "T", ""), ("b", "", "")]


@pytest.mark.parametrize("size", [262_144, 8 << 20, 16 << 20])
def test_a_chunk_is_a_multiple_of_256_kib(size: int) -> None:
    assert Settings(chunk_bytes=size).chunk_bytes == size


@pytest.mark.parametrize("size", [0, 262_143, 262_145, 1_000_000, 1 << 30])
def test_any_other_chunk_is_refused(size: int) -> None:
    with pytest.raises(ValueError):
        Settings(chunk_bytes=size)
