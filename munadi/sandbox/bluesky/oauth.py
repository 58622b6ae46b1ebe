"""The entryway as authorization server, by AT Protocol's profile of OAuth: PAR, PKCE, DPoP, a consent page, iss.

Access tokens are bound to a key and live an hour, refresh tokens work once. A grant of a public client ends two weeks
after its consent, of a confidential one after two years, or when it is not renewed for three months; a refresh token
that comes back ends it at once. One thing is not the profile's: the issuer has a path, since networks share an address.
Source: atproto.com/specs/oauth; npm @atproto/oauth-provider.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.datastructures import QueryParams

from munadi.sandbox.bluesky.model import TAKEN_DOWN, Account, Grant, Pushed, refuse
from munadi.sandbox.bluesky.proofs import IDENTITY, Client, OAuthRefused
from munadi.sandbox.bluesky.sessions import service_did, service_url
from munadi.sandbox.clock import DAY, HOUR
from munadi.sandbox.consent import Choice, decision_of, redirect_back
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.oauth import challenge_of

if TYPE_CHECKING:
    from munadi.sandbox.bluesky import Bluesky

REQUEST_SECONDS = 300
YEAR = 365.25 * DAY
# The whole life of a grant, and of a refresh token that is not used.
PUBLIC_SECONDS = (14 * DAY, 14 * DAY)
CONFIDENTIAL_SECONDS = (2 * YEAR, YEAR / 4)
GENERIC = "transition:generic"
IDENTITY_ONLY = "com.atproto.server.getSession"  # what a grant may call without any power
DECLINED = {"error": "access_denied", "error_description": "The user denied the request"}


def caller(platform: Bluesky, call: Call, token: str) -> Account:
    """The account of an access token, if the call proves to have its key; raises the reference's refusals."""
    try:
        thumbprint = platform.proofs.key_of(call, token)
    except OAuthRefused as refused:
        raise _unauthorized(platform, refused.error, refused.description) from None
    claims = platform.tokens.read(token)
    grant = platform.grants.get(str(claims.get("grant")))
    if grant is None:
        raise _unauthorized(platform, "invalid_token", "Invalid token")
    if grant.thumbprint != thumbprint:
        raise _unauthorized(platform, "invalid_token", "Invalid DPoP key binding")
    account = platform.known(grant.did)
    if claims["exp"] <= platform.clock.now() or claims["generation"] != account.session_generation:
        raise _unauthorized(platform, "invalid_token", "Token expired")
    if GENERIC not in grant.scope.split() and not call.path.endswith(IDENTITY_ONLY):
        raise refuse("ScopeMissingError")
    return account


def _unauthorized(platform: Bluesky, error: str, description: str) -> Refusal:
    challenge = f'DPoP algs="ES256", error="{error}"'
    headers = {"www-authenticate": challenge, "dpop-nonce": platform.proofs.nonce}
    return Refusal(Answer(401, {"error": error, "message": description}, headers))


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
    if values.get("response_type") != "code" or values.get("code_challenge_method") != "S256":
        raise OAuthRefused("invalid_request", 'The "code" response_type and a "S256" challenge are required')
    hint = values.get("login_hint", "")
    if hint and platform.find(hint) is None:
        raise OAuthRefused("invalid_request", f'Invalid login_hint "{hint}"')
    client.require(values.get("redirect_uri", ""), values["scope"])
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
    return Answer(201, {"request_uri": pushed.uri, "expires_in": REQUEST_SECONDS}, effect=True)


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
    raise OAuthRefused("invalid_grant", "Invalid request payload")


async def revoke(platform: Bluesky, call: Call) -> Answer:
    """End the whole grant, by either token; an unknown token is no error (RFC 7009, 2.2)."""
    values, thumbprint, client = await _authenticated(platform, call)
    value = values.get("token", "")
    ids = {str(platform.tokens.read(value).get("grant"))}
    ids |= {one.id for one in platform.grants if value == one.refresh or value in one.used}
    for grant in [one for one in platform.grants if one.id in ids]:
        _require_same(client, thumbprint, grant)
        platform.grants.remove(grant.id)
    return Answer(200, {}, effect=True)


