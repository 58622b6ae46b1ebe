"""Tokens, thumbnails and comments of the emulated YouTube, and Google's own client in front of it."""

from __future__ import annotations

import copy
import io
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build_from_document
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaIoBaseUpload

from tests.judges.discovery import document
from tests.sandbox.conftest import Sandbox, picture, refusal
from tests.sandbox.consenting import Consenting
from tests.sandbox.tube import CHANNEL, CLIP, PRIVATE, PUBLIC, UNIT, UPLOAD, UPLOADS, Tube

SCOPE, GRANT = "https://www.googleapis.com/auth/youtube", "1//0sandboxMunadiRefreshToken"
JPEG, LARGEST = picture(format="JPEG"), 52_428_800


@pytest.fixture
def tube(sandbox: Sandbox) -> Tube:
    return Tube(sandbox)


# Tokens


def refresh(tube: Tube) -> httpx.Response:
    form = {"client_id": "a", "client_secret": "b", "grant_type": "refresh_token", "refresh_token": GRANT}
    return tube.sandbox.http.post("/youtube/token/token", data=form)


def test_a_code_becomes_tokens_with_what_was_granted(tube: Tube) -> None:
    one = Consenting(tube.sandbox, "youtube")
    code = one.approved(access_type="offline", prompt="consent", untick=f"{SCOPE}.readonly")["code"]
    tokens = one.exchange(code).json()
    assert (tokens["scope"], tokens["expires_in"], "refresh_token" in tokens) == (f"{SCOPE}.upload", 3599, True)
    tube.token = tokens["access_token"]
    assert tube.start().status_code == 200
    refused = tube.get("channels", part="id", mine="true")
    assert refusal(refused) == (403, "insufficientPermissions")
    assert refused.json()["error"]["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    assert "refresh_token" not in one.exchange(one.approved(access_type="offline")["code"]).json()  # the second time


def test_the_oldest_of_too_many_grants_ends(tube: Tube) -> None:
    for _ in range(99):
        tube.sandbox.control("POST", f"/profiles/youtube/{CHANNEL}/credentials")
    assert refresh(tube).status_code == 200
    tube.sandbox.control("POST", f"/profiles/youtube/{CHANNEL}/credentials")
    assert refusal(refresh(tube)) == (400, "invalid_grant")


# Thumbnails


def show(tube: Tube, video_id: str, content: bytes = JPEG, kind: str = "image/jpeg", **query: Any) -> httpx.Response:
    params = {"uploadType": "media", "videoId": video_id, **query}
    return tube.call("POST", f"{UPLOAD}/thumbnails/set", params=params, content=content, headers={"content-type": kind})


def test_a_short_accepts_a_thumbnail_after_processing_and_the_page_shows_it(tube: Tube) -> None:
    tube.set(processing=30)
    made = tube.upload(title="Monsoon", **PUBLIC)  # vertical, so it is a Short
    assert refusal(show(tube, made)) == (400, "failedPrecondition")
    tube.sandbox.advance(31)
    assert "thumbnail" not in tube.sandbox.http.get("/?channel=youtube").text
    (sizes,) = show(tube, made).json()["items"]
    assert tube.sandbox.http.get(sizes["default"]["url"]).content == JPEG
    assert 'alt="thumbnail: Monsoon"' in tube.sandbox.http.get("/?channel=youtube").text


@pytest.mark.parametrize(
    ("content", "kind", "query", "expected"),
    [
        (b"words", "image/jpeg", {}, (400, "invalidImage")),
        (picture(format="WEBP"), "image/jpeg", {}, (400, "invalidImage")),
        (b"", "image/png", {}, (400, "mediaBodyRequired")),
        (JPEG, "image/jpeg", {"videoId": "none"}, (404, "videoNotFound")),
    ],
    ids=["words", "WebP called JPEG", "nothing", "no such video"],
)
def test_an_invalid_thumbnail_is_refused(
    tube: Tube, content: bytes, kind: str, query: dict[str, str], expected: tuple[int, str]
) -> None:
    assert refusal(show(tube, tube.upload(), content, kind, **query)) == expected


@pytest.mark.parametrize("kind", ["image/jpeg", "image/png", "application/octet-stream"])
def test_a_picture_of_fifty_megabytes_is_the_largest(tube: Tube, kind: str) -> None:
    made, largest = tube.upload(), picture(format="PNG" if kind == "image/png" else "JPEG").ljust(LARGEST, b"\0")
    assert show(tube, made, largest, kind).status_code == 200
    assert refusal(show(tube, made, largest + b"\0", kind)) == (400, "invalidImage")


def test_thumbnails_need_a_verified_channel(tube: Tube) -> None:
    made = tube.upload()
    tube.sandbox.status("youtube", CHANNEL, "unverified")
    assert refusal(show(tube, made)) == (403, "forbidden")


# Comments


def write(tube: Tube, video_id: str, text: str = "Come in", **change: str) -> httpx.Response:
    snippet = {"channelId": CHANNEL, "videoId": video_id, "topLevelComment": {"snippet": {"textOriginal": text}}}
    return tube.call("POST", "commentThreads", params={"part": "snippet"}, json={"snippet": snippet | change})


def test_comments_are_seen_at_once_and_listed_late_and_newest_first(tube: Tube) -> None:
    tube.set(listing=60)
    made = tube.upload(**PUBLIC)
    assert [write(tube, made, text).status_code for text in ("first", "second")] == [200, 200]
    assert tube.posts()[0]["comments"] == ["first", "second"]
    assert tube.get("commentThreads", part="snippet", videoId=made).json()["items"] == []
    tube.sandbox.advance(61)
    listed = tube.get("commentThreads", part="snippet", videoId=made).json()["items"]
    texts = [each["snippet"]["topLevelComment"]["snippet"]["textOriginal"] for each in listed]
    assert texts == ["second", "first"]


@pytest.mark.parametrize("status", [PRIVATE, {**PUBLIC, "selfDeclaredMadeForKids": True}], ids=str)
def test_comments_can_be_disabled(tube: Tube, status: dict[str, Any]) -> None:
    made = tube.upload(**status)
    assert refusal(write(tube, made)) == (403, "commentsDisabled")
    assert refusal(tube.get("commentThreads", part="snippet", videoId=made)) == (403, "commentsDisabled")


def test_an_invalid_comment_is_refused(tube: Tube) -> None:
    made = tube.upload(**PUBLIC)
    assert refusal(write(tube, made, " ")) == (400, "commentTextRequired")
    assert refusal(write(tube, made, "c" * 10_001)) == (400, "commentTextTooLong")
    assert refusal(write(tube, made, videoId="")) == (400, "channelOrVideoIdMissing")
    assert refusal(write(tube, "none")) == (404, "videoNotFound")


# Google's own client for Python


@pytest.fixture
def google(tube: Tube) -> Iterator[Any]:
    described = {**copy.deepcopy(document()), "rootUrl": f"{tube.sandbox.url}/youtube/api/"}
    with build_from_document(described, credentials=Credentials(tube.token)) as client:
        yield client


def test_upload_update_and_read_with_googles_client(google: Any) -> None:
    mine = google.channels().list(part="id,contentDetails", mine=True).execute()["items"]
    assert [each["id"] for each in mine] == [CHANNEL]
    # Three chunks: what follows the clip is an atom that players skip.
    long = CLIP + (2 * UNIT - 4).to_bytes(4, "big") + b"free" + bytes(2 * UNIT - 12)
    media = MediaIoBaseUpload(io.BytesIO(long), "video/mp4", chunksize=UNIT, resumable=True)
    body = {"snippet": {"title": "Monsoon", "categoryId": "22"}, "status": PRIVATE}
    call, made, shares = google.videos().insert(part="snippet,status", body=body, media_body=media), None, 0
    while made is None:
        progress, made = call.next_chunk()
        shares += progress is not None
    assert shares == 2
    media = MediaIoBaseUpload(io.BytesIO(JPEG), "image/jpeg")
    assert google.thumbnails().set(videoId=made["id"], media_body=media).execute()["items"]
    google.videos().update(part="status", body={"id": made["id"], "status": PUBLIC}).execute()
    listed = google.videos().list(part="status,processingDetails", id=[made["id"]]).execute()["items"]
    assert [each["status"]["privacyStatus"] for each in listed] == ["public"]
    uploads = google.playlistItems().list(part="contentDetails", playlistId=UPLOADS, maxResults=50).execute()
    assert [each["contentDetails"]["videoId"] for each in uploads["items"]] == [made["id"]]
    google.videos().delete(id=made["id"]).execute()
    assert google.videos().list(part="id", id=[made["id"]]).execute()["items"] == []


def test_googles_client_reads_the_errors(google: Any) -> None:
    with pytest.raises(HttpError) as caught:
        google.videos().delete(id="none").execute()
    assert (caught.value.status_code, caught.value.reason) == (404, caught.value.error_details[0]["message"])
    assert [each["reason"] for each in caught.value.error_details] == ["videoNotFound"]
