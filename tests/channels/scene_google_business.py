"""Google Business Profile's scene for the contract suite, and what Google answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from munadi.ports import AccountImport
from tests.channels.contract import Scene
from tests.channels.making import NOW, REFRESH, TOKEN, account, image, publication
from tests.channels.network import Network, answer, ok

ACCOUNT, LOCATION, POST_ID = "accounts/1001", "4900000000000000001", "7007"
PLACE = f"{ACCOUNT}/locations/{LOCATION}"
POSTS, NAME = f"/v4/{PLACE}/localPosts", f"{PLACE}/localPosts/{POST_ID}"
ONE, WHERE, ACCOUNTS = f"/v4/{NAME}", f"/v1/locations/{LOCATION}", "/v1/accounts"
LISTED = f"/v1/{ACCOUNT}/locations"
SETTINGS: dict[str, Any] = {
    "hosts": {name: f"https://{name}.example/g" for name in ("api", "accounts", "locations", "auth", "token")},
    "client_id": "gapp",
    "client_secret": "s3cr3t-of-app",
}
MAPS = "https://maps.example/?cid=1"
WHO = account("google_business", LOCATION, facts={"account": ACCOUNT, "language": "en-IN", "mapsUri": MAPS})
SALE = publication("The monsoon sale has begun")
PICTURE = publication("Hello", media=(image(0),))
SEARCH = "https://local.google.com/place?id=1&use=posts&lpsid=7007"


def post(name: str = NAME, **changes: Any) -> dict[str, Any]:
    """A post as Google returns it."""
    made = (NOW + timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
    shown = {"summary": SALE.text, "topicType": "STANDARD", "languageCode": "en-IN", "state": "LIVE"}
    return {"name": name, "createTime": made, "updateTime": made, "searchUrl": SEARCH, **shown, **changes}


def page(*shown: dict[str, Any], token: str | None = None) -> httpx.Response:
    found: dict[str, Any] = {"localPosts": list(shown)} if shown else {}
    return ok({**found, **({"nextPageToken": token} if token else {})})


def location(name: str = LOCATION, **metadata: Any) -> dict[str, Any]:
    known = {"canOperateLocalPost": True, "hasVoiceOfMerchant": True, "mapsUri": MAPS, **metadata}
    return {"name": f"locations/{name}", "title": "Acme", "languageCode": "en-IN", "metadata": known}


def refusal(status: int, word: str, *fields: dict[str, Any], **more: Any) -> httpx.Response:
    """Google's envelope, with the refused fields."""
    error: dict[str, Any] = {"code": status, "message": "Request contains an invalid argument.", "status": word, **more}
    if fields:
        kind = "type.googleapis.com/google.mybusiness.v4.ValidationError"
        error["details"] = [{"@type": kind, "errorDetails": list(fields)}]
    return answer(status, {"error": error})


def listing(network: Network, *rows: dict[str, Any]) -> Network:
    network.on("GET", WHERE, ok(location())).on("GET", ACCOUNTS, ok({"accounts": [{"name": ACCOUNT}]}))
    return network.on("GET", POSTS, page(*rows)).on("GET", ONE, ok(post()))


GOOGLE_BUSINESS = Scene(
    name="google_business",
    draft=SALE,
    account=WHO,
    handle=None,
    visible=POSTS,
    accepted=ok(post()),
    live=lambda network: listing(network, post()),
    absent=listing,
    credentials=AccountImport(access_token=SecretStr(TOKEN), refresh_token=SecretStr(REFRESH), external_id=LOCATION),
    identity=("GET", LISTED, ok({"locations": [location()]})),
    expired=refusal(401, "UNAUTHENTICATED"),
    settings=SETTINGS,
)
