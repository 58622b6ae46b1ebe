"""Login Kit: the consent page, the code, access and refresh tokens with strict rotation, revocation.

Source: docs/networks/tiktok.md section 2. A desktop app's challenge is the hex SHA-256 of its verifier.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING

from munadi.sandbox.consent import Choice
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.oauth import ConsentRules
from munadi.sandbox.tiktok.errors import oauth_refusal
from munadi.sandbox.tiktok.model import ALL_SCOPES, REFRESH_SECONDS

if TYPE_CHECKING:
    from munadi.sandbox.tiktok import TikTok

CONSENT = ConsentRules(
    "",
    {"error": "access_denied", "error_description": "User denied"},
    client="client_key",
    seconds=600,
    scopes_as=("scopes", ","),
    known_scopes=ALL_SCOPES,
)
CODE_PROBLEMS = {
    "code": ("invalid_grant", "Authorization code is expired"),
    "client": ("invalid_grant", "Authorization code was given to another client"),
    "redirect_uri": ("invalid_request", "Redirect_uri is not matched with the uri when requesting code"),
    "verifier": ("invalid_request", "Code verifier or code challenge is invalid"),
}


async def authorize(platform: TikTok, call: Call) -> Answer:
    if call.query.get("response_type") != "code":
        return Answer(400, "Something went wrong: response_type")
    choices = [Choice(account.id, account.username) for account in platform.accounts]
    return platform.issuer.consent(call, "TikTok", choices, CONSENT)


async def token(platform: TikTok, call: Call) -> Answer:
    """A code or a refresh token becomes a new pair; a used refresh token stops working."""
    values = _client(platform, call)
    match values.get("grant_type"):
        case "authorization_code":
            code = platform.issuer.exchange(
                values,
                CODE_PROBLEMS,
                partial(_refusal, platform),
                client="client_key",
                challenge_of=lambda verifier: hashlib.sha256(verifier.encode()).hexdigest(),
            )
            return _granted(platform, code.profile_id, code.scopes)
        case "refresh_token":
            used = platform.issuer.live(values.get("refresh_token", ""), "refresh")
            if used is None:
                raise _refusal(platform, "invalid_grant", "Refresh token is invalid or expired")
            platform.issuer.tokens.remove(used.value)
            return _granted(platform, used.profile_id, used.scopes)
    raise _refusal(platform, "unsupported_grant_type", "The grant type is not supported")


async def revoke(platform: TikTok, call: Call) -> Answer:
    """The grant ends: every token of the user."""
    found = platform.issuer.tokens.get(_client(platform, call).get("token", ""))
    if found is None:
        raise _refusal(platform, "invalid_request", "The token is invalid or expired")
    platform.issuer.forget(found.profile_id)
    return Answer(200, {}, effect=True)


def _client(platform: TikTok, call: Call) -> dict[str, str]:
    """The form of a call, which has an app's key and secret."""
    values = call.form
    if call.content_type != "application/x-www-form-urlencoded":
        raise _refusal(platform, "invalid_request", "Only application/x-www-form-urlencoded is supported")
    if not values.get("client_key") or not values.get("client_secret"):
        raise _refusal(platform, "invalid_client", "Client key or secret is incorrect")
    return values


def _granted(platform: TikTok, profile_id: str, scopes: list[str]) -> Answer:
    access, refresh = platform.issue_pair(profile_id, scopes)
    body = {
        "open_id": profile_id,
        "scope": ",".join(scopes),
        "access_token": access.value,
        "expires_in": platform.limits["accessTokenSeconds"],
        "refresh_token": refresh.value,
        "refresh_expires_in": REFRESH_SECONDS,
        "token_type": "Bearer",
    }
    return Answer(200, body, effect=True)


def _refusal(platform: TikTok, error: str, description: str) -> Refusal:
    return oauth_refusal(error, description, as_success=platform.switches["oauthErrorsWith200"])