def _exchange(platform: Bluesky, call: Call, values: dict[str, str], thumbprint: str, client: Client) -> Answer:
    code = values.get("code") or "none"
    pushed = next((one for one in platform.pushed if one.code == code), None)
    if pushed is None:
        for grant in [one for one in platform.grants if one.code == code]:  # replayed: the tokens may have been stolen
            platform.grants.remove(grant.id)
        raise OAuthRefused("invalid_grant", "Invalid code")
    platform.pushed.remove(pushed.uri)  # a code can be tried only once, also when the checks below fail
    _require_same(client, thumbprint, pushed)
    wrong = {
        "This code has expired": pushed.expires_at <= platform.clock.now(),
        "The redirect_uri must match the authorization request's": pushed.redirect_uri != values.get("redirect_uri"),
        "Invalid code_verifier": challenge_of(values.get("code_verifier", "")) != pushed.challenge,
    }
    if problem := next((text for text, is_so in wrong.items() if is_so), None):
        raise OAuthRefused("invalid_grant", problem)
    now, grant_id = platform.clock.now(), f"tok-{secrets.token_hex(16)}"
    grant = Grant(grant_id, pushed.did, pushed.client_id, pushed.scope, thumbprint, code, now, client_key=client.key)
    return _issue(platform, call, grant)


def _refresh(platform: Bluesky, call: Call, values: dict[str, str], thumbprint: str, client: Client) -> Answer:
    value, now = values.get("refresh_token", ""), platform.clock.now()
    grant = next((one for one in platform.grants if value == one.refresh or value in one.used), None)
    if grant is None:
        raise OAuthRefused("invalid_grant", "Invalid refresh token")
    whole, unused = CONFIDENTIAL_SECONDS if client.key else PUBLIC_SECONDS
    wrong = {
        "Refresh token replayed": value != grant.refresh,
        "Session expired": now - grant.created_at > whole,
        "Refresh token expired": now - grant.refreshed_at > unused,
    }
    try:
        _require_same(client, thumbprint, grant)
        if problem := next((text for text, is_so in wrong.items() if is_so), None):
            raise OAuthRefused("invalid_grant", problem)
    except OAuthRefused:
        platform.grants.remove(grant.id)
        raise
    grant.client_key = client.key  # a client may become confidential, and its grants with it
    return _issue(platform, call, grant)


def _issue(platform: Bluesky, call: Call, grant: Grant) -> Answer:
    """New tokens; the refresh token before is used up."""
    grant.used += [grant.refresh] if grant.refresh else []
    grant.refresh, grant.refreshed_at = f"ref-{secrets.token_hex(32)}", platform.clock.now()
    platform.grants.put(grant.id, grant)
    claims = {"scope": grant.scope, "grant": grant.id, "cnf": {"jkt": grant.thumbprint}}
    access = platform.tokens.access_token(platform.profile(grant.did), service_did(call), claims, HOUR)
    body: dict[str, Any] = {"access_token": access, "token_type": "DPoP", "refresh_token": grant.refresh}
    return Answer(200, body | {"scope": grant.scope, "expires_in": HOUR, "sub": grant.did}, effect=True)


async def _authenticated(platform: Bluesky, call: Call) -> tuple[dict[str, str], str, Client]:
    """The form, the thumbprint of its DPoP key, and the authenticated client."""
    values = call.form
    if not values.get("client_id"):
        raise OAuthRefused("invalid_client", "Client credentials missing")
    thumbprint = platform.proofs.key_of(call)
    return values, thumbprint, await platform.proofs.client_of(values, issuer(call), thumbprint)


def _require_same(client: Client, thumbprint: str, before: Pushed | Grant) -> None:
    wrong = {
        "Token was not issued to this client": client.id != before.client_id,
        "DPoP proof does not match the expected JKT": thumbprint != before.thumbprint,
        "The session was initiated with a different key than the client assertion currently used": before.client_key
        not in ("", client.key),
    }
    if problem := next((text for text, is_so in wrong.items() if is_so), None):
        raise OAuthRefused("invalid_grant", problem)


def _choices(platform: Bluesky, pushed: Pushed) -> list[Choice]:
    """The accounts, the expected one first."""
    usable = [account for account in platform.accounts if account.status not in TAKEN_DOWN]
    usable.sort(key=lambda account: pushed.hint not in (account.did, account.handle))
    return [Choice(account.did, account.handle, also=frozenset({account.handle})) for account in usable]


def issuer(call: Call) -> str:
    return f"{service_url(call).removesuffix('/pds')}/entryway"
