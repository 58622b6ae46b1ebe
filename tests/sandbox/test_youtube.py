"""The emulated YouTube: its upload protocol, its limits, its quotas and its page."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.sandbox.youtube_tube import API, CHANNEL, CLIP, DAY, PARTS, TOKEN, UNIT, UPLOAD, UPLOADS, Tube, reason
from tests.sandbox.youtube_tube import tube as tube  # a fixture


def test_a_session_reports_its_address_and_progress(tube: Tube) -> None:
    content = CLIP + bytes(2 * UNIT)
    total = len(content)
    session = tube.start(size=total).headers["location"]
    assert session.startswith(f"{tube.sandbox.url}{UPLOAD}/videos?")
    assert "upload_id" in parse_qs(urlsplit(session).query)
    nothing = tube.put(session, b"", f"bytes */{total}")
    assert (nothing.status_code, nothing.headers.get("range")) == (308, None)
    some = tube.put(session, content[:UNIT], f"bytes 0-{UNIT - 1}/{total}")
    assert (some.status_code, some.headers["range"]) == (308, f"bytes=0-{UNIT - 1}")
    assert tube.put(session, b"", f"bytes */{total}").headers["range"] == f"bytes=0-{UNIT - 1}"
    assert tube.put(session, content[UNIT : UNIT + 1000], f"bytes {UNIT}-{UNIT + 999}/{total}").status_code == 400
    assert tube.put(session, content[:UNIT], f"bytes 0-{UNIT - 1}/{total}").status_code == 416
    assert tube.put(session, content[:UNIT], f"bytes 0-{UNIT - 1}/{total + 1}").status_code == 400
    assert tube.put(session, content[UNIT:], f"bytes {UNIT}-{total}/{total}").status_code == 400
    done = tube.put(session, content[UNIT:], f"bytes {UNIT}-{total - 1}/{total}")
    assert (done.status_code, done.json()["status"]["uploadStatus"]) == (201, "processed")


def test_the_final_answer_is_replayed_and_a_new_session_is_a_second_video(tube: Tube) -> None:
    session = tube.start().headers["location"]
    first = tube.put(session, CLIP).json()["id"]
    assert tube.put(session, CLIP).json()["id"] == first
    assert tube.put(session, b"", f"bytes */{len(CLIP)}").json()["id"] == first
    assert tube.upload()["id"] != first
    listed = tube.call("GET", f"{API}/playlistItems", params={"part": PARTS, "playlistId": UPLOADS, "maxResults": 50})
    assert len(listed.json()["items"]) == 2


def test_a_session_ends(tube: Tube) -> None:
    session = tube.start().headers["location"]
    tube.set("limits", "sessionSeconds", value=60)
    tube.sandbox.control("POST", "/clock", {"advanceSeconds": 61})
    assert tube.put(session, CLIP).status_code == 404
    assert tube.put(f"{UPLOAD}/videos?upload_id=unknown", CLIP).status_code == 404


def test_a_lost_final_answer_does_not_lose_the_video(tube: Tube) -> None:
    session = tube.start().headers["location"]
    tube.sandbox.plant("youtube", "upload_chunk", "accept_then_reset")
    with pytest.raises(httpx.TransportError):
        tube.put(session, CLIP)
    assert tube.put(session, b"", f"bytes */{len(CLIP)}").status_code == 200


def test_a_video_without_privacy_is_public_at_once(tube: Tube) -> None:
    tube.upload(snippet={"title": "Loud"}, status={})
    (seen,) = tube.sandbox.posts("youtube")
    assert (seen["text"], seen["raw"]["status"]["privacyStatus"]) == ("Loud", "public")
    assert [call["visible"] for call in tube.sandbox.calls("upload_chunk")] == [True]


def test_a_private_video_is_invisible_until_it_is_updated(tube: Tube) -> None:
    made = tube.upload()
    assert tube.sandbox.posts("youtube") == []
    other = tube.sandbox.control("POST", "/profiles", {"channel": "youtube", "name": "other"})
    tube.token = other["accessToken"]
    assert tube.video(made["id"]) is None
    stolen = tube.call("PUT", f"{API}/videos", params={"part": "status"}, json={"id": made["id"], "status": {}})
    assert reason(stolen) == (403, "forbidden")
    tube.token = TOKEN
    body = {"id": made["id"], "status": {"privacyStatus": "public"}}
    answer = tube.call("PUT", f"{API}/videos", params={"part": "status"}, json=body)
    assert answer.json()["status"]["privacyStatus"] == "public"
    assert answer.json()["status"]["license"] == "youtube"
    assert [post["id"] for post in tube.sandbox.posts("youtube")] == [made["id"]]
    again = tube.call("PUT", f"{API}/videos", params={"part": "status"}, json=body)
    assert again.status_code == 200
    assert [call["effect"] for call in tube.sandbox.calls("update_video")] == [False, True, False]


def test_publish_at_is_for_private_videos_and_keeps_its_time(tube: Tube) -> None:
    at = "2999-01-01T00:00:00Z"
    refused = tube.start({"snippet": {"title": "T"}, "status": {"privacyStatus": "public", "publishAt": at}})
    assert reason(refused) == (400, "invalidPublishAt")
    tube.upload(snippet={"title": "Later"}, status={"privacyStatus": "private", "publishAt": at})
    assert tube.sandbox.posts("youtube") == []
    past = "2020-01-01T00:00:00Z"
    tube.upload(snippet={"title": "Now"}, status={"privacyStatus": "private", "publishAt": past})
    assert [post["text"] for post in tube.sandbox.posts("youtube")] == ["Now"]


def test_processing_takes_its_time(tube: Tube) -> None:
    tube.set("delays", "processing", seconds=30)
    made = tube.upload()
    shown = tube.video(made["id"])
    assert shown is not None
    assert (shown["status"]["uploadStatus"], shown["processingDetails"]["processingStatus"]) == (
        "uploaded",
        "processing",
    )
    tube.sandbox.control("POST", "/clock", {"advanceSeconds": 31})
    shown = tube.video(made["id"])
    assert shown is not None
    assert (shown["status"]["uploadStatus"], shown["processingDetails"]["processingStatus"]) == (
        "processed",
        "succeeded",
    )


def test_files_are_probed(tube: Tube) -> None:
    words = tube.video(tube.upload(b"words")["id"])
    assert words is not None
    assert (words["status"]["uploadStatus"], words["status"]["failureReason"]) == ("failed", "invalidFile")
    tube.set("switches", "rejectDuplicates", enabled=True)
    tube.upload()
    twin = tube.video(tube.upload()["id"])
    assert twin is not None
    assert (twin["status"]["uploadStatus"], twin["status"]["rejectionReason"]) == ("rejected", "duplicate")


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ({"title": "t" * 100}, None),
        ({"title": "t" * 101}, "invalidTitle"),
        ({"title": " "}, "invalidTitle"),
        ({"title": "a<b"}, "invalidTitle"),
        ({"title": "t", "description": "ü" * 2500}, None),
        ({"title": "t", "description": "ü" * 2500 + "x"}, "invalidDescription"),
        ({"title": "t", "description": ">"}, "invalidDescription"),
        ({"title": "t", "tags": ["a" * 249, "b" * 250]}, None),
        ({"title": "t", "tags": ["a" * 249, "b" * 251]}, "invalidTags"),
        ({"title": "t", "tags": ["a " + "a" * 247, "b" * 249]}, "invalidTags"),
        ({"title": "t", "categoryId": "99"}, "invalidCategoryId"),
        ({"title": "t", "colour": "red"}, "badRequest"),
    ],
)
def test_metadata_are_checked_at_the_start(tube: Tube, snippet: dict[str, Any], expected: str | None) -> None:
    answer = tube.start({"snippet": snippet, "status": {"privacyStatus": "private"}})
    if expected is None:
        assert answer.status_code == 200
    else:
        assert reason(answer) == (400, expected)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"privacyStatus": "friends"}, (403, "forbiddenPrivacySetting")),
        ({"license": "mit"}, (403, "forbiddenLicenseSetting")),
        ({"embeddable": "yes"}, (400, "badRequest")),
        ({"madeForKids": True}, (400, "badRequest")),
    ],
)
def test_a_status_is_checked(tube: Tube, status: dict[str, Any], expected: tuple[int, str]) -> None:
    assert reason(tube.start({"snippet": {"title": "t"}, "status": status})) == expected


def test_parts_and_sizes_are_required(tube: Tube) -> None:
    assert reason(tube.start(part="")) == (400, "missingRequiredParameter")
    assert reason(tube.start(part="snippet")) == (400, "unexpectedPart")
    assert reason(tube.start(part="snippet,status,everything")) == (400, "unexpectedPart")
    assert reason(tube.start(size=274_877_906_945)) == (413, "uploadTooLarge")


def test_the_upload_quota_resets_at_midnight_in_california(tube: Tube) -> None:
    tube.set("limits", "uploadsPerDay", value=2)
    assert reason(tube.start({"snippet": {"title": ""}, "status": {}})) == (400, "invalidTitle")  # counts too
    assert tube.start().status_code == 200
    empty = tube.start()
    assert reason(empty) == (429, "rateLimitExceeded")
    assert empty.json()["error"]["errors"][0]["domain"] == "global"
    assert "per day" in empty.json()["error"]["message"]
    tube.set("switches", "emptyBucketIs403", enabled=True)
    assert reason(tube.start()) == (403, "quotaExceeded")
    tube.sandbox.control("POST", "/clock", {"advanceSeconds": DAY})
    assert tube.start().status_code == 200


def test_other_calls_use_quota_units(tube: Tube) -> None:
    made = tube.upload()
    tube.set("limits", "unitsPerDay", value=51)
    body = {"id": made["id"], "status": {"privacyStatus": "unlisted"}}
    assert tube.call("PUT", f"{API}/videos", params={"part": "status"}, json=body).status_code == 200
    assert tube.video(made["id"]) is not None
    params = {"part": "status", "id": made["id"]}
    assert reason(tube.call("GET", f"{API}/videos", params=params)) == (403, "quotaExceeded")


def test_a_channel_has_a_limit_of_its_own(tube: Tube) -> None:
    tube.set("limits", "uploadsPerChannel", value=1)
    tube.upload()
    assert reason(tube.start()) == (400, "uploadLimitExceeded")
    tube.sandbox.control("POST", "/clock", {"advanceSeconds": DAY + 1})
    assert tube.start().status_code == 200


def test_new_uploads_are_listed_late(tube: Tube) -> None:
    tube.set("delays", "listing", seconds=60)
    made = tube.upload()
    params = {"part": "snippet,contentDetails", "playlistId": UPLOADS}
    assert tube.call("GET", f"{API}/playlistItems", params=params).json()["items"] == []
    tube.sandbox.control("POST", "/clock", {"advanceSeconds": 61})
    (entry,) = tube.call("GET", f"{API}/playlistItems", params=params).json()["items"]
    assert entry["contentDetails"]["videoId"] == made["id"]
    wrong = tube.call("GET", f"{API}/playlistItems", params=params | {"playlistId": "UUother"})
    assert reason(wrong) == (404, "playlistNotFound")


@pytest.mark.parametrize(
    ("status", "expected"), [("suspended", (403, "channelSuspended")), ("no_channel", (401, "youtubeSignupRequired"))]
)
def test_a_suspended_or_missing_channel_is_refused(tube: Tube, status: str, expected: tuple[int, str]) -> None:
    tube.sandbox.control("PATCH", f"/profiles/youtube/{CHANNEL}", {"status": status})
    assert reason(tube.start()) == expected


def test_a_published_video_is_played_on_the_page(tube: Tube) -> None:
    tube.upload(snippet={"title": "Monsoon <3"[:7], "description": "Rain & sale"}, status={"privacyStatus": "public"})
    page = tube.sandbox.http.get("/?channel=youtube").text
    assert "<video" in page
    assert "Rain &amp; sale" in page
    assert 'class="chip youtube"' in page


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", f"{API}/videos", {"part": "id", "ids": "x"}),
        ("GET", f"{API}/channels", {"part": "id", "mine": "true", "mime": "true"}),
        ("PUT", f"{API}/videos", {"part": "status", "notifySubscribers": "false"}),
        ("POST", f"{UPLOAD}/videos", {"part": PARTS, "uploadType": "resumable", "notifySubcribers": "false"}),
    ],
)
def test_a_parameter_that_google_does_not_know_is_refused(
    tube: Tube, method: str, path: str, query: dict[str, str]
) -> None:
    assert reason(tube.call(method, path, params=query)) == (400, "badRequest")


@pytest.mark.parametrize(
    ("part", "refusal"),
    [
        ({"localizations": {"de": {"title": "t"}}, "snippet": {"title": "T"}}, "defaultLanguageNotSet"),
        ({"localizations": {"de": {"title": ""}}}, "invalidTitle"),
        ({"localizations": {"de": {"titel": "t"}}}, "badRequest"),
        ({"localizations": ["de"]}, "badRequest"),
        ({"recordingDetails": {"recordingDate": "2026-11-01"}}, "invalidRecordingDetails"),
        ({"recordingDetails": {"day": "2026-11-01"}}, "badRequest"),
        ({"paidProductPlacementDetails": {"hasPaidProductPlacement": "yes"}}, "badRequest"),
        ({"statistics": {}}, "unexpectedPart"),
    ],
)
def test_further_parts_are_checked(tube: Tube, part: dict[str, Any], refusal: str) -> None:
    body = {"snippet": {"title": "T", "defaultLanguage": "en"}, "status": {"privacyStatus": "private"}, **part}
    assert reason(tube.start(body, part=",".join(body))) == (400, refusal)


def test_further_parts_are_shown_when_named(tube: Tube) -> None:
    further = {"recordingDetails": {"recordingDate": "2026-11-01T00:00:00Z"}}
    body = {"snippet": {"title": "T"}, "status": {"privacyStatus": "private"}, **further}
    session = tube.start(body, part=",".join(body)).headers["location"]
    video_id = tube.put(session, CLIP).json()["id"]
    shown = tube.video(video_id, "status,recordingDetails") or {}
    assert shown["recordingDetails"] == further["recordingDetails"]
    assert "recordingDetails" not in (tube.video(video_id, "status") or {})
