"""The emulated YouTube: its upload protocol, its checks, its quotas, and its page."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sandbox.conftest import DAY, Sandbox, refusal
from tests.sandbox.tube import CLIP, PARTS, PRIVATE, PUBLIC, UNIT, UPLOAD, UPLOADS, Tube


@pytest.fixture
def tube(sandbox: Sandbox) -> Tube:
    return Tube(sandbox)


def test_a_session_reports_its_address_and_progress(tube: Tube) -> None:
    content = CLIP + bytes(2 * UNIT)
    total = len(content)
    session = tube.session(size=total)
    assert session.startswith(f"{tube.sandbox.url}{UPLOAD}/videos?")
    assert "upload_id" in parse_qs(urlsplit(session).query)

    def sent(first: int, last: int, until: int = total) -> tuple[int, str | None]:
        answer = tube.put(session, content[first:last], f"bytes {first}-{last - 1}/{until}")
        return answer.status_code, answer.headers.get("range")

    def stored() -> tuple[int, str | None]:
        answer = tube.put(session, b"", f"bytes */{total}")
        return answer.status_code, answer.headers.get("range")

    assert stored() == (308, None)
    assert sent(0, UNIT) == stored() == (308, f"bytes=0-{UNIT - 1}")
    assert sent(UNIT, UNIT + 1000)[0] == 400  # not a multiple
    assert sent(0, UNIT)[0] == 416
    assert sent(0, UNIT, total + 1)[0] == 400
    assert tube.put(session, content[UNIT:], f"bytes {UNIT}-{total}/{total}").status_code == 400
    done = tube.put(session, content[UNIT:], f"bytes {UNIT}-{total - 1}/{total}")
    assert (done.status_code, done.json()["status"]["uploadStatus"]) == (201, "processed")


def test_a_video_without_privacy_is_public_at_once(tube: Tube) -> None:
    body = {"snippet": {"title": "Loud", "description": "Rain & sale"}, "status": {}}
    assert tube.put(tube.session(body), CLIP).status_code == 201
    (seen,) = tube.posts()
    assert (seen["text"], seen["raw"]["status"]["privacyStatus"]) == ("Rain & sale", "public")
    assert [call["visible"] for call in tube.sandbox.calls("upload_chunk")] == [True]
    page = tube.sandbox.http.get("/?channel=youtube").text
    assert [words in page for words in ("<video", "Rain &amp; sale", 'class="chip youtube"')] == [True] * 3


def test_a_private_video_is_invisible_until_it_is_updated(tube: Tube) -> None:
    made = tube.upload()
    assert tube.posts() == []
    other = Tube(tube.sandbox)
    other.token = tube.sandbox.control("POST", "/profiles", {"channel": "youtube", "name": "other"})["accessToken"]
    assert other.video(made) == {}
    assert refusal(other.update(made)) == (403, "forbidden")
    status = tube.update(made, **PUBLIC).json()["status"]
    assert (status["privacyStatus"], status["license"]) == ("public", "youtube")
    assert [post["id"] for post in tube.posts()] == [made]
    assert tube.update(made, **PUBLIC).status_code == 200
    assert [call["effect"] for call in tube.sandbox.calls("update_video")] == [False, True, False]


ENGLISH = {"title": "T", "defaultLanguage": "en"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"snippet": {"title": "t" * 100}}, None),
        ({"snippet": {"title": "t" * 101}}, (400, "invalidTitle")),
        ({"snippet": {"title": " "}}, (400, "invalidTitle")),
        ({"snippet": {"title": "a<b"}}, (400, "invalidTitle")),
        ({"snippet": {"title": "t", "description": "ü" * 2500}}, None),
        ({"snippet": {"title": "t", "description": "ü" * 2500 + "x"}}, (400, "invalidDescription")),
        ({"snippet": {"title": "t", "description": ">"}}, (400, "invalidDescription")),
        ({"snippet": {"title": "t", "tags": ["a" * 249, "b" * 250]}}, None),
        ({"snippet": {"title": "t", "tags": ["a" * 249, "b" * 251]}}, (400, "invalidTags")),
        ({"snippet": {"title": "t", "tags": ["a " + "a" * 247, "b" * 249]}}, (400, "invalidTags")),
        ({"snippet": {"title": "t", "categoryId": "99"}}, (400, "invalidCategoryId")),
        ({"localizations": {"de": {"title": "t"}}, "snippet": {"title": "T"}}, (400, "defaultLanguageNotSet")),
        ({"localizations": {"de": {"title": ""}}}, (400, "invalidTitle")),
    ],
)
def test_metadata_are_checked_at_the_start(tube: Tube, body: dict[str, Any], expected: tuple[int, str] | None) -> None:
    body = {"snippet": ENGLISH, "status": PRIVATE, **body}
    answer = tube.start(body, part=",".join(body))
    assert (None if answer.status_code == 200 else refusal(answer)) == expected


def test_parts_and_sizes_are_required(tube: Tube) -> None:
    assert refusal(tube.start(part="snippet")) == (400, "unexpectedPart")
    assert refusal(tube.start(size=274_877_906_945)) == (413, "uploadTooLarge")
    assert refusal(tube.get("search")) == (404, "notFound")


def test_the_upload_quota_resets_at_midnight_in_california(tube: Tube) -> None:
    tube.set(uploadsPerDay=2)
    assert refusal(tube.start({"snippet": {"title": ""}, "status": {}})) == (400, "invalidTitle")  # counts too
    assert tube.start().status_code == 200
    empty = tube.start()
    assert refusal(empty) == (429, "rateLimitExceeded")
    error = empty.json()["error"]
    assert (error["errors"][0]["domain"], "per day" in error["message"]) == ("global", True)
    tube.sandbox.advance(DAY)
    assert tube.start().status_code == 200


def test_new_uploads_are_listed_late(tube: Tube) -> None:
    tube.set(listing=60)
    made, asked = tube.upload(), {"part": "snippet,contentDetails", "playlistId": UPLOADS}
    assert tube.get("playlistItems", **asked).json()["items"] == []
    tube.sandbox.advance(61)
    (entry,) = tube.get("playlistItems", **asked).json()["items"]
    assert entry["contentDetails"]["videoId"] == made
    assert refusal(tube.get("playlistItems", **asked | {"playlistId": "UUother"})) == (404, "playlistNotFound")


def test_the_final_answer_is_replayed_and_a_new_session_is_a_second_video(tube: Tube) -> None:
    session = tube.session()
    first = tube.put(session, CLIP).json()["id"]
    assert tube.put(session, CLIP).json()["id"] == first
    assert tube.put(session, b"", f"bytes */{len(CLIP)}").json()["id"] == first
    assert tube.upload() != first
    assert len(tube.get("playlistItems", part=PARTS, playlistId=UPLOADS, maxResults=50).json()["items"]) == 2
