"""Login Kit: the consent page, the code, access and refresh tokens with strict rotation, revocation.

Source: channels/tiktok.md section 2. A desktop app's challenge is the hex SHA-256 of its verifier.
"""

from __future__ import annotations

import hashlib
import secrets
from urllib.parse import parse_qsl, urlencode

from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.rendering import render
from munadi.sandbox.tiktok.errors import oauth_refusal
from munadi.sandbox.tiktok.model import Code, Token
from munadi.sandbox.tiktok.platform import ALL_SCOPES, Platform

CODE_SECONDS = 600


class Login:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def authorize(self, call: Call) -> Answer:
        """The consent page's decision: `approve=<open id>` (with `grant=`: only these scopes) or `deny=1`."""
        query = dict(call.query)
        redirect_uri = query.get("redirect_uri", "")
        if not redirect_uri.startswith(("http://", "https://")) or query.get("response_type") != "code":
            return Answer(400, "Something went wrong: redirect_uri or response_type")
        state = {"state": query["state"]} if "state" in query else {}
        if "deny" in query:
            return _redirect(redirect_uri, {"error": "access_denied", "error_description": "User denied"} | state)
        profile = self._platform.profiles.get(query.get("approve", ""))
        if profile is None:
            choices = [(p.username, "?" + urlencode(query | {"approve": p.id})) for p in self._platform.profiles]
            deny = "?" + urlencode(query | {"deny": "1"})
            return Answer(200, render("consent.html", network="TikTok", choices=choices, deny=deny))
        asked = [scope for scope in query.get("scope", "").split(",") if scope in ALL_SCOPES]
        granted = [scope for scope in asked if scope in query.get("grant", ",".join(asked)).split(",")]
        expires_at = self._platform.clock.now() + CODE_SECONDS
        code = Code(secrets.token_urlsafe(48), profile.id, redirect_uri, granted, expires_at)
        code.challenge = query.get("code_challenge")
        self._platform.codes.put(code.value, code)
        answer = _redirect(redirect_uri, {"code": code.value, "scopes": ",".join(granted)} | state)
        return Answer(answer.status, None, answer.headers, effect=True)

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


def _redirect(uri: str, values: dict[str, str]) -> Answer:
    return Answer(302, None, {"location": f"{uri}{'&' if '?' in uri else '?'}{urlencode(values)}"})
