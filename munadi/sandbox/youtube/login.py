"""Google OAuth 2.0: the consent page, the code, hourly access tokens and the refresh token, which is the grant.

Source: docs/networks/youtube.md section 2. Any client id and secret are accepted; the answer to a refresh has no
refresh token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from munadi.sandbox.clock import DAY
from munadi.sandbox.consent import Choice
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.oauth import Code, ConsentRules, Token, challenge_of
from munadi.sandbox.youtube.errors import refuse_token

if TYPE_CHECKING:
    from munadi.sandbox.youtube import YouTube

ACCESS_SECONDS = 3_599
UNUSED_SECONDS = 182 * DAY
TESTING_SECONDS = 7 * DAY
LIVE_GRANTS = 100
REVOKED = 1  # what a grant has for its end
CONSENT = ConsentRules("4/0A", {"error": "access_denied"}, seconds=600, scopes_as=("scope", " "))
CODE_PROBLEMS = {
    "code": ("invalid_grant", "Malformed auth code."),
    "client": ("invalid_grant", "The code was given to another client."),
    "redirect_uri": ("redirect_uri_mismatch",),
    "verifier": ("invalid_grant", "Invalid code verifier."),
}


async def authorize(platform: YouTube, call: Call) -> Answer:
    if not call.query.get("client_id"):
        return Answer(400, "Error 400: redirect_uri_mismatch")

    def prepare(code: Code) -> None:
        """Google returns a refresh token for the first consent, or when the app asks for a new one."""
        is_new = not live_grants(platform, code.profile_id) or "consent" in call.query.get("prompt", "").split()
        code.with_refresh = call.query.get("access_type") == "offline" and is_new

    choices = [Choice(one.id, one.title, also=frozenset({one.username})) for one in platform.accounts]
    return platform.issuer.consent(call, "YouTube", choices, CONSENT, prepare=prepare)


async def token(platform: YouTube, call: Call) -> Answer:
    values = call.form
    if not values.get("client_id") or not values.get("client_secret"):
        raise refuse_token("invalid_client")
    match values.get("grant_type"):
        case "authorization_code":
            code = platform.issuer.exchange(values, CODE_PROBLEMS, refuse_token, challenge_of=challenge_of)
            granted = grant(platform, code.profile_id, code.scopes)
            more = {"refresh_token": granted.value} if code.with_refresh else {}
            return Answer(200, _granted(platform, granted) | more, effect=True)
        case "refresh_token":
            used = platform.issuer.tokens.get(values.get("refresh_token", ""))
            if used is None or used.kind != "refresh" or used.revoked_subcode or _has_lapsed(platform, used):
                raise refuse_token("invalid_grant")
            used.used_at = platform.clock.now()
            platform.issuer.tokens.put(used.value, used)
            return Answer(200, _granted(platform, used), effect=True)
    raise refuse_token("unsupported_grant_type")


async def revoke(platform: YouTube, call: Call) -> Answer:
    """Either token ends the whole grant."""
    value = call.form.get("token") or call.query.get("token", "")
    found = platform.issuer.tokens.get(value)
    granted = platform.issuer.tokens.get(found.grant) if found and found.grant else found
    if granted is None or granted.revoked_subcode:
        raise refuse_token("invalid_token", "Token expired or revoked")
    end(platform, granted)
    return Answer(200, {}, effect=True)


def live_grants(platform: YouTube, profile_id: str) -> list[Token]:
    return [one for one in platform.issuer.of(profile_id, "refresh") if not one.revoked_subcode]


def grant(platform: YouTube, profile_id: str, scopes: list[str], value: str | None = None) -> Token:
    """A new grant, which is a refresh token; of more than a hundred live ones the oldest silently ends."""
    live = live_grants(platform, profile_id)
    for oldest in live[: max(len(live) + 1 - LIVE_GRANTS, 0)]:
        end(platform, oldest)
    return platform.issuer.issue(
        "1//0", profile_id, scopes, None, value=value, kind="refresh", used_at=platform.clock.now()
    )


def issue(platform: YouTube, granted: Token, seconds: int = ACCESS_SECONDS, value: str | None = None) -> Token:
    return platform.issuer.issue("ya29.", granted.profile_id, granted.scopes, seconds, value=value, grant=granted.value)


def end(platform: YouTube, granted: Token) -> None:
    """End the grant and all its access tokens. Its row stays, so that it can be reported as revoked."""
    granted.revoked_subcode = REVOKED
    platform.issuer.tokens.put(granted.value, granted)
    for one in platform.issuer.of(granted.profile_id, "access"):
        if one.grant == granted.value:
            platform.issuer.tokens.remove(one.value)


def _has_lapsed(platform: YouTube, granted: Token) -> bool:
    now = platform.clock.now()
    testing = platform.switches["testingStatus"] and now >= granted.issued_at + TESTING_SECONDS
    return testing or now >= granted.used_at + UNUSED_SECONDS


def _granted(platform: YouTube, granted: Token) -> dict[str, Any]:
    scope, value = " ".join(granted.scopes), issue(platform, granted).value
    return {"access_token": value, "expires_in": ACCESS_SECONDS, "scope": scope, "token_type": "Bearer"}
