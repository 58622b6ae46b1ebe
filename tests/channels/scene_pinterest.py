"""Pinterest's scene for the contract suite, and what it answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from munadi.ports import AccountImport
from tests.channels.contract import Scene
from tests.channels.making import NOW, REFRESH, TOKEN, account, image, publication
from tests.channels.network import Network, answer, ok

USER, BOARD, SECTION = "549755885175000000", "549755885175000001", "549755885175000002"
PINS, LISTED, ME, BOARDS = "/v5/pins", f"/v5/boards/{BOARD}/pins", "/v5/user_account", "/v5/boards"
SETTINGS: dict[str, Any] = {
    "hosts": {"api": "https://api.example/pin", "auth": "https://site.example/pin", "upload": "https://up.example/pin"},
    "client_id": "pinapp",
    "client_secret": "s3cr3t-of-app",
}
WHO = account("pinterest", USER, facts={"boards": {BOARD: "Umbrellas"}})
OPTIONS = {"boardId": BOARD, "title": "Monsoon"}
SALE = publication("The monsoon sale has begun", media=(image(0, alt="Teal"),), options=OPTIONS)


def pin(pin_id: str = "813", **changes: Any) -> dict[str, Any]:
    """A pin as a board's list shows it: its time has no zone."""
    made = (NOW + timedelta(seconds=1)).replace(tzinfo=None).isoformat()
    shown = {"title": "Monsoon", "description": SALE.text, "link": None, "media": {"media_type": "image"}}
    return {"id": pin_id, "created_at": made, "board_id": BOARD, **shown, **changes}


def page(*shown: dict[str, Any], bookmark: str | None = None) -> httpx.Response:
    return ok({"items": list(shown), "bookmark": bookmark})


def listed(network: Network, *shown: dict[str, Any]) -> Network:
    network.on("GET", LISTED, page(*shown)).on("GET", BOARDS, page({"id": BOARD, "name": "Umbrellas"}))
    return network.on("GET", f"{BOARDS}/{BOARD}", ok({"id": BOARD, "name": "Umbrellas"}))


def refusal(status: int, code: int, message: str, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return answer(status, {"code": code, "message": message}, named)


EXPIRED = refusal(401, 2, "Authentication failed.")
PINTEREST = Scene(
    name="pinterest",
    draft=SALE,
    account=WHO,
    handle=None,
    visible=PINS,
    accepted=answer(201, pin()),
    live=lambda network: listed(network, pin()),
    absent=listed,
    credentials=AccountImport(access_token=SecretStr(TOKEN), refresh_token=SecretStr(REFRESH)),
    identity=("GET", ME, ok({"id": USER, "username": "acme", "account_type": "BUSINESS", "business_name": "Acme"})),
    expired=EXPIRED,
    settings=SETTINGS,
)
