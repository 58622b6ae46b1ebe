"""The emulated video service: its tokens, limits and jobs, and records that use the result."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from munadi.sandbox.bluesky import Bluesky as Network
from munadi.sandbox.bluesky.video import STATES
from tests.sandbox.conftest import Bluesky, Sandbox, picture, post, video

RKEY = "3n342ilh4f622"
SERVICE = "did:web:video.bsky.app"
LIMITS, STORE = "app.bsky.video.getUploadLimits", "com.atproto.repo.uploadBlob"
FILM = video(1)


def auth(bluesky: Bluesky, **query: Any) -> httpx.Response:
    return bluesky.xrpc("server.getServiceAuth", bluesky.session["accessJwt"], "GET", params=query)


def server_did(bluesky: Bluesky) -> str:
    return str(bluesky.xrpc("server.describeServer", method="GET").json()["did"])


def call(bluesky: Bluesky, method: str, name: str, token: str | None = None, **rest: Any) -> httpx.Response:
    headers = {**rest.pop("headers", {}), **({"authorization": f"Bearer {token}"} if token else {})}
    return bluesky.sandbox.http.request(method, f"/bluesky/video/xrpc/app.bsky.video.{name}", headers=headers, **rest)


def upload(bluesky: Bluesky, body: bytes = FILM, *, token: str | None = None, **change: str) -> httpx.Response:
    token = token or auth(bluesky, aud=server_did(bluesky), lxm=STORE).json()["token"]
    headers = {"content-type": change.pop("content_type", "video/mp4")}
    params = {"did": bluesky.did, "name": "a.mp4", **change}
    return call(bluesky, "POST", "uploadVideo", token, content=body, headers=headers, params=params)


def status(bluesky: Bluesky, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = call(bluesky, "GET", "getJobStatus", params={"jobId": job_id}).json()["jobStatus"]
    return found


def set_limit(sandbox: Sandbox, kind: str, value: int) -> None:
    sandbox.control("PUT", "/limits", {"channel": "bluesky", "kind": kind, "value": value})


def now(sandbox: Sandbox) -> int:
    return int(time.time() + sandbox.control("GET", "/clock")["shiftSeconds"])


@pytest.mark.parametrize(
    ("ahead", "method", "problem"),
    [
        (1795, STORE, None),
        (3590, STORE, None),
        (3700, STORE, "cannot request a token with an expiration more than an hour in the future"),
        (-5, STORE, "expiration is in past"),
        (50, None, None),
        (70, None, "cannot request a method-less token with an expiration more than a minute in the future"),
    ],
)
def test_the_lifetime_of_a_service_token(
    sandbox: Sandbox, bluesky: Bluesky, ahead: int, method: str | None, problem: str | None
) -> None:
    asked = {"aud": SERVICE, "exp": now(sandbox) + ahead} | ({"lxm": method} if method else {})
    answer = auth(bluesky, **asked)
    if problem is None:
        assert answer.json()["token"].count(".") == 2
    else:
        assert (answer.status_code, answer.json()) == (400, {"error": "BadExpiration", "message": problem})


def test_a_service_token_opens_nothing_at_the_server_itself(bluesky: Bluesky) -> None:
    token = auth(bluesky, aud=server_did(bluesky), lxm=STORE).json()["token"]
    assert bluesky.xrpc("server.getSession", token, "GET").json()["error"] == "InvalidToken"


def test_states_follow_one_another_until_the_blob_can_be_posted(sandbox: Sandbox, bluesky: Bluesky) -> None:
    sandbox.control("PUT", "/delays", {"channel": "bluesky", "kind": "video", "seconds": 700})
    begun = upload(bluesky)
    assert begun.status_code == 200
    assert "jobStatus" not in begun.json()  # bare, as the service sends it
    job_id, seen = begun.json()["jobId"], []
    for _ in STATES:
        seen.append(status(bluesky, job_id)["state"])
        sandbox.control("POST", "/clock", {"advanceSeconds": 100})
    assert seen == [f"JOB_STATE_{state}" for state in STATES]
    done = status(bluesky, job_id)
    assert done["state"] == "JOB_STATE_COMPLETED"
    embed = {"$type": "app.bsky.embed.video", "video": done["blob"], "alt": "Rain"}
    assert bluesky.put(RKEY, post("look", embed=embed)).status_code == 200
    (shown,) = sandbox.posts("bluesky")
    assert (shown["kind"], shown["media"][0]["alt"], shown["media"][0]["mimeType"]) == ("video", "Rain", "video/mp4")
    assert sandbox.http.get(shown["media"][0]["url"]).content == FILM


def test_the_same_file_again_has_its_job(bluesky: Bluesky) -> None:
    first, again = upload(bluesky), upload(bluesky)
    assert (again.status_code, again.json()["error"], again.json()["jobId"]) == (
        409,
        "already_exists",
        first.json()["jobId"],
    )


@pytest.mark.parametrize(
    ("aud", "lxm", "words"),
    [
        (SERVICE, STORE, "invalid token audience"),
        (None, LIMITS, "invalid token method"),
        (None, None, "invalid token method"),
    ],
)
def test_a_token_for_another_method_or_audience_is_refused(
    bluesky: Bluesky, aud: str | None, lxm: str | None, words: str
) -> None:
    asked = {"aud": aud or server_did(bluesky)} | ({"lxm": lxm} if lxm else {})
    refused = upload(bluesky, token=auth(bluesky, **asked).json()["token"])
    assert refused.status_code == 401
    assert refused.json()["message"].startswith(words)


def test_a_token_that_has_expired_or_is_an_access_token_is_refused(sandbox: Sandbox, bluesky: Bluesky) -> None:
    token = auth(bluesky, aud=server_did(bluesky), lxm=STORE).json()["token"]
    assert upload(bluesky, token=bluesky.session["accessJwt"]).status_code == 401
    sandbox.control("POST", "/clock", {"advanceSeconds": 61})
    assert upload(bluesky, token=token).status_code == 401
    assert call(bluesky, "GET", "getUploadLimits").status_code == 401


def test_another_accounts_upload_is_refused(bluesky: Bluesky) -> None:
    assert upload(bluesky, did="did:plc:somebodyelse").status_code == 401


def limits(bluesky: Bluesky) -> dict[str, Any]:
    token = auth(bluesky, aud=SERVICE, lxm=LIMITS).json()["token"]
    found: dict[str, Any] = call(bluesky, "GET", "getUploadLimits", token).json()
    return found


def test_the_daily_limits(sandbox: Sandbox, bluesky: Bluesky) -> None:
    set_limit(sandbox, "videosPerDay", 1)
    assert limits(bluesky)["canUpload"] is True
    upload(bluesky)
    assert (limits(bluesky)["canUpload"], limits(bluesky)["remainingDailyVideos"]) == (False, 0)
    assert upload(bluesky, video(2)).json()["error"] == "DailyLimitExceeded"
    sandbox.control("POST", "/clock", {"advanceSeconds": 86_401})
    bluesky.session = bluesky.xrpc("server.refreshSession", bluesky.session["refreshJwt"]).json()
    assert limits(bluesky)["canUpload"] is True


@pytest.mark.parametrize(("kind", "words"), [("videoBytesPerDay", "exceeded daily"), ("videoBytes", "file size")])
def test_the_limits_of_sizes(sandbox: Sandbox, bluesky: Bluesky, kind: str, words: str) -> None:
    set_limit(sandbox, kind, len(FILM) - 1)
    refused = upload(bluesky)
    assert refused.status_code == 400
    assert words in refused.json()["message"]
    set_limit(sandbox, kind, len(FILM))
    assert upload(bluesky).status_code == 200


def test_an_account_without_a_confirmed_address_may_not_upload(sandbox: Sandbox, bluesky: Bluesky) -> None:
    sandbox.control("PUT", "/switches", {"channel": "bluesky", "kind": "emailConfirmed", "enabled": False})
    assert limits(bluesky)["error"] == "unconfirmed_email"
    assert upload(bluesky).json()["error"] == "unconfirmed_email"


def test_other_types_and_unknown_jobs_are_refused(bluesky: Bluesky) -> None:
    assert upload(bluesky, content_type="image/png").json()["error"] == "UnsupportedContentType"
    assert call(bluesky, "GET", "getJobStatus", params={"jobId": "nosuch"}).status_code == 404


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (None, "encoding_failure"),
        ("videoSeconds", "validation_failure"),
        ("videoBlobBytes", "pds_upload_unsupported_blob_size"),
    ],
)
def test_a_job_fails_with_its_reason(sandbox: Sandbox, bluesky: Bluesky, kind: str | None, code: str) -> None:
    sandbox.control("PUT", "/delays", {"channel": "bluesky", "kind": "video", "seconds": 0})
    if kind:
        set_limit(sandbox, kind, 0)
    body = FILM if kind else b"no video at all"
    job_id = upload(bluesky, body).json()["jobId"]
    failed = status(bluesky, job_id)
    assert (failed["state"], failed["failureCode"]) == ("JOB_STATE_FAILED", code)
    assert "blob" not in failed
    assert upload(bluesky, body).json()["jobId"] != job_id


def gallery(bluesky: Bluesky, count: int, **change: Any) -> dict[str, Any]:
    blob = bluesky.upload(picture())
    image = {
        "$type": "app.bsky.embed.gallery#image",
        "image": blob,
        "alt": "teal",
        "aspectRatio": {"width": 4, "height": 3},
    }
    item = {name: value for name, value in {**image, **change}.items() if value is not None}
    return {"$type": "app.bsky.embed.gallery", "items": [item] * count}


def test_a_gallery_and_its_limits(sandbox: Sandbox, bluesky: Bluesky) -> None:
    assert bluesky.put(RKEY, post(embed=gallery(bluesky, 10))).status_code == 200
    (shown,) = sandbox.posts("bluesky")
    assert (shown["kind"], len(shown["media"]), shown["media"][9]["alt"]) == ("image", 10, "teal")
    refused = bluesky.put(RKEY, post(embed=gallery(bluesky, 21)))
    assert "array too big (maximum 20, got 21)" in refused.json()["message"]
    refused = bluesky.put(RKEY, post(embed=gallery(bluesky, 5, aspectRatio=None)))
    assert 'Missing required key "aspectRatio"' in refused.json()["message"]


def quote(bluesky: Bluesky, media: dict[str, Any] | None = None) -> dict[str, Any]:
    quoted = bluesky.put(RKEY, post("quoted")).json()
    record = {"$type": "app.bsky.embed.record", "record": {"uri": quoted["uri"], "cid": quoted["cid"]}}
    return {"$type": "app.bsky.embed.recordWithMedia", "record": record, "media": media} if media else record


def test_a_quote_with_pictures_shows_them(sandbox: Sandbox, bluesky: Bluesky) -> None:
    embed = quote(bluesky, gallery(bluesky, 5))
    assert bluesky.put("3n342ilh4f623", post("quoting", embed=embed)).status_code == 200
    shown = sandbox.posts("bluesky")[1]
    assert (shown["text"], shown["kind"], len(shown["media"])) == ("quoting", "quote", 5)


def test_a_quote_without_a_version_is_refused(bluesky: Bluesky) -> None:
    embed = quote(bluesky)
    del embed["record"]["cid"]
    refused = bluesky.put("3n342ilh4f623", post("quoting", embed=embed))
    assert 'Missing required key "cid" at $.record.embed.record' in refused.json()["message"]


def test_a_thread_is_shown_below_its_first_post(sandbox: Sandbox, bluesky: Bluesky) -> None:
    root = parent = bluesky.put(RKEY, post("one")).json()
    for digit, text in (("3", "second"), ("4", "third")):
        reply = {name: {"uri": one["uri"], "cid": one["cid"]} for name, one in (("root", root), ("parent", parent))}
        parent = bluesky.put(RKEY[:-1] + digit, post(text, reply=reply)).json()
    first, second, third = sandbox.posts("bluesky")
    assert [(one["text"], one["kind"]) for one in (first, second, third)] == [
        ("one", "text"),
        ("second", "reply"),
        ("third", "reply"),
    ]
    assert (first["comments"], second["comments"], third["comments"]) == (["second", "third"], [], [])
    page = sandbox.http.get("/").text
    assert page.count("second") == 2


def test_the_settings_name_the_service() -> None:
    assert Network.hosts["VIDEO"] == "video"
