"""The scene of TikTok: a video of two chunks. The last one is sent by the visible call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from munadi.domain.publication import Preparation
from munadi.ports import AccountImport
from tests.channels.contract import Scene
from tests.channels.making import NOW, REFRESH, TOKEN, account, publication, video
from tests.channels.network import Network, answer, ok

OPEN_ID = "-000acmeOpenId"
PUBLISH_ID = "v_pub_file~v2.123"
STATUS, CREATOR = "/v2/post/publish/status/fetch/", "/v2/post/publish/creator_info/query/"
HOSTS = {
    "api": "https://api.example/tiktok",
    "auth": "https://www.example/tiktok",
    "upload": "https://upload.example/tiktok",
}
UPLOAD_PATH = "/tiktok/video/"
UPLOAD_URL = f"{HOSTS['upload']}/video/?upload_id=67890&upload_token=Xza-secret-upload-token"
# 20 bytes at 8 per chunk are two chunks: 8 and 12.
SIZE, CHUNK = 20, 8
POST_ID = 7654321098765432109
CREATOR_INFO: dict[str, Any] = {
    "creator_avatar_url": "https://p16.example/avatar.webp?x-expires=1",
    "creator_username": "acme",
    "creator_nickname": "Acme",
    "privacy_level_options": ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"],
    "comment_disabled": False,
    "duet_disabled": False,
    "stitch_disabled": True,
    "max_video_post_duration_sec": 300,
}


def done(data: Any = None) -> httpx.Response:
    return ok({"data": data or {}, "error": {"code": "ok", "message": "", "log_id": "202611250900"}})


def refused(status: int, code: str, message: str = "no") -> httpx.Response:
    return answer(status, {"data": {}, "error": {"code": code, "message": message, "log_id": "202611250901"}})


def said(status: str, **data: Any) -> httpx.Response:
    return done({"status": status, **data})


COMPLETE = said("PUBLISH_COMPLETE", publicaly_available_post_id=[POST_ID], uploaded_bytes=SIZE)
UNFINISHED = said("PROCESSING_UPLOAD", uploaded_bytes=CHUNK)


def creator_state(**changes: Any) -> dict[str, Any]:
    state = {"username": "acme", "privacy_options": CREATOR_INFO["privacy_level_options"], "max_seconds": 300}
    return {**state, "asked_at": (NOW - timedelta(minutes=5)).isoformat(), **changes}


def upload_state(**changes: Any) -> dict[str, Any]:
    state = {"publish_id": PUBLISH_ID, "url": UPLOAD_URL, "size": SIZE, "chunk_bytes": CHUNK, "chunks": 2, "sent": 1}
    return {**state, "created_at": (NOW - timedelta(minutes=5)).isoformat(), **changes}


def handle(ready: bool = True, **state: Any) -> Preparation:
    return Preparation(draft_version=1, state=state, ready=ready, expires_at=NOW + timedelta(minutes=55))


def live(network: Network) -> Network:
    return network.on("POST", STATUS, COMPLETE).on("POST", CREATOR, done(CREATOR_INFO))


WHO = account("tiktok", OPEN_ID)
SETTINGS: dict[str, Any] = {
    "hosts": HOSTS,
    "chunk_bytes": CHUNK,
    "client_id": "awkey",
    "client_secret": "s3cr3t-of-app",
}
TIKTOK = Scene(
    name="tiktok",
    draft=publication(
        "The monsoon sale has begun", media=(video(bytes=SIZE),), options={"privacyLevel": "PUBLIC_TO_EVERYONE"}
    ),
    account=WHO,
    handle=handle(creator=creator_state(), upload=upload_state()),
    visible=UPLOAD_PATH,
    method="PUT",
    bears_token=False,
    reading_posts=(STATUS, CREATOR),
    settles_later=True,
    accepted=httpx.Response(201, headers={"content-range": f"bytes 0-{SIZE}/{SIZE}"}),
    live=live,
    absent=lambda network: network.on("POST", STATUS, UNFINISHED),
    credentials=AccountImport(access_token=SecretStr(TOKEN), refresh_token=SecretStr(REFRESH)),
    identity=("GET", "/v2/user/info/", done({"user": {"open_id": OPEN_ID, "union_id": "u1", "display_name": "Acme"}})),
    expired=refused(401, "access_token_invalid", "The access token is invalid or not found in the request."),
    settings=SETTINGS,
)
