"""The emulated YouTube: its upload protocol, its limits, its quotas and its page."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.sandbox.conftest import Sandbox, picture, video

CHANNEL, UPLOADS = "UCmunadisandboxdefault00", "UUmunadisandboxdefault00"
TOKEN, GRANT = "ya29.sandboxMunadiAccessToken", "1//0sandboxMunadiRefreshToken"
API, UPLOAD = "/youtube/api/youtube/v3", "/youtube/api/upload/youtube/v3"
SCOPE = "https://www.googleapis.com/auth/youtube"
CALLBACK = "https://munadi.example/callback"
APP = {"client_id": "a", "client_secret": "b"}
UNIT = 262_144
DAY = 86_400
CLIP = video(1)
PARTS = "snippet,status"


class Tube:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.token = TOKEN
        for kind in ("processing", "listing"):
            sandbox.control("PUT", "/delays", {"channel": "youtube", "kind": kind, "seconds": 0})

    def call(self, method: str, path: str, **rest: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.token}"} | rest.pop("headers", {})
        return self.sandbox.http.request(method, path, headers=headers, **rest)

    def start(self, body: Any = None, size: int = len(CLIP), part: str = PARTS) -> httpx.Response:
        body = body or {"snippet": {"title": "T", "categoryId": "22"}, "status": {"privacyStatus": "private"}}
        headers = {"x-upload-content-length": str(size), "x-upload-content-type": "video/mp4"}
        params = {"uploadType": "resumable", "part": part}
        return self.call("POST", f"{UPLOAD}/videos", json=body, headers=headers, params=params)

    def put(self, session: str, content: bytes, content_range: str | None = None) -> httpx.Response:
        headers = {"content-range": content_range} if content_range else {}
        return self.call("PUT", session, content=content, headers=headers)

    def upload(self, content: bytes = CLIP, **body: Any) -> dict[str, Any]:
        session = self.start(body or None, len(content)).headers["location"]
        answer = self.put(session, content)
        assert answer.status_code == 201, answer.text
        resource: dict[str, Any] = answer.json()
        return resource

    def video(self, video_id: str, part: str = "status,processingDetails") -> dict[str, Any] | None:
        listed = self.call("GET", f"{API}/videos", params={"part": part, "id": video_id}).json()["items"]
        return listed[0] if listed else None

    def set(self, what: str, kind: str, **value: Any) -> None:
        self.sandbox.control("PUT", f"/{what}", {"channel": "youtube", "kind": kind, **value})


@pytest.fixture
def tube(sandbox: Sandbox) -> Tube:
    return Tube(sandbox)


def reason(answer: httpx.Response) -> tuple[int, str]:
    error = answer.json()["error"]
    assert error["code"] == answer.status_code
    return answer.status_code, error["errors"][0]["reason"]


def test_a_session_tells_where_to_send_and_how_much_it_has(tube: Tube) -> None:
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


def test_a_lost_final_answer_has_made_the_video(tube: Tube) -> None:
    session = tube.start().headers["location"]
    tube.sandbox.plant("youtube", "upload_chunk", "accept_then_reset")
    with pytest.raises(httpx.TransportError):
        tube.put(session, CLIP)
    assert tube.put(session, b"", f"bytes */{len(CLIP)}").status_code == 200


def test_privacy_left_out_is_public_at_once(tube: Tube) -> None:
    tube.upload(snippet={"title": "Loud"}, status={})
    (seen,) = tube.sandbox.posts("youtube")
    assert (seen["text"], seen["raw"]["status"]["privacyStatus"]) == ("Loud", "public")
    assert [call["visible"] for call in tube.sandbox.calls("upload_chunk")] == [True]


def test_a_private_video_is_seen_by_nobody_until_it_is_updated(tube: Tube) -> None:
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


def test_files_are_really_judged(tube: Tube) -> None:
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
def test_metadata_are_judged_at_the_start(tube: Tube, snippet: dict[str, Any], expected: str | None) -> None:
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
def test_a_status_too(tube: Tube, status: dict[str, Any], expected: tuple[int, str]) -> None:
    assert reason(tube.start({"snippet": {"title": "t"}, "status": status})) == expected


def test_parts_and_sizes_are_asked_for(tube: Tube) -> None:
    assert reason(tube.start(part="")) == (400, "missingRequiredParameter")
    assert reason(tube.start(part="snippet")) == (400, "unexpectedPart")
    assert reason(tube.start(part="snippet,status,everything")) == (400, "unexpectedPart")
    assert reason(tube.start(size=274_877_906_945)) == (413, "uploadTooLarge")


def test_the_bucket_of_uploads_renews_at_midnight_in_california(tube: Tube) -> None:
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


def test_units_are_spent_by_everything_else(tube: Tube) -> None:
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
def test_accounts_in_trouble(tube: Tube, status: str, expected: tuple[int, str]) -> None:
    tube.sandbox.control("PATCH", f"/profiles/youtube/{CHANNEL}", {"status": status})
    assert reason(tube.start()) == expected


def test_a_thumbnail_is_for_verified_channels_and_processed_shorts(tube: Tube) -> None:
    tube.set("delays", "processing", seconds=30)
    made = tube.upload()  # vertical, so it is a Short
    params = {"videoId": made["id"]}
    jpeg = picture(format="JPEG")
    assert reason(tube.call("POST", f"{UPLOAD}/thumbnails/set", params=params, content=jpeg)) == (
        400,
        "failedPrecondition",
    )
    tube.sandbox.control("POST", "/clock", {"advanceSeconds": 31})
    assert tube.call("POST", f"{UPLOAD}/thumbnails/set", params=params, content=jpeg).status_code == 200
    assert reason(tube.call("POST", f"{UPLOAD}/thumbnails/set", params=params, content=b"words")) == (
        400,
        "invalidImage",
    )
    tube.sandbox.control("PATCH", f"/profiles/youtube/{CHANNEL}", {"status": "unverified"})
    assert reason(tube.call("POST", f"{UPLOAD}/thumbnails/set", params=params, content=jpeg)) == (403, "forbidden")


def connect(sandbox: Sandbox, scope: str, **query: Any) -> dict[str, Any]:
    asked = {
        "client_id": "a",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": scope,
        "access_type": "offline",
        "state": "s1",
        **query,
    }
    page = sandbox.http.get("/youtube/auth/o/oauth2/v2/auth", params=asked)
    assert "emulated YouTube account" in page.text
    back = sandbox.http.get("/youtube/auth/o/oauth2/v2/auth", params=asked | {"approve": CHANNEL})
    given = parse_qs(urlsplit(back.headers["location"]).query)
    assert given["state"] == ["s1"]
    return APP | {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code": given["code"][0]}


def test_a_code_becomes_tokens_with_what_was_granted(tube: Tube) -> None:
    verifier = "v" * 43
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    scope = f"{SCOPE}.upload {SCOPE}.readonly"
    form = connect(tube.sandbox, scope, prompt="consent", code_challenge=challenge, untick=f"{SCOPE}.readonly")
    wrong = tube.sandbox.http.post("/youtube/token/token", data=form | {"code_verifier": "w" * 43})
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_grant")
    tokens = tube.sandbox.http.post("/youtube/token/token", data=form | {"code_verifier": verifier}).json()
    assert (tokens["scope"], tokens["expires_in"]) == (f"{SCOPE}.upload", 3599)
    assert tokens["refresh_token"]
    tube.token = tokens["access_token"]
    assert tube.start().status_code == 200
    refused = tube.call("GET", f"{API}/channels", params={"part": "id", "mine": "true"})
    assert reason(refused) == (403, "insufficientPermissions")
    assert refused.json()["error"]["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    told = tube.sandbox.http.get("/youtube/token/tokeninfo", params={"access_token": tube.token}).json()
    assert told["scope"] == f"{SCOPE}.upload"


def test_a_second_consent_brings_no_refresh_token(tube: Tube) -> None:
    form = connect(tube.sandbox, f"{SCOPE}.upload")
    assert "refresh_token" not in tube.sandbox.http.post("/youtube/token/token", data=form).json()


def test_a_refusal_comes_back_as_such(tube: Tube) -> None:
    asked = {"client_id": "a", "redirect_uri": CALLBACK, "deny": "1"}
    back = tube.sandbox.http.get("/youtube/auth/o/oauth2/v2/auth", params=asked)
    assert back.headers["location"] == f"{CALLBACK}?error=access_denied"


def refresh(tube: Tube, grant: str = GRANT, **form: str) -> httpx.Response:
    given = APP | {"grant_type": "refresh_token", "refresh_token": grant} | form
    return tube.sandbox.http.post("/youtube/token/token", data=given)


def test_a_refresh_brings_an_hour_and_no_refresh_token(tube: Tube) -> None:
    answer = refresh(tube).json()
    assert "refresh_token" not in answer
    tube.token = answer["access_token"]
    assert tube.start().status_code == 200
    tube.sandbox.control("POST", "/clock", {"advanceSeconds": 3600})
    assert reason(tube.start()) == (401, "authError")
    assert refresh(tube, client_secret="").json()["error"] == "invalid_client"


@pytest.mark.parametrize(("testing", "seconds", "status"), [(False, 8, 200), (True, 6, 200), (True, 8, 400)])
def test_a_testing_consent_ends_after_a_week(tube: Tube, testing: bool, seconds: int, status: int) -> None:
    tube.set("switches", "testingStatus", enabled=testing)
    tube.sandbox.control("POST", "/clock", {"advanceSeconds": seconds * DAY})
    assert refresh(tube).status_code == status


def test_of_too_many_grants_the_oldest_ends(tube: Tube) -> None:
    for _ in range(99):
        tube.sandbox.control("POST", f"/profiles/youtube/{CHANNEL}/credentials")
    assert refresh(tube).status_code == 200
    tube.sandbox.control("POST", f"/profiles/youtube/{CHANNEL}/credentials")
    assert refresh(tube).json()["error"] == "invalid_grant"


def test_what_is_revoked_stays_so(tube: Tube) -> None:
    assert tube.sandbox.http.post("/youtube/token/revoke", data={"token": TOKEN}).status_code == 200
    assert tube.sandbox.http.post("/youtube/token/revoke", data={"token": TOKEN}).status_code == 400
    assert refresh(tube).json()["error"] == "invalid_grant"
    assert reason(tube.start()) == (401, "authError")


def test_a_published_video_is_played_on_the_page(tube: Tube) -> None:
    tube.upload(snippet={"title": "Monsoon <3"[:7], "description": "Rain & sale"}, status={"privacyStatus": "public"})
    page = tube.sandbox.http.get("/?channel=youtube").text
    assert "<video" in page
    assert "Rain &amp; sale" in page
    assert 'class="chip youtube"' in page


def test_a_planted_answer_is_given_whole(tube: Tube) -> None:
    shown = {"items": [{"id": "x", "status": {"uploadStatus": "rejected", "rejectionReason": "copyright"}}]}
    tube.sandbox.plant("youtube", "list_videos", "error", status=200, body=shown)
    assert tube.call("GET", f"{API}/videos", params={"part": "status", "id": "x"}).json() == shown
    tube.sandbox.plant("youtube", "token", "error", error={"error": "deleted_client"})
    assert refresh(tube).json()["error"] == "deleted_client"
    tube.sandbox.plant("youtube", "start_upload", "error", error={"reason": "accessNotConfigured"})
    assert reason(tube.start()) == (403, "accessNotConfigured")
    assert reason(tube.call("GET", f"{API}/search")) == (404, "notFound")
