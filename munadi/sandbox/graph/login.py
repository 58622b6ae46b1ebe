"""The log-ins of Meta's networks.

At Instagram and Threads an account consents: its code becomes a short token and that a long one, which is refreshed. At
Facebook, which Instagram uses too, a person consents and shares Pages: person and Pages have tokens, and a Page's from
a long-lived token has no end. Source: section 2 of docs/networks/{instagram,threads,facebook}.md. Which error answers
the refresh of a token younger than 24 h is not documented; this emulation answers code 100.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from munadi.sandbox.clock import DAY, HOUR
from munadi.sandbox.consent import Choice
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.graph import errors
from munadi.sandbox.graph.errors import GraphError, bad_parameter, bad_parameter_if, login_error, refuse, refuse_if
from munadi.sandbox.graph.platform import LONG_SECONDS, GraphPlatform
from munadi.sandbox.graph.reading import page_of, parameters, selected
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
    values = parameters(call)
    if values.get("grant_type") != f"{platform.grants}_exchange_token" or not values.get("client_secret"):
        raise bad_parameter("Missing or invalid grant_type or client_secret")
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


def bearer_answer(token: Token, seconds: int, **more: Any) -> Answer:
    body = {"access_token": token.value, "token_type": "bearer", "expires_in": seconds}
    return Answer(200, body | more, effect=True)


def _granted(platform: AccountPlatform[Any], token: Token) -> Answer:
    new = platform.issue_account_token(token.profile_id, token.scopes)
    return bearer_answer(new, LONG_SECONDS, **platform.granted_extras(new))


PERSON_CODE_PROBLEMS = {
    "code": ("This authorization code has been used or has expired.",),
    "client": ("Error validating verification code. It was given to another app",),
    "redirect_uri": ("Error validating verification code. Please make sure your redirect_uri is identical",),
}


class PersonPlatform(GraphPlatform[Profile]):
    person_scopes: ClassVar[list[str]]
    person_consent: ClassVar[ConsentRules]
    tasks: ClassVar[list[str]]
    has_persons = True
    repeats_page_tokens: ClassVar[bool]  # a list of Pages has the same tokens again, as long as they are usable

    @abstractmethod
    def person_choices(self) -> Iterable[Choice]: ...

    @abstractmethod
    def accounts_of(self, person: str) -> list[Profile]:
        """The profiles of a person, by the id that the person's tokens have."""

    @abstractmethod
    def page_id(self, profile: Profile) -> str: ...

    @abstractmethod
    def page_facts(self, profile: Profile, call: Call) -> dict[str, Any]: ...

    def issue_person_token(self, person: str, value: str | None = None) -> Token:
        """A long-lived token of a person, with every scope and for all Pages."""
        return self.issuer.issue("EAA", person, self.person_scopes, LONG_SECONDS, value=value, kind="person")

    def issue_page_token(self, profile_id: str, value: str | None = None) -> Token:
        return self.issuer.issue("EAA", profile_id, self.person_scopes, None, value=value, kind="page")

    def person_token(self, call: Call, edge: str) -> Token:
        token = self.token(call)
        bad_parameter_if(token.kind != "person", f"Tried accessing nonexisting field ({edge}) on node type (Page)")
        return token

    def is_shared(self, token: Token, profile: Profile) -> bool:
        """Whether the token is the Page's own, or of its person, who shared the Page."""
        if token.kind == "page":
            return token.profile_id == profile.id
        owned = profile in self.accounts_of(token.profile_id)
        return owned and (token.pages is None or self.page_id(profile) in token.pages)

    def page_token(self, profile: Profile, person: Token) -> Token:
        """A Page's token with the scopes and the lifetime of its person's."""
        now, wanted = self.clock.now(), (person.scopes, person.long_lived, None)
        for token in reversed(self.issuer.of(profile.id, "page") if self.repeats_page_tokens else []):
            if (token.scopes, token.long_lived, token.revoked_subcode) == wanted and not token.has_expired(now):
                return token
        seconds = None if person.long_lived else HOUR
        scopes, lasting = person.scopes, person.long_lived
        return self.issuer.issue("EAA", profile.id, scopes, seconds, kind="page", long_lived=lasting)


async def authorize_person(platform: PersonPlatform[Any], call: Call) -> Answer:
    """Facebook's consent page: a person, and the Pages that they share."""
    return platform.issuer.consent(call, "Facebook", platform.person_choices(), platform.person_consent, "person")


async def person_token(platform: PersonPlatform[Any], call: Call) -> Answer:
    """A code becomes a person's short-lived token, and that one a long-lived token."""
    values = parameters(call)
    if not values.get("client_id") or not values.get("client_secret"):
        raise bad_parameter("Missing client_id or client_secret")
    if values.get("grant_type") == "fb_exchange_token":
        token = platform.issuer.tokens.get(values.get("fb_exchange_token", ""))
        if token is None or token.kind != "person" or token.revoked_subcode is not None:
            raise refuse(errors.TOKEN_UNREADABLE)
        refuse_if(token.has_expired(platform.clock.now()), errors.TOKEN_EXPIRED)
        return _granted_person(platform, token.profile_id, token.scopes, token.pages, LONG_SECONDS)
    code = platform.issuer.exchange(values, PERSON_CODE_PROBLEMS, bad_parameter, kind="person")
    return _granted_person(platform, code.profile_id, code.scopes, code.pages, HOUR)


async def list_pages(platform: PersonPlatform[Any], call: Call) -> Answer:
    """The Pages that the person shared, each with a token of its own; `limit` (25) of them from `after`."""
    token = platform.person_token(call, "accounts")
    shared = [one for one in platform.accounts_of(token.profile_id) if platform.is_shared(token, one)]
    shown, paging = page_of(call, shared, platform.page_id, with_token=True)
    data = []
    for profile in shown:
        more = {"access_token": platform.page_token(profile, token).value, "tasks": platform.tasks}
        facts = platform.page_facts(profile, call) | more
        data.append(selected(call, facts, "access_token", "category", "name", "tasks"))
    return Answer(200, {"data": data, "paging": paging})


async def list_permissions(platform: PersonPlatform[Any], call: Call) -> Answer:
    token = platform.person_token(call, "permissions")
    known = dict.fromkeys([*token.scopes, *platform.person_scopes])
    shown = [{"permission": scope, "status": "granted" if scope in token.scopes else "declined"} for scope in known]
    return Answer(200, {"data": shown})


async def inspect_token(platform: PersonPlatform[Any], call: Call) -> Answer:
    """debug_token, called with the app's own token `id|secret`."""
    secret = parameters(call).get("access_token", "").partition("|")[2]
    bad_parameter_if(not secret, "You must provide an app access token, or a user access token of the app's developer")
    return Answer(200, platform.inspection(call))


def _granted_person(
    platform: PersonPlatform[Any], person: str, scopes: list[str], pages: list[str] | None, seconds: int
) -> Answer:
    lasting = seconds == LONG_SECONDS
    token = platform.issuer.issue("EAA", person, scopes, seconds, kind="person", long_lived=lasting, pages=pages)
    return bearer_answer(token, seconds)
