"""LinkedIn's scene for the contract suite: a page, whose posts can be listed; and what LinkedIn answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from munadi.ports import AccountImport
from tests.channels.contract import Scene
from tests.channels.making import NOW, REFRESH, TOKEN, account, publication
from tests.channels.network import Network, answer, ok

PAGE, PERSON = "urn:li:organization:90000001", "urn:li:person:Ab-3"
POSTS, ACLS, USERINFO = "/rest/posts", "/rest/organizationAcls", "/v2/userinfo"
SHARE = "urn:li:share:7400000000000000117"
SETTINGS: dict[str, Any] = {
    "hosts": {"api": "https://api.example/li", "auth": "https://site.example/li", "upload": "https://up.example/li"},
    "client_id": "liclient",
    "client_secret": "s3cr3t-of-app",
    "page_client_id": "lipages",
    "page_client_secret": "s3cr3t-of-pages",
}
WHO, MEMBER = account("linkedin", PAGE), account("linkedin", PERSON)
SALE = publication("The monsoon sale has begun")


def shown(urn: str = SHARE, text: str = SALE.text, **changes: Any) -> dict[str, Any]:
    """A post as the list of its page shows it."""
    made = int((NOW + timedelta(seconds=1)).timestamp() * 1000)
    facts = {"id": urn, "author": PAGE, "commentary": text, "createdAt": made, "lifecycleState": "PUBLISHED"}
    return {**facts, "visibility": "PUBLIC", **changes}


def page(*rows: dict[str, Any]) -> httpx.Response:
    return ok({"elements": list(rows), "paging": {"start": 0, "count": 50, "total": len(rows) + 9}})


def listed(network: Network, *rows: dict[str, Any]) -> Network:
    return network.on("GET", POSTS, page(*rows))  # a second page with nothing new ends the list


def made(urn: str | None = SHARE, **headers: str) -> httpx.Response:
    """Created, without a body."""
    given = {"x-li-uuid": "AAY=", **({"x-restli-id": urn} if urn else {}), **headers}
    return httpx.Response(201, headers=given)


def refusal(status: int, code: str = "", message: str = "refused", **more: Any) -> httpx.Response:
    return answer(status, {"status": status, "message": message, **({"code": code} if code else {}), **more})


def duplicate(urn: str = SHARE) -> httpx.Response:
    return refusal(422, "DUPLICATE_POST", f"Content is a duplicate of {urn}")


LINKEDIN = Scene(
    name="linkedin",
    draft=SALE,
    account=WHO,
    handle=None,
    visible=POSTS,
    accepted=made(),
    live=lambda network: listed(network, shown()),
    absent=listed,
    credentials=AccountImport(access_token=SecretStr(TOKEN), refresh_token=SecretStr(REFRESH)),
    identity=("GET", ACLS, ok({"elements": [{"organization": PAGE, "role": "ADMINISTRATOR", "state": "APPROVED"}]})),
    expired=refusal(401, serviceErrorCode=65602),
    settings=SETTINGS,
)
