"""Login Kit: the consent page, the code, access and refresh tokens with strict rotation, revocation.

Source: channels/tiktok.md section 2. A desktop app's challenge is the hex SHA-256 of its verifier.
"""

from __future__ import annotations

import hashlib
import secrets
from urllib.parse import parse_qsl

from munadi.sandbox.consent import Choice, decided, is_address, redirect_back
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.tiktok.errors import oauth_refusal
from munadi.sandbox.tiktok.model import Code, Token
from munadi.sandbox.tiktok.platform import ALL_SCOPES, Platform

CODE_SECONDS = 600
DENIAL = {"error": "access_denied", "error_description": "User denied"}


class Login:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def authorize(self, call: Call) -> Answer:
        """The consent page, and the way back with a code or without (`munadi.sandbox.consent`)."""
        redirect_uri = call.query.get("redirect_uri", "")
        if not is_address(redirect_uri) or call.query.get("response_type") != "code":
            return Answer(400, "Something went wrong: redirect_uri or response_type")
        asked = [scope for scope in call.query.get("scope", "").split(",") if scope in ALL_SCOPES]
        choices = [Choice(profile.id, profile.username) for profile in self._platform.profiles]
        decision = decided(call, "TikTok", choices, asked, denial=DENIAL, client="client_key")
        if isinstance(decision, Answer):
            return decision
        code = Code(
            value=secrets.token_urlsafe(48),
            profile_id=decision.profile_id,
            redirect_uri=redirect_uri,
            scopes=decision.scopes,
            expires_at=self._platform.clock.now() + CODE_SECONDS,
            challenge=call.query.get("code_challenge"),
            client_key=call.query.get("client_key", ""),
        )
        self._platform.codes.put(code.value, code)
        return redirect_back(call, {"code": code.value, "scopes": ",".join(code.scopes)}, effect=True)

    async def token(self, call: Call) -> Answer:
        values = self._client(call)
        match values.get("grant_type"):
            case "authorization_code":
                return self._exchange(values)
            case "refresh_token":
                return self._refresh(values)
        raise self._refusal("unsupported_grant_type", "The grant type is not supported")

    async def revoke(self, call: Call) -> Answer:
        """The grant is gone: every token of the user."""
        token = self._platform.tokens.get(self._client(call).get("token", ""))
        if token is None:
            raise self._refusal("invalid_request", "The token is invalid or expired")
        self.forget(token.profile_id)
        return Answer(200, {}, effect=True)

    def issue(
        self, profile_id: str, scopes: list[str], *, access: str | None = None, refresh: str | None = None
    ) -> tuple[Token, Token]:
        """An access and a refresh token; with fixed values they are the seeded profile's, which live a year."""
        now, limits = self._platform.clock.now(), self._platform.limits
        lives = limits["accessTokenSeconds"], limits["refreshTokenSeconds"]
        if access is not None:
            lives = lives[1], lives[1]
        tokens = (
            Token(access or f"act.{secrets.token_urlsafe(48)}", "access", profile_id, now + lives[0], scopes),
            Token(refresh or f"rft.{secrets.token_urlsafe(48)}", "refresh", profile_id, now + lives[1], scopes),
        )
        for token in tokens:
            self._platform.tokens.put(token.value, token)
        return tokens

    def forget(self, profile_id: str) -> None:
        for token in self._platform.tokens:
            if token.profile_id == profile_id:
                self._platform.tokens.remove(token.value)

    def _client(self, call: Call) -> dict[str, str]:
        values = dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
        if call.content_type != "application/x-www-form-urlencoded":
            raise self._refusal("invalid_request", "Only application/x-www-form-urlencoded is supported")
        if not values.get("client_key") or not values.get("client_secret"):
            raise self._refusal("invalid_client", "Client key or secret is incorrect")
        return values

    def _exchange(self, values: dict[str, str]) -> Answer:
        code = self._platform.codes.get(values.get("code", ""))
        if code is None or code.expires_at <= self._platform.clock.now():
            raise self._refusal("invalid_grant", "Authorization code is expired")
        if code.client_key != values["client_key"]:
            raise self._refusal("invalid_grant", "Authorization code was given to another client")
        if code.redirect_uri != values.get("redirect_uri"):
            raise self._refusal("invalid_request", "Redirect_uri is not matched with the uri when requesting code")
        verifier = values.get("code_verifier", "")
        if code.challenge is not None and hashlib.sha256(verifier.encode()).hexdigest() != code.challenge.lower():
            raise self._refusal("invalid_request", "Code verifier or code challenge is invalid")
        self._platform.codes.remove(code.value)
        return self._granted(code.profile_id, code.scopes)

    def _refresh(self, values: dict[str, str]) -> Answer:
        """The old refresh token stops working; access tokens live on until they expire."""
        token = self._platform.tokens.get(values.get("refresh_token", ""))
        if token is None or token.kind != "refresh" or token.expires_at <= self._platform.clock.now():
            raise self._refusal("invalid_grant", "Refresh token is invalid or expired")
        self._platform.tokens.remove(token.value)
        return self._granted(token.profile_id, token.scopes)

    def _granted(self, profile_id: str, scopes: list[str]) -> Answer:
        access, refresh = self.issue(profile_id, scopes)
        limits = self._platform.limits
        body = {
            "open_id": profile_id,
            "scope": ",".join(scopes),
            "access_token": access.value,
            "expires_in": limits["accessTokenSeconds"],
            "refresh_token": refresh.value,
            "refresh_expires_in": limits["refreshTokenSeconds"],
            "token_type": "Bearer",
        }
        return Answer(200, body, effect=True)

    def _refusal(self, error: str, description: str) -> Refusal:
        return oauth_refusal(error, description, as_success=self._platform.switches["oauthErrorsWith200"])
