"""`com.atproto.server.*`: sessions with an app password, and the server's own description."""

from __future__ import annotations

import hmac
from typing import Any

from munadi.sandbox.bluesky import schemas
from munadi.sandbox.bluesky.errors import refuse
from munadi.sandbox.bluesky.limits import LOGINS
from munadi.sandbox.bluesky.model import Account
from munadi.sandbox.bluesky.pds import TAKEN_DOWN, Pds, did_document, require_usable, service_did
from munadi.sandbox.exchange import Answer, Call


class Sessions:
    def __init__(self, pds: Pds) -> None:
        self._pds = pds

    async def create(self, call: Call) -> Answer:
        body = self._pds.input(call, schemas.CREATE_SESSION)
        headers = self._pds.limits.spend(LOGINS, body["identifier"], 1)
        account = self._pds.accounts.find(body["identifier"])
        # An app password opens nothing for an account that was taken down, and the answer does not say why.
        if (
            account is None
            or account.status in TAKEN_DOWN
            or not hmac.compare_digest(account.password.encode(), body["password"].encode())
        ):
            raise refuse("AuthenticationRequired", "Invalid identifier or password", headers=headers)
        pair = self._pds.tokens.open_session(account, service_did(call))
        return Answer(200, {**pair, **_description(account, call)}, headers, effect=True)

    async def refresh(self, call: Call) -> Answer:
        claims = self._pds.refresh_claims(call)
        account = self._pds.accounts.find(claims["sub"])
        if account is None:
            raise refuse("InvalidRequest", f"Could not find user info for account: {claims['sub']}")
        require_usable(account, deactivated_too=False)
        pair = self._pds.tokens.rotate(account, service_did(call), claims["jti"])
        if pair is None:
            raise refuse("ExpiredToken", "Token has been revoked")
        return Answer(200, {**pair, **_description(account, call)}, effect=True)

    async def get(self, call: Call) -> Answer:
        account = self._pds.caller(call)
        if account.status in TAKEN_DOWN:
            raise refuse("InvalidRequest", f"Could not find user info for account: {account.did}")
        return Answer(200, _description(account, call))

    async def delete(self, call: Call) -> Answer:
        claims = self._pds.refresh_claims(call, check_expiry=False)
        self._pds.tokens.end_session(claims["jti"])
        return Answer(200, effect=True)

    async def describe_server(self, call: Call) -> Answer:
        body = {
            "did": service_did(call),
            "availableUserDomains": [".bsky.test"],
            "inviteCodeRequired": False,
            "links": {},
            "contact": {},
        }
        return Answer(200, body)


def _description(account: Account, call: Call) -> dict[str, Any]:
    body: dict[str, Any] = {
        "did": account.did,
        "didDoc": did_document(account, call),
        "handle": account.handle,
        "email": account.email,
        "emailConfirmed": True,
        "active": account.status == "active",
    }
    return body if account.status == "active" else {**body, "status": account.status}
