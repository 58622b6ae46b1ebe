"""OAuth grants: access tokens that are bound to a key, and refresh tokens that work once.

Access 60 minutes; a grant of a public client ends two weeks after its consent, of a confidential one after two years,
or when it is not renewed for three months; a refresh token that comes back ends it at once.
Source: npm @atproto/oauth-provider (token-manager, constants); messages are its own.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from munadi.sandbox.bluesky.dpop import OAuthRefused, Proofs
from munadi.sandbox.bluesky.errors import refuse
from munadi.sandbox.bluesky.model import Account, Grant, Pushed
from munadi.sandbox.clock import DAY, HOUR
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.storage import Table

if TYPE_CHECKING:
    from munadi.sandbox.bluesky import Bluesky

ACCESS_SECONDS = HOUR
YEAR = 365.25 * DAY
# The whole life of a grant, and of a refresh token that is not used.
PUBLIC_SECONDS = (14 * DAY, 14 * DAY)
CONFIDENTIAL_SECONDS = (2 * YEAR, YEAR / 4)
GENERIC = "transition:generic"
# What a grant may call without any power.
IDENTITY_ONLY = "com.atproto.server.getSession"


class Grants:
    def __init__(self, platform: Bluesky) -> None:
        self.proofs = Proofs()
        self._platform = platform
        self._clock, self._tokens = platform.clock, platform.tokens
        self.rows: Table[Grant] = platform.table("grant", Grant)

    def caller(self, call: Call, token: str) -> Account:
        """The account of an access token, if the call proves to have its key; raises the reference's refusals."""
        try:
            thumbprint = self.proofs.check(call, token)
        except OAuthRefused as refused:
            raise self._unauthorized(refused.error, refused.description) from None
        claims = self._claims(token)
        grant = self.rows.get(str(claims.get("grant")))
        if grant is None:
            raise self._unauthorized("invalid_token", "Invalid token")
        if grant.thumbprint != thumbprint:
            raise self._unauthorized("invalid_token", "Invalid DPoP key binding")
        account = self._platform.known(grant.did)
        if claims["exp"] <= self._clock.now() or claims.get("generation") != account.session_generation:
            raise self._unauthorized("invalid_token", "Token expired")
        if GENERIC not in grant.scope.split() and not call.path.endswith(IDENTITY_ONLY):
            raise refuse("ScopeMissingError")
        return account

    def create(self, pushed: Pushed, client_key: str) -> Grant:
        """What the owner of a pushed request granted; it is bound to the key that its client has proven."""
        grant = Grant(
            f"tok-{secrets.token_hex(16)}",
            pushed.did,
            pushed.client_id,
            pushed.scope,
            pushed.thumbprint,
            pushed.code,
            self._clock.now(),
            client_key=client_key,
        )
        return self.rows.put(grant.id, grant)

    def issue(self, grant: Grant, audience: str) -> dict[str, Any]:
        """A token answer; the refresh token before this one is used up."""
        if grant.refresh:
            grant.used.append(grant.refresh)
        grant.refresh, grant.refreshed_at = f"ref-{secrets.token_hex(32)}", self._clock.now()
        self.rows.put(grant.id, grant)
        account = self._platform.profile(grant.did)
        claims = {"scope": grant.scope, "grant": grant.id, "cnf": {"jkt": grant.thumbprint}}
        return {
            "access_token": self._tokens.bound_token(account, audience, claims, ACCESS_SECONDS),
            "token_type": "DPoP",
            "refresh_token": grant.refresh,
            "scope": grant.scope,
            "expires_in": ACCESS_SECONDS,
            "sub": grant.did,
        }

    def refreshable(self, refresh: str) -> Grant | str:
        """The grant, or why there is none."""
        grant = next((one for one in self.rows if refresh == one.refresh or refresh in one.used), None)
        if grant is None:
            return "Invalid refresh token"
        if refresh != grant.refresh:
            self.rows.remove(grant.id)
            return "Refresh token replayed"
        return grant

    def has_ended(self, grant: Grant, *, confidential: bool) -> str | None:
        """The reason why a grant can no longer be renewed."""
        whole, unused = CONFIDENTIAL_SECONDS if confidential else PUBLIC_SECONDS
        now = self._clock.now()
        if now - grant.created_at > whole:
            return "Session expired"
        return "Refresh token expired" if now - (grant.refreshed_at or grant.created_at) > unused else None

    def of_token(self, token: str) -> Grant | None:
        """The grant of either token."""
        for grant in self.rows:
            if token == grant.refresh or token in grant.used:
                return grant
        claims = self._tokens.read(token) or {}
        return self.rows.get(str(claims.get("grant")))

    def forget(self, did: str) -> None:
        for grant in self.rows:
            if grant.did == did:
                self.rows.remove(grant.id)

    def _claims(self, token: str) -> dict[str, Any]:
        claims = self._tokens.read(token)
        if claims is None or "cnf" not in claims:
            raise self._unauthorized("invalid_token", "Malformed token")
        return claims

    def _unauthorized(self, error: str, description: str) -> Refusal:
        details = "" if '"' in description else f', error_description="{description}"'
        headers = {"www-authenticate": f'DPoP algs="ES256", error="{error}"{details}', "dpop-nonce": self.proofs.nonce}
        return Refusal(Answer(401, {"error": error, "message": description}, headers))
