"""Sessions, directory and limits of the emulated Bluesky."""

from munadi.sandbox.bluesky.formats import TID, TidClock
from tests.sandbox.conftest import HANDLE, PASSWORD, Bluesky, Sandbox, post

RKEY = "3n342ilh4f622"
HOUR = 3600


def _advance(sandbox: Sandbox, seconds: int) -> None:
    sandbox.control("POST", "/clock", {"advanceSeconds": seconds})


def test_the_account_is_found_through_handle_and_directory(sandbox: Sandbox, bluesky: Bluesky) -> None:
    resolved = bluesky.xrpc("identity.resolveHandle", method="GET", params={"handle": HANDLE}).json()
    document = sandbox.http.get(f"/bluesky/plc/{resolved['did']}").json()
    (service,) = document["service"]
    assert service["id"] == "#atproto_pds"
    assert service["serviceEndpoint"] == f"{sandbox.url}/bluesky/pds"
    assert document["alsoKnownAs"] == [f"at://{HANDLE}"]
    unknown = bluesky.xrpc("identity.resolveHandle", method="GET", params={"handle": "no.bsky.test"})
    assert (unknown.status_code, unknown.json()["message"]) == (400, "Unable to resolve handle")


def test_the_entryway_opens_sessions_too(sandbox: Sandbox) -> None:
    login = {"identifier": HANDLE, "password": PASSWORD}
    url = "/bluesky/entryway/xrpc/com.atproto.server.createSession"
    assert sandbox.http.post(url, json=login).json()["handle"] == HANDLE
    wrong = sandbox.http.post(url, json=login | {"password": "x"})
    assert (wrong.status_code, wrong.json()["error"]) == (401, "AuthenticationRequired")


def test_an_access_token_expires_after_two_hours_as_a_400(sandbox: Sandbox, bluesky: Bluesky) -> None:
    _advance(sandbox, 2 * HOUR - 60)
    assert bluesky.put(RKEY, post()).status_code == 200
    _advance(sandbox, 61)
    expired = bluesky.put(RKEY, post("later"))
    assert (expired.status_code, expired.json()) == (400, {"error": "ExpiredToken", "message": "Token has expired"})


def test_missing_garbled_and_wrong_tokens_have_their_own_answers(bluesky: Bluesky) -> None:
    def ask(token: str | None) -> tuple[int, str]:
        answer = bluesky.xrpc("server.getSession", token, method="GET")
        return answer.status_code, answer.json()["error"]

    assert ask(None) == (401, "AuthMissing")
    assert ask("abc") == (400, "InvalidToken")
    assert ask(bluesky.session["refreshJwt"]) == (400, "InvalidToken")


def test_a_used_refresh_token_works_two_more_hours(sandbox: Sandbox, bluesky: Bluesky) -> None:
    refresh = bluesky.session["refreshJwt"]
    assert bluesky.xrpc("server.refreshSession", refresh).status_code == 200
    _advance(sandbox, 2 * HOUR - 60)
    second = bluesky.xrpc("server.refreshSession", refresh)
    assert second.status_code == 200
    _advance(sandbox, 61)
    late = bluesky.xrpc("server.refreshSession", refresh)
    assert (late.status_code, late.json()["message"]) == (400, "Token has been revoked")
    assert bluesky.xrpc("server.refreshSession", second.json()["refreshJwt"]).status_code == 200


def test_a_revoked_app_password_still_posts_until_the_access_token_expires(sandbox: Sandbox, bluesky: Bluesky) -> None:
    sandbox.control("POST", "/tokens/revoke", {"channel": "bluesky", "profile": HANDLE})
    assert bluesky.put(RKEY, post()).status_code == 200
    refused = bluesky.xrpc("server.refreshSession", bluesky.session["refreshJwt"])
    assert refused.json()["error"] == "ExpiredToken"
    login = {"identifier": HANDLE, "password": PASSWORD}
    assert bluesky.xrpc("server.createSession", json=login).status_code == 401
    renewed = sandbox.control("POST", f"/profiles/bluesky/{HANDLE}/credentials")
    login = {"identifier": renewed["identifier"], "password": renewed["password"]}
    assert bluesky.xrpc("server.createSession", json=login).status_code == 200


def test_expiring_access_leaves_the_refresh_token_usable(sandbox: Sandbox, bluesky: Bluesky) -> None:
    sandbox.control("POST", "/tokens/expire", {"channel": "bluesky", "profile": bluesky.did})
    assert bluesky.put(RKEY, post()).json()["error"] == "ExpiredToken"
    bluesky.session = bluesky.xrpc("server.refreshSession", bluesky.session["refreshJwt"]).json()
    assert bluesky.put(RKEY, post()).status_code == 200


def test_a_taken_down_or_deactivated_account_cannot_write(sandbox: Sandbox, bluesky: Bluesky) -> None:
    login = {"identifier": HANDLE, "password": PASSWORD}
    sandbox.control("PATCH", f"/profiles/bluesky/{HANDLE}", {"status": "deactivated"})
    assert bluesky.put(RKEY, post()).json() == {"error": "AccountDeactivated", "message": "Account is deactivated"}
    session = bluesky.xrpc("server.createSession", json=login).json()
    assert (session["active"], session["status"]) == (False, "deactivated")
    sandbox.control("PATCH", f"/profiles/bluesky/{HANDLE}", {"status": "takendown"})
    refused = bluesky.put(RKEY, post())
    assert (refused.status_code, refused.json()["error"]) == (401, "AccountTakedown")
    assert bluesky.xrpc("server.createSession", json=login).json()["error"] == "AuthenticationRequired"
    sandbox.control("PATCH", f"/profiles/bluesky/{HANDLE}", {"status": "active"})
    assert bluesky.put(RKEY, post()).status_code == 200
    assert bluesky.xrpc("server.refreshSession", session["refreshJwt"]).json()["error"] == "ExpiredToken"


def test_writes_spend_points_and_end_in_429_with_headers(sandbox: Sandbox, bluesky: Bluesky) -> None:
    sandbox.control("PUT", "/limits", {"channel": "bluesky", "kind": "pointsPerHour", "value": 4})
    answers = [bluesky.put(RKEY, post()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json() == {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}
    headers = answers[2].headers
    assert (headers["ratelimit-limit"], headers["ratelimit-remaining"]) == ("4", "0")
    assert headers["ratelimit-policy"] == "4;w=3600"
    assert "retry-after" not in headers
    _advance(sandbox, HOUR)
    bluesky.session = bluesky.xrpc("server.refreshSession", bluesky.session["refreshJwt"]).json()
    assert bluesky.put(RKEY, post()).status_code == 200


def test_the_appview_lags_behind_the_pds(sandbox: Sandbox, bluesky: Bluesky) -> None:
    uri = bluesky.put(RKEY, post()).json()["uri"]
    url = "/bluesky/appview/xrpc/app.bsky.feed.getPosts"
    assert sandbox.http.get(url, params={"uris": uri}).json() == {"posts": []}
    _advance(sandbox, 3)
    assert [found["uri"] for found in sandbox.http.get(url, params={"uris": uri}).json()["posts"]] == [uri]


def test_tids_are_valid_and_strictly_increasing() -> None:
    clock = TidClock()
    handed = [clock.next(1_795_000_000.0) for _ in range(50)]
    assert all(TID.match(tid) for tid in handed)
    assert handed == sorted(set(handed))
