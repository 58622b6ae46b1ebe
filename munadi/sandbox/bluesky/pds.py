"""The PDS's shared parts: its tables, who is calling, and what the call says.

Order of checks as in the reference: authorization, then the input's shape, then limits, then the account.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from munadi.sandbox.bluesky import lexicon
from munadi.sandbox.bluesky.accounts import Accounts
from munadi.sandbox.bluesky.errors import refuse
from munadi.sandbox.bluesky.grants import Grants
from munadi.sandbox.bluesky.lexicon import LexiconError, Schema
from munadi.sandbox.bluesky.limits import RateLimits
from munadi.sandbox.bluesky.model import Account, Blob, Record
from munadi.sandbox.bluesky.tid import TidClock
from munadi.sandbox.bluesky.tokens import ACCESS_TYPE, REFRESH_TYPE, Tokens
from munadi.sandbox.clock import SandboxClock
from munadi.sandbox.exchange import Call
from munadi.sandbox.media import MediaShelf
from munadi.sandbox.storage import Store, Table

TAKEN_DOWN = ("takendown", "suspended")
MAX_JSON_BYTES = 1_000_000


class Pds:
    def __init__(
        self, clock: SandboxClock, store: Store, media: MediaShelf, limits: dict[str, int], delays: dict[str, float]
    ) -> None:
        self.clock = clock
        self.media = media
        self.maxima = limits
        self.delays = delays
        self.accounts = Accounts(store)
        self.tokens = Tokens(clock, store)
        self.grants = Grants(clock, store, self.accounts, self.tokens)
        self.limits = RateLimits(clock, limits)
        self.tids = TidClock()
        self.records: Table[Record] = Table(store, "bluesky_record", Record)
        self.blobs: Table[Blob] = Table(store, "bluesky_blob", Blob)

    def clear(self) -> None:
        for part in (self.accounts, self.tokens, self.grants.rows, self.limits, self.records, self.blobs):
            part.clear()

    def caller(self, call: Call) -> Account:
        """The account of a valid access token; raises the reference's refusals."""
        if call.bound is not None:
            return self.grants.caller(call, call.bound)
        claims = self.tokens.verified(self._credential(call), ACCESS_TYPE)
        if "cnf" in claims:
            raise refuse("InvalidToken", "Access token is bound to a DPoP proof, but token type is Bearer")
        account = self.accounts.find(claims["sub"])
        if account is None:
            raise refuse("AccountNotFound")
        if claims.get("generation") != account.session_generation:
            raise refuse("ExpiredToken")
        return account

    def refresh_claims(self, call: Call, *, check_expiry: bool = True) -> dict[str, Any]:
        return self.tokens.verified(self._credential(call), REFRESH_TYPE, check_expiry=check_expiry)

    def input(self, call: Call, schema: Schema) -> dict[str, Any]:
        """The JSON body, of this shape."""
        if not call.content_type:
            raise refuse("InvalidRequest", "Request encoding (Content-Type) required but not provided")
        if call.content_type != "application/json":
            raise refuse("InvalidRequest", f"Wrong request encoding (Content-Type): {call.content_type}")
        if len(call.body) > MAX_JSON_BYTES:
            raise refuse("PayloadTooLargeError")
        try:
            body = json.loads(call.body)
        except ValueError:
            raise refuse("SyntaxError") from None
        try:
            lexicon.check_data(body, "$")
            lexicon.validate(body, schema, "$")
        except LexiconError as problem:
            raise refuse("InvalidRequest", str(problem)) from None
        assert isinstance(body, dict)
        return body

    def own_repo(self, identifier: str, caller: Account) -> Account:
        """The caller's own, usable repo under the DID or handle it named."""
        account = self.accounts.find(identifier)
        if account is None:
            raise refuse("AccountNotFound")
        require_usable(account)
        if account.did != caller.did:
            raise refuse("AuthenticationRequired")
        return account

    def readable_repo(self, identifier: str) -> Account | None:
        account = self.accounts.find(identifier)
        return account if account is not None and account.status == "active" else None

    def login_of(self, call: Call) -> str | None:
        """The account that a login names, whether or not it will succeed."""
        try:
            body = json.loads(call.body)
        except ValueError:
            return None
        account = self.accounts.find(str(body.get("identifier", ""))) if isinstance(body, dict) else None
        return account.did if account else None

    def _credential(self, call: Call) -> str:
        if not call.headers.get("authorization"):
            raise refuse("AuthMissing")
        if call.bearer is None:
            raise refuse("InvalidToken", "Unexpected authorization type")
        return call.bearer


def require_usable(account: Account, *, deactivated_too: bool = True) -> None:
    if account.status in TAKEN_DOWN:
        raise refuse("AccountTakedown")
    if deactivated_too and account.status == "deactivated":
        raise refuse("AccountDeactivated")


def service_url(call: Call) -> str:
    return f"{call.base_url}/bluesky/pds"


def service_did(call: Call) -> str:
    """`did:web` of the host; a port travels percent-encoded (w3c-ccg.github.io/did-method-web)."""
    return "did:web:" + urlsplit(call.base_url).netloc.replace(":", "%3A")


def did_document(account: Account, call: Call) -> dict[str, Any]:
    """As the PLC directory gives it; without signing keys, since no commit is signed here."""
    service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": service_url(call)}
    return {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": account.did,
        "alsoKnownAs": [f"at://{account.handle}"],
        "verificationMethod": [],
        "service": [service],
    }
