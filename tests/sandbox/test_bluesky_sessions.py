"""Sessions, directory and limits of the emulated Bluesky."""

import pytest

from tests.sandbox.conftest import Bluesky, Sandbox, post, refusal

RKEY = "3n342ilh4f622"
HOUR = 3600
LOGIN = {"identifier": Bluesky.handle, "password": Bluesky.password}
EXPIRED = (400, "ExpiredToken")


def test_an_access_token_expires_after_two_hours_as_a_400(sandbox: Sandbox, bluesky: Bluesky) -> None:
    sandbox.advance(2 * HOUR - 60)
    assert bluesky.put(RKEY, post()).status_code == 200
    sandbox.advance(61)
    expired = bluesky.put(RKEY, post("later"))
    assert (expired.status_code, expired.json()) == (400, {"error": "ExpiredToken", "message": "Token has expired"})


@pytest.mark.parametrize(
    ("token", "expected"), [("", (401, "AuthMissing")), ("abc", (400, "InvalidToken")), (None, (400, "InvalidToken"))]
)
def test_missing_garbled_and_wrong_tokens_have_their_own_answers(
    bluesky: Bluesky, token: str | None, expected: tuple[int, str]
) -> None:
    token = bluesky.session["refreshJwt"] if token is None else token
    assert refusal(bluesky.xrpc("server.getSession", token, "GET")) == expected


def test_a_used_refresh_token_works_two_more_hours(sandbox: Sandbox, bluesky: Bluesky) -> None:
    assert bluesky.refresh().status_code == 200
    sandbox.advance(2 * HOUR - 60)
    second = bluesky.refresh()
    assert second.status_code == 200
    sandbox.advance(61)
    late = bluesky.refresh()
    assert (late.status_code, late.json()["message"]) == (400, "Token has been revoked")
    assert bluesky.refresh(second.json()["refreshJwt"]).status_code == 200


def test_a_taken_down_or_deactivated_account_cannot_write(sandbox: Sandbox, bluesky: Bluesky) -> None:
    sandbox.status("bluesky", bluesky.handle, "deactivated")
    assert bluesky.put(RKEY, post()).json() == {"error": "AccountDeactivated", "message": "Account is deactivated"}
    session = bluesky.xrpc("server.createSession", "", json=LOGIN).json()
    assert (session["active"], session["status"]) == (False, "deactivated")
    sandbox.status("bluesky", bluesky.handle, "takendown")
    assert refusal(bluesky.put(RKEY, post())) == (401, "AccountTakedown")
    assert refusal(bluesky.xrpc("server.createSession", "", json=LOGIN)) == (401, "AuthenticationRequired")
    sandbox.status("bluesky", bluesky.handle, "active")
    assert bluesky.put(RKEY, post()).status_code == 200
    assert refusal(bluesky.refresh(session["refreshJwt"])) == EXPIRED


def test_writes_spend_points_and_end_in_429_with_headers(sandbox: Sandbox, bluesky: Bluesky) -> None:
    bluesky.set(pointsPerHour=4)
    answers = [bluesky.put(RKEY, post()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json() == {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}
    headers = answers[2].headers
    shown = [headers.get(f"ratelimit-{name}") for name in ("limit", "remaining", "policy")]
    assert (shown, "retry-after" in headers) == (["4", "0", "4;w=3600"], False)
    sandbox.advance(HOUR)
    bluesky.session = bluesky.refresh().json()
    assert bluesky.put(RKEY, post()).status_code == 200


def test_the_appview_lags_behind_the_pds(sandbox: Sandbox, bluesky: Bluesky) -> None:
    query = {"uris": bluesky.put(RKEY, post()).json()["uri"]}
    url = "/bluesky/appview/xrpc/app.bsky.feed.getPosts"
    assert sandbox.http.get(url, params=query).json() == {"posts": []}
    sandbox.advance(3)
    assert [found["uri"] for found in sandbox.http.get(url, params=query).json()["posts"]] == [query["uris"]]
