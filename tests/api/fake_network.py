"""A network and its authorization server that answer at once, with what a test prepares."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from pydantic import SecretStr

from munadi.channels.oauth import challenge_of, code_in, new_verifier
from munadi.domain.account import ConnectedAccount, Credentials, Profile
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import AccountImport, Choice, Connection, Consent, ConsentRequest, GrantedProfiles
from tests.db.seeding import token
from tests.workflows.network import FakeChannel

CONSENT = "https://network.example/consent"


@dataclass
class FakeNetwork(FakeChannel):
    """`verify_errors` and `refresh_errors` hold the errors of the next calls. Without one, a call succeeds."""

    verify_errors: deque[ChannelError] = field(default_factory=deque)
    refresh_errors: deque[ChannelError] = field(default_factory=deque)
    handle: str = "acme.example"
    facts: dict[str, Any] = field(default_factory=dict)
    scopes: tuple[str, ...] = ("publish",)

    async def _verify(self, given: AccountImport) -> Connection:
        """The profile of these credentials."""
        self.calls.append(("verify", None))
        if self.verify_errors:
            raise self.verify_errors.popleft()
        secret = given.access_token or given.password
        assert secret is not None
        credentials = Credentials(access_token=secret, refresh_token=given.refresh_token, expires_at=given.expires_at)
        external_id = given.external_id or "did:plc:1"
        profile = Profile(external_id=external_id, handle=self.handle, scopes=self.scopes, facts=self.facts)
        return Connection(profile, credentials)

    async def _refresh(self, account: ConnectedAccount) -> Credentials:
        """New credentials."""
        self.calls.append(("refresh", None))
        if self.refresh_errors:
            raise self.refresh_errors.popleft()
        return token("refreshed", "refresh-refreshed")


@dataclass
class FakeAuthorizer:
    """Issues codes that work once, for one verifier and one address. A consent is for all `profiles`.

    `begun` are the consents that were asked for, `exchanges` counts exchanged codes, `refusals` end the next exchanges.
    See `munadi.ports.Authorizer`.
    """

    profiles: tuple[str, ...] = ("did:plc:1",)
    scopes: tuple[str, ...] = ("publish", "read")
    missing_settings: tuple[str, ...] = ()
    codes: dict[str, tuple[str, str]] = field(default_factory=dict)
    begun: list[ConsentRequest] = field(default_factory=list)
    exchanges: int = 0
    revoked: list[str] = field(default_factory=list)
    errors: list[ChannelError] = field(default_factory=list)
    refusals: list[ChannelError] = field(default_factory=list)

    async def begin(self, request: ConsentRequest) -> Consent:
        """The address of the consent page, and the verifier to keep."""
        if self.errors:
            raise self.errors.pop()
        self.begun.append(request)
        verifier = new_verifier()
        query = {"state": request.state, "challenge": challenge_of(verifier), "redirect_uri": request.redirect_uri}
        return Consent(f"{CONSENT}?{urlencode(query)}", {"verifier": verifier})

    def approve(self, consent: dict[str, str]) -> dict[str, str]:
        """The query of the redirect after the owner approved on the page with the query `consent`."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = consent["challenge"], consent["redirect_uri"]
        return {"state": consent["state"], "code": code}

    async def exchange(
        self, request: ConsentRequest, answered: Mapping[str, str], kept: Mapping[str, str]
    ) -> GrantedProfiles:
        """The granted profiles for a code."""
        self.exchanges += 1
        if self.refusals:
            raise self.refusals.pop()
        challenge, redirect_uri = self.codes.pop(code_in("Network", answered), ("", ""))
        if challenge_of(kept["verifier"]) != challenge or redirect_uri != request.redirect_uri:
            raise ChannelError(Reason.CONSENT_EXPIRED, Effect.NOT_SENT, "Network: the code is not valid")
        return GrantedProfiles(tuple(_choice(profile) for profile in self.profiles), self.scopes)

    async def revoke(self, account: ConnectedAccount) -> bool:
        """End a grant."""
        if self.errors:
            raise self.errors.pop()
        self.revoked.append(account.credentials.access_token.get_secret_value())
        return True


def _choice(profile: str) -> Choice:
    access, refresh = SecretStr(f"CANARY-access-{profile}"), SecretStr(f"CANARY-refresh-{profile}")
    given = AccountImport(external_id=profile, access_token=access, refresh_token=refresh)
    return Choice(profile, f"Page {profile}", given)
