"""Google OAuth 2.0: the consent page, the code, hourly access tokens and the refresh token that is the grant.

Source: channels/youtube.md section 2. Any client id and secret do; a refresh answers without a refresh token.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import parse_qsl

from munadi.sandbox.consent import Choice, decided, is_address, redirect_back
from munadi.sandbox.exchange import Answer, Call
from munadi.sandbox.youtube.errors import refuse_token
from munadi.sandbox.youtube.model import Code, Grant, Token
from munadi.sandbox.youtube.platform import DAY, Platform

ACCESS_SECONDS = 3_599
CODE_SECONDS = 600
UNUSED_SECONDS = 182 * DAY
TESTING_SECONDS = 7 * DAY
LIVE_GRANTS = 100


class Login:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def authorize(self, call: Call) -> Answer:
        """The consent page, and the way back with a code or without (`munadi.sandbox.consent`)."""
        query = dict(call.query)
        redirect_uri = query.get("redirect_uri", "")
        if not is_address(redirect_uri) or not query.get("client_id"):
            return Answer(400, "Error 400: redirect_uri_mismatch")
        choices = [Choice(profile.id, profile.title) for profile in self._platform.profiles]
        asked = query.get("scope", "").split()
        decision = decided(call, "YouTube", choices, asked, denial={"error": "access_denied"})
        if isinstance(decision, Answer):
            return decision
        code = Code(
            value="4/0A" + secrets.token_urlsafe(48),
            profile_id=decision.profile_id,
            redirect_uri=redirect_uri,
            scopes=decision.scopes,
            expires_at=self._platform.clock.now() + CODE_SECONDS,
            with_grant=query.get("access_type") == "offline" and self._is_new_consent(decision.profile_id, query),
            challenge=query.get("code_challenge", ""),
            client_id=query["client_id"],
        )
        self._platform.codes.put(code.value, code)
        return redirect_back(call, {"code": code.value, "scope": " ".join(code.scopes)}, effect=True)

    async def token(self, call: Call) -> Answer:
        values = _form(call)
        if not values.get("client_id") or not values.get("client_secret"):
            raise refuse_token("invalid_client")
        match values.get("grant_type"):
            case "authorization_code":
                return self._exchange(values)
            case "refresh_token":
                return self._refresh(values)
        raise refuse_token("unsupported_grant_type")

    async def revoke(self, call: Call) -> Answer:
        """Either token ends the whole grant."""
        value = _form(call).get("token") or call.query.get("token", "")
        token = self._platform.tokens.get(value)
        grant = self._platform.grants.get(token.grant if token else value)
        if grant is None or grant.revoked:
            raise refuse_token("invalid_token", "Token expired or revoked")
        self.end(grant)
        return Answer(200, {}, effect=True)

    async def inspect(self, call: Call) -> Answer:
        token = self._platform.tokens.get(call.query.get("access_token", ""))
        left = int(token.expires_at - self._platform.clock.now()) if token else 0
        if token is None or left <= 0:
            raise refuse_token("invalid_token", "Invalid Value")
        return Answer(200, {"scope": " ".join(token.scopes), "expires_in": str(left), "access_type": "offline"})

    def grant(self, profile_id: str, scopes: list[str], value: str | None = None) -> Grant:
        """A new grant; of more than a hundred live ones the oldest silently ends."""
        live = [g for g in self._platform.grants if g.profile_id == profile_id and not g.revoked]
        for oldest in live[: max(len(live) + 1 - LIVE_GRANTS, 0)]:
            self.end(oldest)
        now = self._platform.clock.now()
        grant = Grant(value or "1//0" + secrets.token_urlsafe(48), profile_id, scopes, now, now)
        return self._platform.grants.put(grant.value, grant)

    def issue(self, grant: Grant, seconds: int = ACCESS_SECONDS, value: str | None = None) -> Token:
        value = value or "ya29." + secrets.token_urlsafe(64)
        expires_at = self._platform.clock.now() + seconds
        return self._platform.tokens.put(value, Token(value, grant.profile_id, expires_at, grant.scopes, grant.value))

    def end(self, grant: Grant) -> None:
        """The grant and all its access tokens are dead."""
        grant.revoked = True
        self._platform.grants.put(grant.value, grant)
        for token in self._platform.tokens:
            if token.grant == grant.value:
                self._platform.tokens.remove(token.value)

    def _is_new_consent(self, profile_id: str, query: dict[str, str]) -> bool:
        """Google gives a refresh token at the first consent, or when consent is asked for anew."""
        known = any(grant.profile_id == profile_id and not grant.revoked for grant in self._platform.grants)
        return not known or "consent" in query.get("prompt", "").split()

    def _exchange(self, values: dict[str, str]) -> Answer:
        code = self._platform.codes.get(values.get("code", ""))
        if code is None or code.expires_at <= self._platform.clock.now():
            raise refuse_token("invalid_grant", "Malformed auth code.")
        if code.client_id != values["client_id"]:
            raise refuse_token("invalid_grant", "The code was given to another client.")
        if code.redirect_uri != values.get("redirect_uri"):
            raise refuse_token("redirect_uri_mismatch")
        if code.challenge and code.challenge != _challenge(values.get("code_verifier", "")):
            raise refuse_token("invalid_grant", "Invalid code verifier.")
        self._platform.codes.remove(code.value)
        grant = self.grant(code.profile_id, code.scopes)
        body = self._granted(grant)
        if code.with_grant:
            body["refresh_token"] = grant.value
        return Answer(200, body, effect=True)

    def _refresh(self, values: dict[str, str]) -> Answer:
        grant = self._platform.grants.get(values.get("refresh_token", ""))
        if grant is None or grant.revoked or self._has_lapsed(grant):
            raise refuse_token("invalid_grant")
        grant.used_at = self._platform.clock.now()
        self._platform.grants.put(grant.value, grant)
        return Answer(200, self._granted(grant), effect=True)

    def _has_lapsed(self, grant: Grant) -> bool:
        now = self._platform.clock.now()
        testing = self._platform.switches["testingStatus"] and now >= grant.issued_at + TESTING_SECONDS
        return testing or now >= grant.used_at + UNUSED_SECONDS

    def _granted(self, grant: Grant) -> dict[str, Any]:
        token = self.issue(grant)
        scope = " ".join(grant.scopes)
        return {"access_token": token.value, "expires_in": ACCESS_SECONDS, "scope": scope, "token_type": "Bearer"}


def _form(call: Call) -> dict[str, str]:
    return dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
