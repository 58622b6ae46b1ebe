"""Consent in a browser, by AT Protocol's profile of OAuth: PAR, PKCE, DPoP, iss.

Source: docs/networks/bluesky.md, section 2. `client` is Munadi as an OAuth client; `grants` follows the consent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from munadi.channels.bluesky.client import NEEDED, SCOPE, client_id_of, client_metadata, is_confidential
from munadi.channels.bluesky.errors import failure
from munadi.channels.bluesky.grants import Grant, Granting
from munadi.channels.bluesky.identity import AuthorizationServer, Identities, Owner
from munadi.channels.bluesky.spec import SPEC
from munadi.channels.oauth import (
    challenge_of,
    code_in,
    consent_url,
    new_verifier,
    refused_code,
    require_scopes,
    text_of,
)
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Reason
from munadi.ports import AccountImport, Answer, Choice, Consent, ConsentRequest, GrantedProfiles

VERIFIER = "verifier"


@dataclass(frozen=True)
class BlueskyLogin:
    """The log-in at an account's own server. One consent is for one account; `hint` is its handle, DID or server."""

    identities: Identities
    granting: Granting

    @property
    def missing_settings(self) -> tuple[str, ...]:
        """None: no app is registered."""
        return ()

    def metadata(self, base_url: str, redirect_uri: str) -> dict[str, Any]:
        """The document by which servers know this client (`client_metadata`)."""
        return client_metadata(base_url, redirect_uri)

    def jwks(self, used: Iterable[Mapping[str, str]]) -> dict[str, Any]:
        """The public keys of this client."""
        return self.granting.keys.jwks(used)

    async def begin(self, request: ConsentRequest) -> Consent:
        """Push the request to the owner's authorization server; the consent is on its page. Raises ChannelError."""
        client_id = client_id_of(request.redirect_uri)
        server, login_hint = await self._server(request.hint)
        client_key = self.granting.keys.newest if is_confidential(client_id) else None
        grant, verifier = Grant.new(server, client_id, client_key), new_verifier()
        form = {
            "response_type": "code",
            "redirect_uri": request.redirect_uri,
            "scope": SCOPE,
            "state": request.state,
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }
        hinted = {"login_hint": login_hint} if login_hint else {}
        pushed = await self.granting.post(grant, server.par, {**form, **hinted}, request.state)
        query = {"client_id": client_id, "request_uri": text_of(SPEC.title, pushed, "request_uri")}
        return Consent(consent_url(server.authorize, query), {**grant.texts, VERIFIER: verifier})

    async def exchange(
        self, request: ConsentRequest, answered: Mapping[str, str], kept: Mapping[str, str]
    ) -> GrantedProfiles:
        """Code → tokens, if the account that they are for names this authorization server. Raises ChannelError."""
        grant, code = Grant.read(kept), code_in(SPEC.title, answered)
        if answered.get("iss") != grant.issuer:
            raise _foreign("the code is not from the server that the consent was requested from")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": kept[VERIFIER],
            "redirect_uri": request.redirect_uri,
        }
        try:
            answer = await self.granting.post(grant, grant.token_endpoint, form, code, kept[VERIFIER])
        except ChannelError as error:
            raise refused_code(SPEC.title, error) from error
        owner = await self._owner(answer, grant)
        credentials = self.granting.credentials(answer, grant.consented(self.granting.clock.now()))
        scopes = tuple(text_of(SPEC.title, answer, "scope").split())
        require_scopes(SPEC.title, scopes, NEEDED)
        given = AccountImport.of(credentials, external_id=owner.did, service_url=owner.pds)
        return GrantedProfiles((Choice(owner.did, owner.handle or owner.did, given),), scopes)

    async def revoke(self, account: ConnectedAccount) -> bool:
        """End a grant of OAuth; the session of an app password belongs to the client, so it is left alone."""
        grant = Grant.of(account.credentials)
        return False if grant is None else await self.granting.revoke(account, grant)

    async def _server(self, hint: str | None) -> tuple[AuthorizationServer, str | None]:
        """The server to ask, and the account to ask for."""
        given = (hint or "").strip().removeprefix("@")
        if not given or given.startswith(("https://", "http://")):
            return await self.identities.server_of((given or self.identities.xrpc.entryway).rstrip("/")), None
        owner = await self.identities.owner(given)
        return await self.identities.server_of(owner.pds), given

    async def _owner(self, answer: Answer, grant: Grant) -> Owner:
        """The account that the answer names, if its own server names this authorization server."""
        owner = await self.identities.by_did(text_of(SPEC.title, answer, "sub"))
        server = await self.identities.server_of(owner.pds)
        if server.issuer != grant.issuer:
            raise _foreign(f"{grant.issuer} does not speak for {owner.did}")
        return owner


def _foreign(message: str) -> ChannelError:
    return failure(Reason.CONSENT_EXPIRED, message, code="FOREIGN_ISSUER")
