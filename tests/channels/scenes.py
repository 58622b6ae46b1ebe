"""One scene per registered channel."""

from __future__ import annotations

from datetime import timedelta

from pydantic import SecretStr

from munadi.channels.bluesky.thread import record_key
from munadi.channels.bluesky.wire import post_uri
from munadi.domain.publication import Handle
from munadi.ports import AccountImport
from tests.channels.contract import Scene, each_scene
from tests.channels.making import NOW, TOKEN, account, image, publication
from tests.channels.network import answer, ok
from tests.channels.scene_facebook import FACEBOOK
from tests.channels.scene_threads import THREADS
from tests.channels.scene_tiktok import TIKTOK
from tests.channels.scene_youtube import YOUTUBE

DID = "did:plc:abcdefghijklmnopqrstuvwx"
PDS = "https://pds.example"
SALE = publication("The monsoon sale has begun")
URI = post_uri(DID, record_key(SALE))
BLUESKY = Scene(
    name="bluesky",
    draft=SALE,
    account=account("bluesky", DID, service_url=PDS),
    handle=None,
    visible="/xrpc/com.atproto.repo.putRecord",
    accepted=ok({"uri": URI, "cid": "bafy", "commit": {}, "validationStatus": "valid"}),
    live=lambda network: network.on("GET", "/xrpc/com.atproto.repo.getRecord", ok({"uri": URI, "value": {}})),
    absent=lambda network: network.on(
        "GET", "/xrpc/com.atproto.repo.getRecord", answer(400, {"error": "RecordNotFound", "message": "not there"})
    ),
    credentials=AccountImport(identifier="acme.example", password=SecretStr("abcd-abcd-abcd-abcd")),
    identity=(
        "POST",
        "/xrpc/com.atproto.server.createSession",
        ok({"did": DID, "handle": "acme.example", "accessJwt": "a", "refreshJwt": "r", "active": True}),
    ),
    expired=answer(400, {"error": "ExpiredToken", "message": "Token has expired"}),
    settings={"hosts": {"entryway": "https://entry.example/bluesky"}},
)

IG = "17841400000000001"
CONTAINER = "17900000000000001"
MEDIA = {
    "id": "18000000000000001",
    "caption": "The monsoon sale has begun",
    "timestamp": NOW.strftime("%Y-%m-%dT%H:%M:%S+0000"),
    "permalink": "https://www.instagram.com/p/abc/",
    "media_type": "IMAGE",
    "media_product_type": "FEED",
}
INSTAGRAM = Scene(
    name="instagram",
    draft=publication("The monsoon sale has begun", media=(image(),)),
    account=account("instagram", IG),
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
    visible=f"/{IG}/media_publish",
    accepted=ok({"id": MEDIA["id"]}),
    live=lambda network: (
        network.on("GET", f"/{CONTAINER}", ok({"status_code": "PUBLISHED"}))
        .on("GET", f"/{IG}/media", ok({"data": [MEDIA]}))
        .on("GET", f"/{MEDIA['id']}", ok(MEDIA))
    ),
    absent=lambda network: network.on("GET", f"/{CONTAINER}", ok({"status_code": "FINISHED"})),
    credentials=AccountImport(access_token=SecretStr(TOKEN)),
    identity=("GET", "/me", ok({"user_id": IG, "id": "99", "username": "acme", "account_type": "BUSINESS"})),
    expired=answer(400, {"error": {"code": 190, "error_subcode": 463, "message": "expired", "type": "OAuthException"}}),
    settings={"hosts": {"graph": "https://graph.example/instagram"}, "version": "v99.0", "read_quota": False},
)

SCENES = {scene.name: scene for scene in (BLUESKY, FACEBOOK, INSTAGRAM, THREADS, TIKTOK, YOUTUBE)}
scenes = each_scene(SCENES)
