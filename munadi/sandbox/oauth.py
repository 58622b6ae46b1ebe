"""One OAuth server for the networks: consent, codes, tokens, expiry and revocation.

Networks differ in names, lifetimes and error answers; each passes them in. Bluesky has a server of its own
(`bluesky.login`), because its tokens are bound to keys.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from munadi.sandbox.clock import HOUR, SandboxClock
from munadi.sandbox.consent import Choice, decision_of, is_address, redirect_back
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.storage import Table


@dataclass
class Token:
    value: str
    profile_id: str
    issued_at: float
    expires_at: float | None  # None: no end
    scopes: list[str] = field(default_factory=list)
    kind: str = "access"  # or refresh; at Meta account, page or person
    long_lived: bool = True
    revoked_subcode: int | None = None
    exchanged: bool = False  # a short-lived token that was exchanged for a long-lived one
    pages: list[str] | None = None  # a person's token: the Pages that the person shares; None is all
    grant: str = ""  # the refresh token that this token came from
    used_at: float = 0.0  # a refresh token's last use

    def has_expired(self, now: float) -> bool:
        return self.expires_at is not None and self.expires_at <= now


@dataclass
class Code:
    value: str
    profile_id: str
    redirect_uri: str
    scopes: list[str]
    expires_at: float
    client_id: str = ""
    challenge: str | None = None
    kind: str = "access"
    pages: list[str] | None = None
    with_refresh: bool = True  # its exchange returns a refresh token


@dataclass(frozen=True)
class ConsentRules:
    """How one network's consent page and codes differ from another's."""

    prefix: str  # of a code
    denial: dict[str, str]
    client: str = "client_id"  # the parameter that names the app
    seconds: int = HOUR
    fragment: str = ""  # what the network appends to the redirect
    scopes_as: tuple[str, str] | None = None  # the redirect's parameter with the granted scopes, and its separator
    known_scopes: Collection[str] | None = None  # others are left out; None: every scope is known


class TokenIssuer:
    """The codes and tokens of one network."""

    def __init__(self, clock: SandboxClock, table: Callable[[str, type[Any]], Table[Any]]) -> None:
        self._clock = clock
        self.tokens: Table[Token] = table("token", Token)
        self.codes: Table[Code] = table("code", Code)

    def live(self, value: str, kind: str = "access") -> Token | None:
        """The token of this kind, unless it has expired."""
        token = self.tokens.get(value)
        return token if token is not None and token.kind == kind and not token.has_expired(self._clock.now()) else None

    def consent(
        self,
        call: Call,
        title: str,
        choices: Iterable[Choice],
        rules: ConsentRules,
        kind: str = "access",
        prepare: Callable[[Code], None] | None = None,
        app: str | None = None,
    ) -> Answer:
        """The consent page, and then the redirect with a code or with the denial; `prepare` completes the code."""
        redirect_uri = call.query.get("redirect_uri", "")
        if not is_address(redirect_uri):
            return Answer(400, "Invalid redirect_uri")
        requested = call.query.get("scope", "").replace(",", " ").split()
        if rules.known_scopes is not None:
            requested = [scope for scope in requested if scope in rules.known_scopes]
        decision = decision_of(call, title, choices, requested, denial=rules.denial, client=rules.client, app=app)
        if isinstance(decision, Answer):
            return decision
        code = Code(
            value=rules.prefix + secrets.token_urlsafe(48),
            profile_id=decision.profile_id,
            redirect_uri=redirect_uri,
            scopes=decision.scopes,
            expires_at=self._clock.now() + rules.seconds,
            client_id=call.query.get(rules.client, ""),
            challenge=call.query.get("code_challenge"),
            kind=kind,
            pages=decision.pages,
        )
        if prepare is not None:
            prepare(code)
        self.codes.put(code.value, code)
        sent = {"code": code.value}
        if rules.scopes_as is not None:
            name, separator = rules.scopes_as
            sent[name] = separator.join(code.scopes)
        return redirect_back(call, sent, fragment=rules.fragment, effect=True)

    def exchange(
        self,
        values: dict[str, str],
        problems: Mapping[str, tuple[str, ...]],
        refusal: Callable[..., Refusal],
        *,
        client: str = "client_id",
        kind: str = "access",
        challenge_of: Callable[[str], str] | None = None,
    ) -> Code:
        """The code that a call exchanges: it works once, for the app and the address that it was issued for.

        `problems` has the arguments of `refusal` for `code`, `client`, `redirect_uri` and `verifier`.
        """
        code = self.codes.get(values.get("code", "").removesuffix("#_"))
        if code is None or code.kind != kind or code.expires_at <= self._clock.now():
            raise refusal(*problems["code"])
        proven = challenge_of(values.get("code_verifier", "")) if challenge_of else code.challenge
        wrong = {
            "client": code.client_id != values.get(client, ""),
            "redirect_uri": code.redirect_uri != values.get("redirect_uri"),
            "verifier": code.challenge not in (None, proven),
        }
        for problem, is_so in wrong.items():
            if is_so:
                raise refusal(*problems[problem])
        self.codes.remove(code.value)
        return code

    def issue(
        self,
        prefix: str,
        profile_id: str,
        scopes: list[str],
        seconds: float | None,
        *,
        age: float = 0,
        value: str | None = None,
        **rest: Any,
    ) -> Token:
        """A new token that was issued `age` seconds ago; without `seconds` it has no end."""
        issued_at = self._clock.now() - age
        expires_at = None if seconds is None else issued_at + seconds
        token = Token(value or prefix + secrets.token_urlsafe(48), profile_id, issued_at, expires_at, scopes, **rest)
        return self.tokens.put(token.value, token)

    def of(self, profile_id: str, *kinds: str) -> list[Token]:
        """The tokens of a profile, of any kind unless `kinds` names some."""
        return [one for one in self.tokens if one.profile_id == profile_id and (not kinds or one.kind in kinds)]

    def expire(self, profile_id: str, *kinds: str) -> None:
        now = self._clock.now()
        for token in self.of(profile_id, *kinds):
            token.expires_at = now - 1 if token.expires_at is None else min(token.expires_at, now - 1)
            self.tokens.put(token.value, token)

    def revoke(self, profile_id: str, subcode: int, *kinds: str) -> None:
        for token in self.of(profile_id, *kinds):
            token.revoked_subcode = subcode
            self.tokens.put(token.value, token)

    def forget(self, profile_id: str) -> None:
        for token in self.of(profile_id):
            self.tokens.remove(token.value)


def basic_client(call: Call) -> str | None:
    """The app's id from a Basic header (RFC 7617); None unless it has an id and a secret."""
    kind, _, value = call.headers.get("authorization", "").partition(" ")
    try:
        name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return None
    return name if kind.lower() == "basic" and name and secret else None


def challenge_of(verifier: str) -> str:
    """PKCE's S256: what a client sends first for a verifier that it shows later (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
