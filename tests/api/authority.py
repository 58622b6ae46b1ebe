"""A network's authorization server that answers at once: codes that work once, for one verifier and address."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from pydantic import SecretStr

from munadi.channels.oauth import challenge_of, code_in, new_verifier
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.ports import AccountImport, Asking, Choice, Consent, Granted

CONSENT = "https://network.example/consent"


@dataclass
class Authority:
    """`profiles` are those that the next consent speaks for. See `munadi.ports.Authorizer`."""

    profiles: tuple[str, ...] = ("did:plc:1",)
    scopes: tuple[str, ...] = ("publish", "read")
    missing_settings: tuple[str, ...] = ()
    codes: dict[str, tuple[str, str]] = field(default_factory=dict)
    asked: list[Asking] = field(default_factory=list)
    exchanged: int = 0
    revoked: list[str] = field(default_factory=list)
    refusing: list[ChannelError] = field(default_factory=list)

    async def begin(self, asking: Asking) -> Consent:
        if self.refusing:
            raise self.refusing.pop()
        self.asked.append(asking)
        verifier = new_verifier()
        query = {"state": asking.state, "challenge": challenge_of(verifier), "redirect_uri": asking.redirect_uri}
        return Consent(f"{CONSENT}?{urlencode(query)}", {"verifier": verifier})

    def approve(self, consent: dict[str, str]) -> dict[str, str]:
        """What the browser comes back with, after the owner approved at the page with this query."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = consent["challenge"], consent["redirect_uri"]
        return {"state": consent["state"], "code": code}

    async def exchange(self, asking: Asking, answered: Mapping[str, str], kept: Mapping[str, str]) -> Granted:
        self.exchanged += 1
        challenge, redirect_uri = self.codes.pop(code_in("Network", answered), ("", ""))
        if challenge_of(kept["verifier"]) != challenge or redirect_uri != asking.redirect_uri:
            raise ChannelError(Reason.CONSENT_EXPIRED, Effect.NOT_SENT, "Network: the code is not taken")
        given = [
            AccountImport(
                external_id=one,
                access_token=SecretStr(f"CANARY-access-{one}"),
                refresh_token=SecretStr(f"CANARY-refresh-{one}"),
            )
            for one in self.profiles
        ]
        return Granted(
            tuple(Choice(one.external_id or "", f"Page {one.external_id}", one) for one in given), self.scopes
        )

    async def revoke(self, account: ConnectedAccount) -> bool:
        if self.refusing:
            raise self.refusing.pop()
        self.revoked.append(account.credentials.access_token.get_secret_value())
        return True
