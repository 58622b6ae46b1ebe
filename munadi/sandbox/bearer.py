"""A network of OAuth 2 whose calls have a bearer token: consent, codes, refresh, revocation, and who calls.

A network's `Login` is a table of what differs from other networks; `granted` is the answer of its token endpoint.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from munadi.sandbox.consent import Choice
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.oauth import Code, ConsentRules, Token, basic_client, challenge_of
from munadi.sandbox.platform import Platform, Profile


@dataclass(frozen=True)
class Login:
    """`problems` has the arguments of `token_refusal` for app, code, client, redirect_uri, verifier, refresh, grant.

    `replay`: what a refresh token that was used before does.
    """

    scopes: Sequence[str]  # of an account that is imported
    consent: ConsentRules
    problems: Mapping[str, tuple[Any, ...]]
    wrong: str  # the page for a request that lacks what is needed
    needed: tuple[str, ...] = ("client_id",)
    prefixes: tuple[str, str] = ("", "")  # of access and refresh tokens
    refresh_seconds: float | None = None
    replay: Literal["is refused", "ends the grant", "is fine"] = "is refused"
    app_in_header: bool = False  # as a Basic header (RFC 7617), not in the form
    challenge_of: Callable[[str], str] | None = challenge_of
    revoked: Mapping[str, Any] | None = None


class BearerPlatform(Platform[Profile]):
    login: ClassVar[Login]
    token_problem: ClassVar[str] = "token"
    scope_problem: ClassVar[str] = "scopes"
    default_tokens: ClassVar[tuple[str, str]]  # published on purpose: they open nothing real
    default_seconds: ClassVar[float]  # longer than the network's, so that a sandbox that is left running keeps working
    id_epoch: ClassVar[int] = 0  # ids are milliseconds since then, shifted by so many bits
    id_bits: ClassVar[int] = 0

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._last_id = 0

    def next_id(self) -> str:
        """An id that is larger than the one before."""
        self._last_id = max((int(self.clock.now() * 1000) - self.id_epoch) << self.id_bits, self._last_id + 1)
        return str(self._last_id)

    # --- tokens
    def caller(self, call: Call, *scopes: str) -> Profile:
        """The profile of the call's token, which must have the scopes."""
        token = self.issuer.live(call.bearer or "")
        if token is None:
            raise self.problems.refuse(self.token_problem)
        self.problems.refuse_if(not self.permits(token, scopes), self.scope_problem)
        profile = self.profile(token.profile_id)
        self.problems.refuse_if(profile.status == "closed", self.token_problem)
        return profile

    def permits(self, token: Token, scopes: tuple[str, ...]) -> bool:
        return set(scopes) <= set(token.scopes)

    def seed_tokens(self, profile: Profile) -> None:
        access, refresh = self.default_tokens
        self.issuer.issue("", profile.id, [*self.login.scopes], self.default_seconds, value=access)
        self.issuer.issue("", profile.id, [*self.login.scopes], None, value=refresh, kind="refresh")

    def new_tokens(self, profile: Profile) -> dict[str, Any]:
        access, refresh = self.issue_pair(profile.id, [*self.login.scopes])
        return {"accessToken": access.value, "refreshToken": refresh.value}

    def issue_pair(self, profile_id: str, scopes: list[str]) -> tuple[Token, Token]:
        """An access token, whose life is the limit `accessTokenSeconds`, and a refresh token."""
        access, refresh = self.login.prefixes
        return (
            self.issuer.issue(access, profile_id, scopes, self.limits["accessTokenSeconds"]),
            self.issuer.issue(refresh, profile_id, scopes, self.login.refresh_seconds, kind="refresh"),
        )

    # --- the authorization server
    def choices(self, call: Call) -> Iterable[Choice]:
        """Who may consent; raises the refusal of a request that the network does not show to anybody."""
        return [Choice(one.id, one.username) for one in self.accounts]

    def prepare(self, code: Code, call: Call) -> None:
        """Complete a code before it is sent."""

    def app_of(self, call: Call) -> dict[str, str]:
        """The form of a call, whose app must prove itself; any id and secret are accepted."""
        client, form = self.login.consent.client, call.form
        name = basic_client(call) if self.login.app_in_header else form.get("client_secret") and form.get(client)
        if not name:
            raise self.token_refusal(*self.login.problems["app"])
        return form | {client: name}

    def renewable(self, value: str) -> Token:
        """A refresh token that may be used, and is then."""
        found, replay = self.issuer.tokens.get(value), self.login.replay
        if found is not None and found.exchanged and replay == "ends the grant":
            self.issuer.forget(found.profile_id)
        usable = found is not None and found.kind == "refresh" and not found.has_expired(self.clock.now())
        if found is None or not usable or (found.exchanged and replay != "is fine"):
            raise self.token_refusal(*self.login.problems["refresh"])
        found.exchanged = True
        return self.issuer.tokens.put(found.value, found)

    @abstractmethod
    def granted(self, source: Code | Token) -> dict[str, Any]:
        """New tokens for a code or a refresh token, as the network answers them."""

    def token_refusal(self, error: str, description: str = "", status: int = 400) -> Refusal:
        """A refusal of the token endpoint."""
        return Refusal(Answer(status, {"error": error, "error_description": description}))


async def authorize(platform: BearerPlatform[Any], call: Call) -> Answer:
    login, query = platform.login, call.query
    if query.get("response_type") != "code" or not all(query.get(name) for name in login.needed):
        return Answer(400, login.wrong)

    def prepare(code: Code) -> None:
        platform.prepare(code, call)

    return platform.issuer.consent(call, platform.title, platform.choices(call), login.consent, prepare=prepare)


async def token(platform: BearerPlatform[Any], call: Call) -> Answer:
    """A code or a refresh token becomes tokens."""
    login, form = platform.login, platform.app_of(call)
    if form.get("grant_type") == "authorization_code":
        problems, client = login.problems, login.consent.client
        code = platform.issuer.exchange(
            form, problems, platform.token_refusal, client=client, challenge_of=login.challenge_of
        )
        return Answer(200, platform.granted(code), effect=True)
    if form.get("grant_type") == "refresh_token" and "refresh" in login.problems:
        return Answer(200, platform.granted(platform.renewable(form.get("refresh_token", ""))), effect=True)
    raise platform.token_refusal(*login.problems["grant"])


async def revoke(platform: BearerPlatform[Any], call: Call) -> Answer:
    """Either token ends the grant."""
    found = platform.issuer.tokens.get(platform.app_of(call).get("token", ""))
    if found is not None:
        platform.issuer.forget(found.profile_id)
    elif "revoke" in platform.login.problems:
        raise platform.token_refusal(*platform.login.problems["revoke"])
    return Answer(200, dict(platform.login.revoked or {}), effect=found is not None)
