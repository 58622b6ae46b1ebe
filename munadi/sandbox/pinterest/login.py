"""OAuth 2.0 without PKCE: tokens of 30 days, refresh tokens of 60 that are replaced with each use.

Source: docs/networks/pinterest.md, section 2. Any client id and secret are accepted, in a Basic header.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from munadi.sandbox.clock import DAY, MINUTE
from munadi.sandbox.consent import Choice
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.oauth import ConsentRules, Token, basic_client
from munadi.sandbox.pinterest.errors import refuse
from munadi.sandbox.pinterest.model import SCOPES, SECRET

if TYPE_CHECKING:
    from munadi.sandbox.pinterest import Pinterest

CONSENT = ConsentRules("", {"error": "access_denied"}, seconds=10 * MINUTE, known_scopes=[*SCOPES, *SECRET])
REFRESH_SECONDS = 60 * DAY


async def authorize(platform: Pinterest, call: Call) -> Answer:
    if call.query.get("response_type") != "code" or not call.query.get("client_id"):
        return Answer(400, "Something went wrong: the app's request is not valid.")
    choices = [Choice(one.id, one.username) for one in platform.accounts]
    return platform.issuer.consent(call, platform.title, choices, CONSENT)


async def token(platform: Pinterest, call: Call) -> Answer:
    values = call.form | {"client_id": _client(call)}
    match values.get("grant_type"):
        case "authorization_code":
            problems = {"code": ("code",), "client": ("code",), "redirect_uri": ("redirect_uri",)}
            code = platform.issuer.exchange(values, problems, refuse)
            return _granted(platform, code.profile_id, code.scopes, "authorization_code")
        case "refresh_token":
            used = platform.issuer.live(values.get("refresh_token", ""), "refresh")
            if used is None or used.exchanged:
                raise refuse("token")
            used.exchanged = True
            platform.issuer.tokens.put(used.value, used)
            return _granted(platform, used.profile_id, used.scopes, "refresh_token")
    raise refuse("grant")


async def revoke(platform: Pinterest, call: Call) -> Answer:
    """Either token ends the grant."""
    _client(call)
    found = platform.issuer.tokens.get(call.form.get("token", ""))
    if found is not None:
        platform.issuer.forget(found.profile_id)
    return Answer(200, {}, effect=found is not None)


def issue_pair(platform: Pinterest, profile_id: str, scopes: list[str]) -> tuple[Token, Token]:
    """An access and a refresh token."""
    life = platform.limits["accessTokenSeconds"]
    return (
        platform.issuer.issue("pina_", profile_id, scopes, life),
        platform.issuer.issue("pinr_", profile_id, scopes, REFRESH_SECONDS, kind="refresh"),
    )


def _client(call: Call) -> str:
    if (name := basic_client(call)) is None:
        raise refuse("token")
    return name


def _granted(platform: Pinterest, profile_id: str, scopes: list[str], grant: str) -> Answer:
    access, refresh = issue_pair(platform, profile_id, scopes)
    ends = int(platform.clock.now()) + REFRESH_SECONDS
    body = {"access_token": access.value, "refresh_token": refresh.value, "token_type": "bearer"}
    lives = {"expires_in": platform.limits["accessTokenSeconds"], "refresh_token_expires_in": REFRESH_SECONDS}
    more = {"refresh_token_expires_at": ends, "response_type": grant, "scope": " ".join(scopes)}
    return Answer(200, {**body, **lives, **more}, effect=True)
