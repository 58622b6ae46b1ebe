"""The entryway as authorization server, by AT Protocol's profile of OAuth: PAR, PKCE, DPoP, a consent page, iss.

Source: atproto.com/specs/oauth; npm @atproto/oauth-provider. One thing is not the profile's: the issuer has a path,
since all networks share one address. `clients` authenticates the caller.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.datastructures import QueryParams

from munadi.sandbox.bluesky.clients import IDENTITY, Client
from munadi.sandbox.bluesky.directory import service_did, service_url
from munadi.sandbox.bluesky.dpop import OAuthRefused
from munadi.sandbox.bluesky.model import TAKEN_DOWN, Grant, Pushed
from munadi.sandbox.consent import Choice, decision_of, redirect_back
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.oauth import challenge_of

if TYPE_CHECKING:
    from munadi.sandbox.bluesky import Bluesky

REQUEST_SECONDS = 300
DECLINED = {"error": "access_denied", "error_description": "The user denied the request"}


async def resource(platform: Bluesky, call: Call) -> Answer:
    """The metadata of the PDS and the entryway: the authorization server of the accounts."""
    host = call.path.partition("/")[0]
    body = {
        "resource": f"{call.base_url}/bluesky/{host}",
        "authorization_servers": [issuer(call)],
        "bearer_methods_supported": ["header"],
        "scopes_supported": [],
    }
    return Answer(200, body)


async def metadata(platform: Bluesky, call: Call) -> Answer:
    base = issuer(call)
    body = {
        "issuer": base,
        "authorization_endpoint": f"{base}/oauth/authorize",
        "token_endpoint": f"{base}/oauth/token",
        "pushed_authorization_request_endpoint": f"{base}/oauth/par",
        "revocation_endpoint": f"{base}/oauth/revoke",
        "require_pushed_authorization_requests": True,
        "authorization_response_iss_parameter_supported": True,
        "client_id_metadata_document_supported": True,
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "response_types_supported": ["code"],
        "scopes_supported": [IDENTITY, "transition:generic"],
        "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
    }
    return Answer(200, body)


async def push(platform: Bluesky, call: Call) -> Answer:
    values, thumbprint, client = await _authenticated(platform, call)
    if values.get("response_type") != "code" or IDENTITY not in values.get("scope", "").split():
        raise _refused(platform, "invalid_request", 'The "code" response_type and the "atproto" scope are required')
    if values.get("code_challenge_method") != "S256" or not values.get("code_challenge"):
        raise _refused(platform, "invalid_request", 'atproto requires use of "S256" code_challenge_method')
    hint = values.get("login_hint", "")
    if hint and platform.find(hint) is None:
        raise _refused(platform, "invalid_request", f'Invalid login_hint "{hint}"')
    try:
        client.require(values.get("redirect_uri", ""), values["scope"])
    except OAuthRefused as refused:
        raise _refused(platform, refused.error, refused.description) from None
    pushed = Pushed(
        uri=f"urn:ietf:params:oauth:request_uri:req-{secrets.token_hex(16)}",
        client_id=values["client_id"],
        redirect_uri=values["redirect_uri"],
        scope=values["scope"],
        state=values.get("state", ""),
        challenge=values["code_challenge"],
        thumbprint=thumbprint,
        hint=hint,
        expires_at=platform.clock.now() + REQUEST_SECONDS,
        client_key=client.key,
    )
    platform.pushed.put(pushed.uri, pushed)
    return _answer(platform, {"request_uri": pushed.uri, "expires_in": REQUEST_SECONDS}, 201)


async def authorize(platform: Bluesky, call: Call) -> Answer:
    """The consent page of a pushed request, then the redirect with a code or the denial."""
    pushed = platform.pushed.get(call.query.get("request_uri", ""))
    now = platform.clock.now()
    if pushed is None or pushed.code or pushed.expires_at <= now or pushed.client_id != call.query.get("client_id"):
        return Answer(400, "This request is unknown, was answered before, or has expired")
    named = {name: value for name, value in (("redirect_uri", pushed.redirect_uri), ("state", pushed.state)) if value}
    others = [(name, value) for name, value in call.query.multi_items() if name not in ("redirect_uri", "state")]
    call = replace(call, query=QueryParams([*others, *named.items()]))
    decision = decision_of(
        call, "Bluesky", _choices(platform, pushed), pushed.scope.split(), denial={"iss": issuer(call), **DECLINED}
    )
    if isinstance(decision, Answer):
        return decision
    pushed.did, pushed.code = decision.profile_id, f"cod-{secrets.token_hex(32)}"
    pushed.scope = " ".join(dict.fromkeys([IDENTITY, *decision.scopes]))  # the marker itself cannot be unticked
    pushed.expires_at = now + REQUEST_SECONDS
    platform.pushed.put(pushed.uri, pushed)
    return redirect_back(call, {"iss": issuer(call), "code": pushed.code}, effect=True)


async def token(platform: Bluesky, call: Call) -> Answer:
    values, thumbprint, client = await _authenticated(platform, call)
    match values.get("grant_type"):
        case "authorization_code":
            return _exchange(platform, call, values, thumbprint, client)
        case "refresh_token":
            return _refresh(platform, call, values, thumbprint, client)
    raise _refused(platform, "invalid_grant", "Invalid request payload")


async def revoke(platform: Bluesky, call: Call) -> Answer:
    """End the whole grant, by either token; an unknown token is no error (RFC 7009, 2.2)."""
    values, thumbprint, client = await _authenticated(platform, call)
    grant = platform.grants.of_token(values.get("token", ""))
    if grant is not None:
        _require_same(platform, client, thumbprint, grant)
        platform.grants.rows.remove(grant.id)
    return _answer(platform, {})


def _exchange(platform: Bluesky, call: Call, values: dict[str, str], thumbprint: str, client: Client) -> Answer:
    code = values.get("code", "")
    pushed = next((one for one in platform.pushed if code and one.code == code), None)
    if pushed is None:
        for grant in platform.grants.rows:
            if code and grant.code == code:  # replayed: the tokens may have been stolen
                platform.grants.rows.remove(grant.id)
        raise _refused(platform, "invalid_grant", "Invalid code")
    platform.pushed.remove(pushed.uri)  # a code can be tried only once, also when the checks below fail
    if pushed.expires_at <= platform.clock.now():
        raise _refused(platform, "invalid_grant", "This code has expired")
    _require_same(platform, client, thumbprint, pushed)
    if pushed.redirect_uri != values.get("redirect_uri"):
        message = "The redirect_uri parameter must match the one used in the authorization request"
        raise _refused(platform, "invalid_grant", message)
    if challenge_of(values.get("code_verifier", "")) != pushed.challenge:
        raise _refused(platform, "invalid_grant", "Invalid code_verifier")
    grant = platform.grants.create(pushed, client.key)
    return _answer(platform, platform.grants.issue(grant, service_did(call)))


def _refresh(platform: Bluesky, call: Call, values: dict[str, str], thumbprint: str, client: Client) -> Answer:
    grant = platform.grants.refreshable(values.get("refresh_token", ""))
    if isinstance(grant, str):
        raise _refused(platform, "invalid_grant", grant)
    try:
        _require_same(platform, client, thumbprint, grant)
        if ended := platform.grants.has_ended(grant, confidential=bool(client.key)):
            raise _refused(platform, "invalid_grant", ended)
    except Refusal:
        platform.grants.rows.remove(grant.id)
        raise
    grant.client_key = client.key  # a client may become confidential, and its grants with it
    return _answer(platform, platform.grants.issue(grant, service_did(call)))


async def _authenticated(platform: Bluesky, call: Call) -> tuple[dict[str, str], str, Client]:
    """The form, the thumbprint of its DPoP key, and the authenticated client."""
    values = call.form
    if call.content_type != "application/x-www-form-urlencoded" or not values.get("client_id"):
        raise _refused(platform, "invalid_client", "Client credentials missing")
    try:
        thumbprint = platform.grants.proofs.check(call)
        return values, thumbprint, await platform.clients.authenticated(values, issuer(call), thumbprint)
    except OAuthRefused as refused:
        status = 401 if refused.error == "invalid_dpop_proof" else 400
        raise _refused(platform, refused.error, refused.description, status) from None


def _require_same(platform: Bluesky, client: Client, thumbprint: str, before: Pushed | Grant) -> None:
    if client.id != before.client_id:
        raise _refused(platform, "invalid_grant", "Token was not issued to this client")
    if thumbprint != before.thumbprint:
        raise _refused(platform, "invalid_grant", "DPoP proof does not match the expected JKT")
    if before.client_key and not client.key:
        raise _refused(platform, "invalid_grant", "Client authentication method mismatch (expected private_key_jwt)")
    if before.client_key and client.key != before.client_key:
        message = "The session was initiated with a different key than the client assertion currently used"
        raise _refused(platform, "invalid_grant", message)


def _choices(platform: Bluesky, pushed: Pushed) -> list[Choice]:
    """The accounts, the expected one first."""
    usable = [account for account in platform.accounts if account.status not in TAKEN_DOWN]
    usable.sort(key=lambda account: pushed.hint not in (account.did, account.handle))
    return [Choice(account.did, account.handle, also=frozenset({account.handle})) for account in usable]


def _answer(platform: Bluesky, body: dict[str, object], status: int = 200) -> Answer:
    return Answer(status, body, {"dpop-nonce": platform.grants.proofs.nonce}, effect=True)


def _refused(platform: Bluesky, error: str, description: str, status: int = 400) -> Refusal:
    headers = {"dpop-nonce": platform.grants.proofs.nonce}
    return Refusal(Answer(status, {"error": error, "error_description": description}, headers))


def issuer(call: Call) -> str:
    return f"{service_url(call).removesuffix('/pds')}/entryway"
