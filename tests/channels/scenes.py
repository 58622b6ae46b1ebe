"""One scene per registered channel."""

from __future__ import annotations

from pydantic import SecretStr

from munadi.channels.bluesky.thread import record_key
from munadi.channels.bluesky.wire import post_uri
from munadi.ports import AccountImport
from tests.channels.contract import Scene, each_scene
from tests.channels.making import account, publication
from tests.channels.network import answer, ok
from tests.channels.scene_discord import DISCORD
from tests.channels.scene_google_business import GOOGLE_BUSINESS
from tests.channels.scene_linkedin import LINKEDIN
from tests.channels.scene_mastodon import MASTODON
from tests.channels.scene_meta import FACEBOOK, INSTAGRAM, THREADS
from tests.channels.scene_nostr import NOSTR
from tests.channels.scene_pinterest import PINTEREST
from tests.channels.scene_telegram import TELEGRAM
from tests.channels.scene_tiktok import TIKTOK
from tests.channels.scene_x import X
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

ALL = (
    BLUESKY,
    DISCORD,
    FACEBOOK,
    GOOGLE_BUSINESS,
    INSTAGRAM,
    LINKEDIN,
    MASTODON,
    NOSTR,
    PINTEREST,
    TELEGRAM,
    THREADS,
    TIKTOK,
    X,
    YOUTUBE,
)
SCENES = {scene.name: scene for scene in ALL}
scenes = each_scene(SCENES)
