"""The scene of Threads: a text whose container is finished."""

from __future__ import annotations

from datetime import timedelta

from pydantic import SecretStr

from munadi.domain.publication import Handle
from munadi.ports import AccountImport
from tests.channels.contract import Scene
from tests.channels.making import NOW, TOKEN, account, publication
from tests.channels.network import answer, ok

PROFILE, CONTAINER, POST = "26750000000000001", "17890000000000001", "18010000000000001"
READ = {
    "id": POST,
    "text": "The monsoon sale has begun",
    "timestamp": NOW.strftime("%Y-%m-%dT%H:%M:%S+0000"),
    "permalink": "https://www.threads.com/@acme/post/abc",
    "media_type": "TEXT_POST",
}
THREADS = Scene(
    name="threads",
    draft=publication("The monsoon sale has begun"),
    account=account("threads", PROFILE),
    handle=Handle(
        draft_version=1,
        state={
            "containers": {
                "post": {"id": CONTAINER, "created_at": (NOW - timedelta(minutes=2)).isoformat(), "code": "FINISHED"}
            }
        },
        ready=True,
        expires_at=NOW + timedelta(hours=23),
    ),
    visible=f"/{PROFILE}/threads_publish",
    accepted=ok({"id": POST}),
    live=lambda network: (
        network.on("GET", f"/{CONTAINER}", ok({"status": "PUBLISHED", "id": CONTAINER}))
        .on("GET", f"/{PROFILE}/threads", ok({"data": [READ]}))
        .on("GET", f"/{POST}", ok(READ))
    ),
    absent=lambda network: network.on("GET", f"/{CONTAINER}", ok({"status": "FINISHED", "id": CONTAINER})),
    credentials=AccountImport(access_token=SecretStr(TOKEN)),
    identity=("GET", "/me", ok({"id": int(PROFILE), "username": "acme", "name": "Acme", "is_verified": False})),
    expired=answer(401, {"error": {"code": 190, "error_subcode": 463, "message": "expired", "type": "OAuthException"}}),
    settings={
        "hosts": {"graph": "https://graph.example/threads", "token": "https://token.example/threads"},
        "version": "v9.0",
        "inspect_tokens": False,
        "read_quota": False,
    },
)
