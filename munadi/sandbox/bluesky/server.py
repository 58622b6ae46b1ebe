"""The account's server: sessions with an app password, service tokens, blobs, and its own description.

Checks and messages as at the reference: a service token lives at most an hour, or a minute without a method. A blob is
invisible until a record names it.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from munadi.sandbox.bluesky import schemas
from munadi.sandbox.bluesky.directory import did_document, service_did
from munadi.sandbox.bluesky.errors import refuse, refuse_if
from munadi.sandbox.bluesky.formats import FORMATS, blob_cid
from munadi.sandbox.bluesky.limits import LOGINS, UPLOADS
from munadi.sandbox.bluesky.model import TAKEN_DOWN, Account, Blob, require_usable
from munadi.sandbox.clock import HOUR, MINUTE
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.media import sniff

if TYPE_CHECKING:
    from munadi.sandbox.bluesky import Bluesky

# What only the account's own sessions may do.
PROTECTED = ("com.atproto.admin.", "com.atproto.identity.", "com.atproto.server.createAppPassword")


async def create_session(platform: Bluesky, call: Call) -> Answer:
    body = platform.input(call, schemas.CREATE_SESSION)
    headers = platform.rates.spend(LOGINS, body["identifier"], 1)
    account = platform.find(body["identifier"])
    # An app password does not work for an account that was taken down, and the answer does not give the reason.
    if (
        account is None
        or account.status in TAKEN_DOWN
        or not hmac.compare_digest(account.password.encode(), body["password"].encode())
    ):
        raise refuse("AuthenticationRequired", "Invalid identifier or password", headers=headers)
    pair = platform.tokens.open_session(account, service_did(call))
    return Answer(200, {**pair, **_description(account, call)}, headers, effect=True)


async def refresh_session(platform: Bluesky, call: Call) -> Answer:
    claims = platform.refresh_claims(call)
    account = platform.find(claims["sub"])
    if account is None:
        raise refuse("InvalidRequest", f"Could not find user info for account: {claims['sub']}")
    require_usable(account, deactivated_too=False)
    pair = platform.tokens.rotate(account, service_did(call), claims["jti"])
    if pair is None:
        raise refuse("ExpiredToken", "Token has been revoked")
    return Answer(200, {**pair, **_description(account, call)}, effect=True)


async def get_session(platform: Bluesky, call: Call) -> Answer:
    account = platform.caller(call)
    refuse_if(account.status in TAKEN_DOWN, "InvalidRequest", f"Could not find user info for account: {account.did}")
    return Answer(200, _description(account, call))


async def describe_server(platform: Bluesky, call: Call) -> Answer:
    return Answer(200, {"did": service_did(call), "availableUserDomains": [".bsky.test"]})


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


async def get_service_auth(platform: Bluesky, call: Call) -> Answer:
    account = platform.caller(call)
    require_usable(account)
    audience, method, expiry = (call.query.get(name) for name in ("aud", "lxm", "exp"))
    if not audience or not FORMATS["did"][1](audience.partition("#")[0]) or (expiry and not expiry.isdecimal()):
        raise refuse("InternalServerError")  # the reference's answer to any invalid query
    if method and method.startswith(PROTECTED):
        message = f"cannot request a service auth token for the following protected method: {method}"
        raise refuse("InvalidRequest", message)
    now = platform.clock.now()
    expires_at = int(expiry) if expiry else int(now) + MINUTE
    _check_expiry(expires_at - now, method)
    return Answer(200, {"token": platform.tokens.service_token(account, audience, method, expires_at)})


def _check_expiry(seconds: float, method: str | None) -> None:
    refuse_if(seconds < 0, "BadExpiration", "expiration is in past")
    if seconds > HOUR:
        raise refuse("BadExpiration", "cannot request a token with an expiration more than an hour in the future")
    if not method and seconds > MINUTE:
        raise refuse(
            "BadExpiration", "cannot request a method-less token with an expiration more than a minute in the future"
        )


async def upload_blob(platform: Bluesky, call: Call) -> Answer:
    account = platform.caller(call)
    require_usable(account, deactivated_too=False)
    refuse_if(not call.content_type, "InvalidRequest", "Request encoding (Content-Type) required but not provided")
    refuse_if(len(call.body) > platform.limits["blobBytes"], "PayloadTooLarge")
    headers = platform.rates.spend(UPLOADS, "everyone", 1)
    # The type is detected from the bytes; the client's type is only the fallback, as at the reference.
    mime_type = sniff(call.body) or call.content_type
    cid = blob_cid(call.body)
    platform.shelf.keep(call.body, mime_type)
    digest = hashlib.sha256(call.body).hexdigest()
    blob = Blob(account.did, cid, mime_type, len(call.body), digest)
    platform.blobs.put(f"{account.did} {cid}", blob)
    reference = {"$type": "blob", "ref": {"$link": cid}, "mimeType": mime_type, "size": blob.size}
    return Answer(200, {"blob": reference}, headers, effect=True)
