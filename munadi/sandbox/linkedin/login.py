"""OAuth for two apps whose scopes do not mix: members and pages. Any client id and secret are accepted.

Source: docs/networks/linkedin.md, section 2. Codes live for half an hour, tokens for 60 days. Another set of scopes
ends the earlier tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from munadi.sandbox.clock import DAY, MINUTE
from munadi.sandbox.consent import Choice
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.linkedin.errors import refuse, refuse_token
from munadi.sandbox.linkedin.model import MEMBER_SCOPES, PAGE, PAGE_SCOPES
from munadi.sandbox.oauth import ConsentRules, Token

if TYPE_CHECKING:
    from munadi.sandbox.linkedin import LinkedIn

DENIAL = {"error": "user_cancelled_authorize", "error_description": "The user cancelled the authorization"}
CONSENT = ConsentRules("AQ", DENIAL, seconds=30 * MINUTE)
REFRESH_SECONDS = 365 * DAY
WRONG_CODE = "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code."
CODE_PROBLEMS = {
    "code": ("invalid_request", f"{WRONG_CODE} Or authorization code expired."),
    "client": ("invalid_request", WRONG_CODE),
    "redirect_uri": ("invalid_redirect_uri", "redirect_uri does not match the authorization code"),
    "verifier": ("invalid_request", WRONG_CODE),
}


async def authorize(platform: LinkedIn, call: Call) -> Answer:
    """A page for persons or for pages, by the scopes; one that the app cannot have fails all of it."""
    scopes = set(call.query.get("scope", "").split())
    apps = [known for known in (MEMBER_SCOPES, PAGE_SCOPES) if scopes and scopes <= set(known)]
    if call.query.get("response_type") != "code" or not call.query.get("client_id"):
        return Answer(400, "Bummer, something went wrong.")
    if not apps:
        return Answer(400, "unauthorized_scope_error: a scope is not authorized for your application")
    persons = apps[0] is MEMBER_SCOPES
    choices = [Choice(one.id, one.username) for one in platform.accounts if (one.id == one.person) is persons]
    return platform.issuer.consent(call, platform.title, choices, CONSENT)


async def token(platform: LinkedIn, call: Call) -> Answer:
    values = call.form
    if not values.get("client_id") or not values.get("client_secret"):
        raise refuse_token("invalid_client", "Client authentication failed", 401)
    match values.get("grant_type"):
        case "authorization_code":
            code = platform.issuer.exchange(values, CODE_PROBLEMS, refuse_token)
            return _granted(platform, code.profile_id, code.scopes)
        case "refresh_token":
            used = platform.issuer.live(values.get("refresh_token", ""), "refresh")
            if used is None:
                raise refuse_token("invalid_request", "The provided authorization grant or refresh token is invalid")
            access = platform.issuer.issue("AQ", used.profile_id, used.scopes, platform.limits["accessTokenSeconds"])
            return Answer(200, {**_body(platform, access), **_refresh(platform, used)}, effect=True)
    raise refuse_token("unsupported_grant_type", "grant_type is not supported")


async def userinfo(platform: LinkedIn, call: Call) -> Answer:
    profile = platform.caller(call, "openid")
    return Answer(200, {"sub": profile.id.rpartition(":")[2], "name": profile.username, "locale": {"language": "en"}})


async def pages(platform: LinkedIn, call: Call) -> Answer:
    """The roles of the person: one row for each page, which others than ADMINISTRATOR are not asked for."""
    caller, query = platform.caller(call, "rw_organization_admin"), call.query
    if query.get("q") != "roleAssignee":
        raise refuse("field")
    own = [one for one in platform.accounts if one.person == caller.person and one.id != one.person]
    rows = [
        {
            "organization": one.id,
            "role": "ANALYST" if one.status == "no_role" else "ADMINISTRATOR",
            "state": "APPROVED",
            "roleAssignee": one.person,
        }
        for one in own
    ]
    found = [row for row in rows if query.get("role") in (None, row["role"])]
    return Answer(200, {"elements": found, "paging": {"start": 0, "count": len(found)}})


async def page(platform: LinkedIn, call: Call) -> Answer:
    platform.caller(call, "rw_organization_admin")
    found = platform.accounts.get(f"{PAGE}{call.path.rpartition('/')[2]}")
    if found is None:
        raise refuse("missing")
    return Answer(200, {"id": int(found.id.rpartition(":")[2]), "vanityName": found.username, "localizedName": "Acme"})


def issue_pair(platform: LinkedIn, profile_id: str, scopes: list[str]) -> tuple[Token, Token]:
    """An access and a refresh token."""
    return (
        platform.issuer.issue("AQ", profile_id, scopes, platform.limits["accessTokenSeconds"]),
        platform.issuer.issue("AQ", profile_id, scopes, REFRESH_SECONDS, kind="refresh"),
    )


def _granted(platform: LinkedIn, profile_id: str, scopes: list[str]) -> Answer:
    for earlier in platform.issuer.of(profile_id):
        if set(earlier.scopes) != set(scopes):
            platform.issuer.tokens.remove(earlier.value)
    access, refresh = issue_pair(platform, profile_id, scopes)
    more = _refresh(platform, refresh) if platform.switches["grantRefreshTokens"] else {}
    return Answer(200, {**_body(platform, access), **more}, effect=True)


def _body(platform: LinkedIn, access: Token) -> dict[str, Any]:
    seconds = platform.limits["accessTokenSeconds"]
    return {"access_token": access.value, "expires_in": seconds, "scope": ",".join(access.scopes)}


def _refresh(platform: LinkedIn, refresh: Token) -> dict[str, Any]:
    left = int((refresh.expires_at or 0) - platform.clock.now())
    return {"refresh_token": refresh.value, "refresh_token_expires_in": left}
