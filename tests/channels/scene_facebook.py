"""The scene of Facebook: a Page's text post."""

from __future__ import annotations

from pydantic import SecretStr

from munadi.ports import AccountImport
from tests.channels.contract import Scene
from tests.channels.making import NOW, TOKEN, account, publication
from tests.channels.network import answer, ok

PAGE = "100000000000001"
POST = f"{PAGE}_122000000000001"
READ = {
    "id": POST,
    "message": "The monsoon sale has begun",
    "created_time": NOW.strftime("%Y-%m-%dT%H:%M:%S+0000"),
    "permalink_url": f"https://www.facebook.com/{PAGE}/posts/pfbid02",
    "is_published": True,
}
FACEBOOK = Scene(
    name="facebook",
    draft=publication("The monsoon sale has begun"),
    account=account("facebook", PAGE),
    handle=None,
    visible=f"/{PAGE}/feed",
    accepted=ok({"id": POST}),
    live=lambda network: network.on("GET", f"/{PAGE}/published_posts", ok({"data": [READ]})).on(
        "GET", f"/{POST}", ok(READ)
    ),
    absent=lambda network: network.on("GET", f"/{PAGE}/published_posts", ok({"data": []})),
    credentials=AccountImport(access_token=SecretStr(TOKEN)),
    identity=("GET", "/me", ok({"id": PAGE, "name": "Acme", "username": "acme", "category": "Shop"})),
    expired=answer(400, {"error": {"code": 190, "error_subcode": 463, "message": "expired", "type": "OAuthException"}}),
    settings={"hosts": {"graph": "https://graph.example/facebook"}, "version": "v99.0"},
)
