"""Tokens and codes: the consent page, what a code and a token are worth, and how they end.

Source: channels/instagram.md and channels/threads.md, section 2. Which error answers the refresh of a token younger
than 24 h is not documented; code 100 is this emulation's choice.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from munadi.sandbox.clock import SandboxClock
from munadi.sandbox.consent import Choice, decided, is_address, sent_back
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.graph import errors
from munadi.sandbox.graph.errors import GraphError, bad_parameter, login_error, refuse
from munadi.sandbox.graph.parameters import parameters
from munadi.sandbox.storage import Store, Table

HOUR, DAY = 3600, 86_400
LONG_SECONDS = 60 * DAY
AGE_SECONDS = 2 * DAY  # tokens of new profiles are old enough to be refreshed
DENIAL = {
    "error": "access_denied",
    "error_reason": "user_denied",
    "error_description": "The user denied your request",
}
REVOCATIONS = {error.subcode: error for error in (
    errors.APP_REMOVED, errors.PASSWORD_CHANGED, errors.CHECKPOINT, errors.SESSION_INVALID)}  # fmt: skip


@dataclass
class Token:
    value: str
    profile_id: str
    issued_at: float
    expires_at: float
    scopes: list[str] = field(default_factory=list)
    long_lived: bool = True
    revoked_subcode: int | None = None
    kind: str = "account"  # others are those of a login through a Page: "page" and "person"
    exchanged: bool = False  # a short-lived one that a long-lived one was given for
    pages: list[str] | None = None  # a person's: those of their Pages that are shared; None is all


@dataclass
class Code:
    value: str
    profile_id: str
    redirect_uri: str
    scopes: list[str]
    expires_at: float
    client_id: str = ""
    kind: str = "account"  # or "person", of a login through a Page
    pages: list[str] | None = None  # those that the person shares; None is all


class Tokens:
    """The tokens and codes of one network."""

    def __init__(
        self, clock: SandboxClock, store: Store, channel: str, revocations: Mapping[int | None, GraphError]
    ) -> None:
        self._clock = clock
        self._revocations = {**REVOCATIONS, **revocations}
        self.rows: Table[Token] = Table(store, f"{channel}_token", Token)
        self.codes: Table[Code] = Table(store, f"{channel}_code", Code)

    @property
    def tables(self) -> tuple[Table[Token], Table[Code]]:
        return self.rows, self.codes

    def usable(self, value: str | None) -> Token:
        """The token of that value; raises 104 and the 190 family."""
        if not value:
            raise refuse(errors.TOKEN_MISSING)
        token = self.rows.get(value)
        if token is None:
            raise refuse(errors.TOKEN_UNREADABLE)
        if token.revoked_subcode is not None:
            raise refuse(self._revocations.get(token.revoked_subcode, errors.APP_REMOVED))
        if token.expires_at <= self._clock.now():
            raise refuse(errors.TOKEN_EXPIRED)
        return token

    def issue(
        self, value: str, profile_id: str, scopes: list[str], seconds: int = LONG_SECONDS, *,
        long_lived: bool = True, age: int = 0, kind: str = "account", pages: list[str] | None = None,
    ) -> Token:  # fmt: skip
        """A new token, `age` seconds old already."""
        issued_at = self._clock.now() - age
        expires_at = issued_at + seconds
        token = Token(value, profile_id, issued_at, expires_at, scopes, long_lived, kind=kind, pages=pages)
        return self.rows.put(value, token)

    def consented(self, call: Call, network: str, choices: Iterable[Choice], kind: str = "account") -> Answer:
        """The consent page, and the way back with a code or without (`munadi.sandbox.consent`)."""
        redirect_uri = call.query.get("redirect_uri", "")
        if not is_address(redirect_uri):
            return Answer(400, "Invalid redirect_uri")
        asked = call.query.get("scope", "").replace(",", " ").split()
        decision = decided(call, network, choices, asked, denial=DENIAL)
        if isinstance(decision, Answer):
            return decision
        code = Code(
            value="AQ" + secrets.token_urlsafe(64),
            profile_id=decision.profile_id,
            redirect_uri=redirect_uri,
            scopes=decision.scopes,
            expires_at=self._clock.now() + HOUR,
            client_id=call.query.get("client_id", ""),
            kind=kind,
            pages=decision.pages,
        )
        self.codes.put(code.value, code)
        return sent_back(call, {"code": code.value}, fragment="#_", effect=True)

    def spent(self, call: Call) -> Code:
        """The code that a call exchanges; it works once, for the app and the address that it was given to."""
        values = parameters(call)
        code = self.codes.get(values.get("code", "").removesuffix("#_"))
        if values.get("grant_type") != "authorization_code" or not values.get("client_secret"):
            raise login_error("Invalid platform app")
        if code is None or code.kind != "account" or code.expires_at <= self._clock.now():
            raise login_error("Matching code was not found or was already used")
        if code.client_id != values.get("client_id"):
            raise login_error("Error validating client_id: the code was given to another app")
        if code.redirect_uri != values.get("redirect_uri"):
            raise login_error("Error validating verification code. Please make sure your redirect_uri is "
                              "identical to the one you used in the OAuth dialog request")  # fmt: skip
        self.codes.remove(code.value)
        return code

    def require_refreshable(self, token: Token, scope: str) -> None:
        if scope not in token.scopes:
            raise refuse(errors.NO_PERMISSION)
        if not token.long_lived or token.issued_at > self._clock.now() - DAY:
            raise bad_parameter("The access token must be long-lived and at least 24 hours old to be refreshed")

    def expire(self, profile_id: str, kind: str | None = None) -> None:
        for token in self.rows:
            if token.profile_id == profile_id and kind in (None, token.kind):
                token.expires_at = min(token.expires_at, self._clock.now() - 1)
                self.rows.put(token.value, token)

    def revoke(self, profile_id: str, subcode: int | None, kind: str | None = None) -> None:
        for token in self.rows:
            if token.profile_id == profile_id and kind in (None, token.kind):
                token.revoked_subcode = subcode or 458
                self.rows.put(token.value, token)


def require_secret(call: Call, grant_type: str) -> None:
    values = parameters(call)
    if values.get("grant_type") != grant_type or not values.get("client_secret"):
        raise bad_parameter("Missing or invalid grant_type or client_secret")


def granted(token: Token, **more: Any) -> Answer:
    """A long-lived token as it is given out."""
    body = {"access_token": token.value, "token_type": "bearer", "expires_in": LONG_SECONDS}
    return Answer(200, body | more, effect=True)
