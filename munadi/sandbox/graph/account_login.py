"""The login of Instagram and Threads: consent, the code, short and long-lived tokens, refresh.

Source: docs/networks/instagram.md and docs/networks/threads.md, section 2. Which error answers the refresh of a token
younger than 24 h is not documented; this emulation answers code 100.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from munadi.sandbox.clock import DAY, HOUR
from munadi.sandbox.consent import Choice
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.graph import errors
from munadi.sandbox.graph.errors import GraphError, bad_parameter, login_error, refuse_if
from munadi.sandbox.graph.parameters import parameters
from munadi.sandbox.graph.platform import LONG_SECONDS, GraphPlatform
from munadi.sandbox.oauth import ConsentRules, Token
from munadi.sandbox.platform import Profile

AGE_SECONDS = 2 * DAY  # tokens of new profiles are old enough to be refreshed
CONSENT = ConsentRules(
    "AQ",
    {"error": "access_denied", "error_reason": "user_denied", "error_description": "The user denied your request"},
    fragment="#_",
)
CODE_PROBLEMS = {
    "code": ("Matching code was not found or was already used",),
    "client": ("Error validating client_id: the code was given to another app",),
    "redirect_uri": (
        "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in "
        "the OAuth dialog request",
    ),
}


class AccountPlatform(GraphPlatform[Profile]):
    """`grants` is the prefix of the network's grant types, `token_prefix` the prefix of its tokens."""

    grants: ClassVar[str]
    token_prefix: ClassVar[str]
    all_scopes: ClassVar[list[str]]
    basic_scope: ClassVar[str]
    not_short_lived: ClassVar[GraphError]  # answers the exchange of a token that is long-lived already
    exchanges_once: ClassVar[bool] = False

    def issue_account_token(
        self, profile_id: str, scopes: list[str], seconds: int = LONG_SECONDS, **rest: Any
    ) -> Token:
        return self.issuer.issue(self.token_prefix, profile_id, scopes, seconds, kind="account", **rest)

    def import_token(self, profile_id: str, value: str | None = None) -> Token:
        """A long-lived token with every scope that can be refreshed at once."""
        return self.issue_account_token(profile_id, self.all_scopes, age=AGE_SECONDS, value=value)

    def code_answer(self, token: Token) -> Mapping[str, Any]:
        """The answer to the exchange of a code."""
        return {"access_token": token.value, "user_id": int(token.profile_id)}

    def granted_extras(self, token: Token) -> dict[str, Any]:
        """Further fields of the answer with a long-lived token."""
        return {}


async def authorize(platform: AccountPlatform[Any], call: Call) -> Answer:
    choices = [Choice(one.id, one.name) for one in platform.accounts]
    return platform.issuer.consent(call, platform.title, choices, CONSENT, "account")


async def exchange_code(platform: AccountPlatform[Any], call: Call) -> Answer:
    values = parameters(call)
    if values.get("grant_type") != "authorization_code" or not values.get("client_secret"):
        raise login_error("Invalid platform app")
    code = platform.issuer.exchange(values, CODE_PROBLEMS, login_error, kind="account")
    token = platform.issue_account_token(code.profile_id, code.scopes, HOUR, long_lived=False)
    return Answer(200, platform.code_answer(token), effect=True)


async def exchange_token(platform: AccountPlatform[Any], call: Call) -> Answer:
    """A short-lived token becomes a long-lived one."""
    require_secret(call, f"{platform.grants}_exchange_token")
    token = platform.token(call)
    refuse_if(token.long_lived or token.exchanged, platform.not_short_lived)
    token.exchanged = platform.exchanges_once
    platform.issuer.tokens.put(token.value, token)
    return _granted(platform, token)


async def refresh_token(platform: AccountPlatform[Any], call: Call) -> Answer:
    if parameters(call).get("grant_type") != f"{platform.grants}_refresh_token":
        raise bad_parameter("Missing or invalid grant_type")
    token = platform.token(call)
    refuse_if(platform.basic_scope not in token.scopes, errors.NO_PERMISSION)
    if not token.long_lived or token.issued_at > platform.clock.now() - DAY:
        raise bad_parameter("The access token must be long-lived and at least 24 hours old to be refreshed")
    return _granted(platform, token)


def require_secret(call: Call, grant: str) -> None:
    values = parameters(call)
    if values.get("grant_type") != grant or not values.get("client_secret"):
        raise bad_parameter("Missing or invalid grant_type or client_secret")


def bearer_answer(token: Token, seconds: int, **more: Any) -> Answer:
    body = {"access_token": token.value, "token_type": "bearer", "expires_in": seconds}
    return Answer(200, body | more, effect=True)


def _granted(platform: AccountPlatform[Any], token: Token) -> Answer:
    new = platform.issue_account_token(token.profile_id, token.scopes)
    return bearer_answer(new, LONG_SECONDS, **platform.granted_extras(new))
