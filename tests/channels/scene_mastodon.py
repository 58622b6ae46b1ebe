"""Mastodon's scene for the contract suite, and what its server answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from munadi.ports import AccountImport
from tests.channels.contract import Scene
from tests.channels.making import NOW, TOKEN, account, publication
from tests.channels.network import Network, answer, ok

SERVER = "https://social.example/prefix"
ACCOUNT = "113500000000000001"
ID = f"{ACCOUNT}@social.example"
STATUSES, LISTED, MEDIA = "/api/v1/statuses", f"/api/v1/accounts/{ACCOUNT}/statuses", "/api/v1/media"
OURS: dict[str, Any] = {"software": "mastodon", "version": "4.7.2", "api": 11}
WHO = account("mastodon", ID, service_url=SERVER, facts={"instance": OURS})
PLAIN = account("mastodon", ID, service_url=SERVER, facts={"instance": {"software": "snac", "version": "4.0.0 (snac)"}})
SALE = publication("The monsoon sale has begun")


def status(status_id: str = "117", text: str = SALE.text, **changes: Any) -> dict[str, Any]:
    """A post as the server shows it, with its source."""
    return {
        "id": status_id,
        "url": f"{SERVER}/@acme/{status_id}",
        "uri": f"{SERVER}/users/acme/statuses/{status_id}",
        "created_at": (NOW + timedelta(seconds=1)).isoformat(),
        "content": f"<p>{text}</p>",
        "text": text,
        "visibility": "public",
        "spoiler_text": "",
        "in_reply_to_id": None,
        "media_attachments": [],
        **changes,
    }


def listed(network: Network, *shown: dict[str, Any]) -> Network:
    return network.on("GET", LISTED, ok(list(shown)))


def refusal(code: int, text: str, **headers: str) -> httpx.Response:
    return answer(code, {"error": text}, headers)


MASTODON = Scene(
    name="mastodon",
    draft=SALE,
    account=WHO,
    handle=None,
    visible=STATUSES,
    accepted=ok(status()),
    live=lambda network: listed(network, status()),
    absent=listed,
    credentials=AccountImport(access_token=SecretStr(TOKEN), service_url=SERVER),
    identity=("GET", "/api/v1/accounts/verify_credentials", ok({"id": ACCOUNT, "username": "acme"})),
    expired=refusal(401, "The access token is invalid"),
    settings={},
)
