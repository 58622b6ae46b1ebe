"""OAuth 2.0 with PKCE: codes of 30 seconds, tokens of two hours, refresh tokens that work once.

Source: docs/networks/x.md, section 2. Any client id and secret are accepted, in a Basic header. A refresh token that is
shown a second time ends the grant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from munadi.sandbox.consent import Choice
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.oauth import ConsentRules, Token, basic_client, challenge_of
from munadi.sandbox.x.errors import refuse_token
from munadi.sandbox.x.model import SCOPES

if TYPE_CHECKING:
    from munadi.sandbox.x import X

CODE_SECONDS = 30
CONSENT = ConsentRules("", {"error": "access_denied"}, seconds=CODE_SECONDS, known_scopes=SCOPES)
CODE_PROBLEMS = {
    "code": ("invalid_request", "Value passed for the authorization code was invalid."),
    "client": ("invalid_request", "Value passed for the authorization code was invalid."),
    "redirect_uri": (
        "invalid_request",
        "Value passed for the redirect uri did not match the uri of the authorization.",
    ),
    "verifier": ("invalid_request", "Value passed for the code verifier did not match the code challenge."),
}


async def authorize(platform: X, call: Call) -> Answer:
    needed = ("client_id", "state", "code_challenge")
    if call.query.get("response_type") != "code" or not all(call.query.get(name) for name in needed):
        return Answer(400, "Something went wrong: you weren't able to give access to the App.")
    choices = [Choice(one.id, one.username) for one in platform.accounts]
    return platform.issuer.consent(call, platform.title, choices, CONSENT)


async def token(platform: X, call: Call) -> Answer:
    values = call.form | {"client_id": _client(call)}
    match values.get("grant_type"):
        case "authorization_code":
            code = platform.issuer.exchange(values, CODE_PROBLEMS, refuse_token, challenge_of=challenge_of)
            return _granted(platform, code.profile_id, code.scopes)
        case "refresh_token":
            used = platform.issuer.tokens.get(values.get("refresh_token", ""))
            if used is None or used.kind != "refresh":
                raise refuse_token("invalid_request")
            if used.exchanged:
                platform.issuer.forget(used.profile_id)
            if used.exchanged or used.has_expired(platform.clock.now()):
                raise refuse_token("invalid_request")
            used.exchanged = True
            platform.issuer.tokens.put(used.value, used)
            return _granted(platform, used.profile_id, used.scopes)
    raise refuse_token("unsupported_grant_type")


async def revoke(platform: X, call: Call) -> Answer:
    """Either token ends the grant."""
    _client(call)
    found = platform.issuer.tokens.get(call.form.get("token", ""))
    if found is not None:
        platform.issuer.forget(found.profile_id)
    return Answer(200, {"revoked": True}, effect=found is not None)


def issue_pair(platform: X, profile_id: str, scopes: list[str]) -> tuple[Token, Token]:
    """An access and a refresh token."""
    life = platform.limits["accessTokenSeconds"]
    return (
        platform.issuer.issue("", profile_id, scopes, life),
        platform.issuer.issue("", profile_id, scopes, None, kind="refresh"),
    )


def _client(call: Call) -> str:
    if (name := basic_client(call)) is None:
        raise refuse_token("unauthorized_client", "Missing valid authorization header", 401)
    return name


def _granted(platform: X, profile_id: str, scopes: list[str]) -> Answer:
    access, refresh = issue_pair(platform, profile_id, scopes)
    more: dict[str, Any] = {"refresh_token": refresh.value} if "offline.access" in scopes else {}
    body = {"token_type": "bearer", "expires_in": platform.limits["accessTokenSeconds"], "access_token": access.value}
    return Answer(200, {**body, "scope": " ".join(scopes), **more}, effect=True)
