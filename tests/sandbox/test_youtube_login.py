"""Tokens of the emulated YouTube: connecting, refreshing, losing access."""

from __future__ import annotations

import httpx
import pytest

from tests.sandbox.consenting import Consenting
from tests.sandbox.youtube_tube import API, APP, CHANNEL, DAY, GRANT, TOKEN, Tube, reason
from tests.sandbox.youtube_tube import tube as tube  # a fixture

SCOPE = "https://www.googleapis.com/auth/youtube"
CALLBACK = "https://munadi.example/callback"


def test_a_code_becomes_tokens_with_what_was_granted(tube: Tube) -> None:
    one = Consenting(tube.sandbox, "youtube")
    code = one.approved(access_type="offline", prompt="consent", untick=f"{SCOPE}.readonly")["code"]
    tokens = one.exchange(code).json()
    assert (tokens["scope"], tokens["expires_in"]) == (f"{SCOPE}.upload", 3599)
    assert tokens["refresh_token"]
    tube.token = tokens["access_token"]
    assert tube.start().status_code == 200
    refused = tube.call("GET", f"{API}/channels", params={"part": "id", "mine": "true"})
    assert reason(refused) == (403, "insufficientPermissions")
    assert refused.json()["error"]["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


def test_a_second_consent_returns_no_refresh_token(tube: Tube) -> None:
    one = Consenting(tube.sandbox, "youtube")
    assert "refresh_token" not in one.exchange(one.approved(access_type="offline")["code"]).json()


def refresh(tube: Tube, grant: str = GRANT, **form: str) -> httpx.Response:
    given = APP | {"grant_type": "refresh_token", "refresh_token": grant} | form
    return tube.sandbox.http.post("/youtube/token/token", data=given)


def test_a_refresh_returns_an_hour_and_no_refresh_token(tube: Tube) -> None:
    answer = refresh(tube).json()
    assert "refresh_token" not in answer
    tube.token = answer["access_token"]
    assert tube.start().status_code == 200
    tube.sandbox.control("POST", "/clock", {"advanceSeconds": 3600})
    assert reason(tube.start()) == (401, "authError")


@pytest.mark.parametrize(("testing", "seconds", "status"), [(False, 8, 200), (True, 6, 200), (True, 8, 400)])
def test_a_testing_consent_ends_after_a_week(tube: Tube, testing: bool, seconds: int, status: int) -> None:
    tube.set("switches", "testingStatus", enabled=testing)
    tube.sandbox.control("POST", "/clock", {"advanceSeconds": seconds * DAY})
    assert refresh(tube).status_code == status


def test_the_oldest_of_too_many_grants_ends(tube: Tube) -> None:
    for _ in range(99):
        tube.sandbox.control("POST", f"/profiles/youtube/{CHANNEL}/credentials")
    assert refresh(tube).status_code == 200
    tube.sandbox.control("POST", f"/profiles/youtube/{CHANNEL}/credentials")
    assert refresh(tube).json()["error"] == "invalid_grant"


def test_a_revoked_grant_stays_revoked(tube: Tube) -> None:
    assert tube.sandbox.http.post("/youtube/token/revoke", data={"token": TOKEN}).status_code == 200
    assert tube.sandbox.http.post("/youtube/token/revoke", data={"token": TOKEN}).status_code == 400
    assert refresh(tube).json()["error"] == "invalid_grant"
    assert reason(tube.start()) == (401, "authError")


def test_a_planted_answer_is_returned_unchanged(tube: Tube) -> None:
    status = {"uploadStatus": "rejected", "rejectionReason": "copyright"}
    shown = {"kind": "youtube#videoListResponse", "items": [{"id": "x", "status": status}]}
    tube.sandbox.plant("youtube", "list_videos", "error", status=200, body=shown)
    assert tube.call("GET", f"{API}/videos", params={"part": "status", "id": "x"}).json() == shown
    tube.sandbox.plant("youtube", "token", "error", error={"error": "deleted_client"})
    assert refresh(tube).json()["error"] == "deleted_client"
    tube.sandbox.plant("youtube", "start_upload", "error", error={"reason": "accessNotConfigured"})
    assert reason(tube.start()) == (403, "accessNotConfigured")
    assert reason(tube.call("GET", f"{API}/search")) == (404, "notFound")
