"""X's scene for the contract suite, and what it answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from munadi.ports import AccountImport
from tests.channels.contract import Scene
from tests.channels.making import NOW, REFRESH, TOKEN, account, publication
from tests.channels.network import Network, answer, ok

USER = "1860000000000000001"
TWEETS, LISTED, ME = "/2/tweets", f"/2/users/{USER}/tweets", "/2/users/me"
SETTINGS: dict[str, Any] = {
    "hosts": {"api": "https://api.example/x", "auth": "https://site.example/x", "upload": "https://up.example/x"},
    "client_id": "xclient",
    "client_secret": "s3cr3t-of-app",
}
WHO = account("x", USER)
PREMIUM = account("x", USER, facts={"subscription": "Premium"})
SALE = publication("The monsoon sale has begun")


def tweet(tweet_id: str = "117", text: str = SALE.text, **changes: Any) -> dict[str, Any]:
    """A post as the timeline shows it."""
    made = (NOW + timedelta(seconds=1)).isoformat().replace("+00:00", "Z")
    return {"id": tweet_id, "text": text, "created_at": made, "edit_history_tweet_ids": [tweet_id], **changes}


def page(*shown: dict[str, Any], following: str | None = None) -> httpx.Response:
    meta = {"result_count": len(shown), **({"next_token": following} if following else {})}
    return ok({**({"data": list(shown)} if shown else {}), "meta": meta})


def listed(network: Network, *shown: dict[str, Any]) -> Network:
    return network.on("GET", LISTED, page(*shown))


def made(tweet_id: str = "117") -> httpx.Response:
    return answer(201, {"data": {"id": tweet_id, "text": SALE.text}})


def refusal(status: int, detail: str, kind: str = "about:blank", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return answer(status, {"title": "x", "detail": detail, "type": kind, "status": status}, named)


DUPLICATE = refusal(403, "You are not allowed to create a Tweet with duplicate content.")
X = Scene(
    name="x",
    draft=SALE,
    account=WHO,
    handle=None,
    visible=TWEETS,
    accepted=made(),
    live=lambda network: listed(network, tweet()),
    absent=listed,
    credentials=AccountImport(access_token=SecretStr(TOKEN), refresh_token=SecretStr(REFRESH)),
    identity=("GET", ME, ok({"data": {"id": USER, "username": "acme", "name": "Acme", "subscription_type": "None"}})),
    expired=refusal(401, "Unauthorized"),
    settings=SETTINGS,
)
