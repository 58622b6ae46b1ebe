"""YouTube's scene for the contract suite."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from munadi.domain.publication import Preparation
from munadi.ports import AccountImport
from tests.channels.contract import Scene
from tests.channels.making import NOW, TOKEN, account, publication, video
from tests.channels.network import answer, ok

CHANNEL = "UCaaaaaaaaaaaaaaaaaaaaaa"
UPLOADS = "UUaaaaaaaaaaaaaaaaaaaaaa"
VIDEO = "dQw4w9WgXcQ"
VIDEOS = "/youtube/v3/videos"
KIDS = {"madeForKids": False}


def resource(privacy: str = "private", upload: str = "processed", **status: Any) -> dict[str, Any]:
    """A video as videos.list and videos.update show it."""
    known = {"uploadStatus": upload, "privacyStatus": privacy, **status}
    return {"kind": "youtube#video", "etag": "e", "id": VIDEO, "status": known}


def listed(*resources: dict[str, Any]) -> httpx.Response:
    return ok({"kind": "youtube#videoListResponse", "items": list(resources)})


def refusal(status: int, reason: str, message: str = "in its own words", **more: Any) -> httpx.Response:
    """The Data API's envelope."""
    errors = [{"domain": "youtube.video", "reason": reason, "message": message}]
    return answer(status, {"error": {"code": status, "message": message, "errors": errors, **more}})


YOUTUBE = Scene(
    name="youtube",
    draft=publication("The monsoon sale has begun", media=(video(),), options=KIDS),
    account=account("youtube", CHANNEL, facts={"uploads": UPLOADS}),
    handle=Preparation(
        draft_version=1, state={"video_id": VIDEO, "uploaded_at": (NOW - timedelta(minutes=20)).isoformat()}, ready=True
    ),
    visible=VIDEOS,
    method="PUT",
    accepted=ok(resource("public")),
    live=lambda network: network.on("GET", VIDEOS, listed(resource("public"))),
    absent=lambda network: network.on("GET", VIDEOS, listed(resource("private"))),
    credentials=AccountImport(access_token=SecretStr(TOKEN)),
    identity=(
        "GET",
        "/youtube/v3/channels",
        ok(
            {
                "items": [
                    {
                        "id": CHANNEL,
                        "snippet": {"title": "Acme", "customUrl": "@acme"},
                        "contentDetails": {"relatedPlaylists": {"uploads": UPLOADS}},
                        "status": {"longUploadsStatus": "allowed"},
                    }
                ]
            }
        ),
    ),
    expired=refusal(401, "authError", "Invalid Credentials"),
    settings={"hosts": {"api": "https://api.example/youtube", "token": "https://token.example/youtube"}},
)
