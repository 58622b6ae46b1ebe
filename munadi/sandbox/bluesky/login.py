"""The entryway as authorization server, by AT Protocol's profile of OAuth: PAR, PKCE, DPoP, a consent page, iss.

Source: atproto.com/specs/oauth; npm @atproto/oauth-provider. One thing is not the profile's: the issuer has a path,
since all networks share one address. Who asks is judged in `clients`.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl

from starlette.datastructures import QueryParams

from munadi.sandbox.bluesky.clients import IDENTITY, Client, ClientRefused, Clients
from munadi.sandbox.bluesky.dpop import ProofRefused
from munadi.sandbox.bluesky.model import Grant, Pushed
from munadi.sandbox.bluesky.pds import TAKEN_DOWN, Pds, service_did, service_url
from munadi.sandbox.consent import Choice, decided, redirect_back
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.storage import Store, Table

REQUEST_SECONDS = 300
DECLINED = {"error": "access_denied", "error_description": "The user denied the request"}


class Login:
    def __init__(self, pds: Pds, store: Store, addresses: Mapping[str, str]) -> None:
        self._pds = pds
        self._clients = Clients(addresses)
        self._pushed: Table[Pushed] = Table(store, "bluesky_pushed", Pushed)

    def clear(self) -> None:
        self._pushed.clear()

    async def resource(self, call: Call) -> Answer:
        """Of the PDS and of the entryway: who speaks for the accounts here."""
        host = call.path.partition("/")[0]
        body = {
            "resource": f"{call.base_url}/bluesky/{host}",
            "authorization_servers": [issuer(call)],
            "bearer_methods_supported": ["header"],
            "scopes_supported": [],
        }
        return Answer(200, body)

    async def metadata(self, call: Call) -> Answer:
        base = issuer(call)
        body = {
            "issuer": base,
            "authorization_endpoint": f"{base}/oauth/authorize",
            "token_endpoint": f"{base}/oauth/token",
            "pushed_authorization_request_endpoint": f"{base}/oauth/par",
            "revocation_endpoint": f"{base}/oauth/revoke",
            "require_pushed_authorization_requests": True,
            "authorization_response_iss_parameter_supported": True,
            "client_id_metadata_document_supported": True,
            "code_challenge_methods_supported": ["S256"],
            "dpop_signing_alg_values_supported": ["ES256"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "response_types_supported": ["code"],
            "scopes_supported": [IDENTITY, "transition:generic"],
            "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
        }
        return Answer(200, body)

    async def push(self, call: Call) -> Answer:
        values, thumbprint, client = await self._asked(call)
        if values.get("response_type") != "code" or IDENTITY not in values.get("scope", "").split():
            raise self._refused("invalid_request", 'The "code" response_type and the "atproto" scope are required')
        if values.get("code_challenge_method") != "S256" or not values.get("code_challenge"):
            raise self._refused("invalid_request", 'atproto requires use of "S256" code_challenge_method')
        hint = values.get("login_hint", "")
        if hint and self._pds.accounts.find(hint) is None:
            raise self._refused("invalid_request", f'Invalid login_hint "{hint}"')
        try:
            client.require(values.get("redirect_uri", ""), values["scope"])
        except ClientRefused as refused:
            raise self._refused(refused.error, refused.description) from None
        pushed = Pushed(
            uri=f"urn:ietf:params:oauth:request_uri:req-{secrets.token_hex(16)}",
            client_id=values["client_id"],
            redirect_uri=values["redirect_uri"],
            scope=values["scope"],
            state=values.get("state", ""),
            challenge=values["code_challenge"],
            thumbprint=thumbprint,
            hint=hint,
            expires_at=self._pds.clock.now() + REQUEST_SECONDS,
            client_key=client.key,
        )
        self._pushed.put(pushed.uri, pushed)
        return self._answer({"request_uri": pushed.uri, "expires_in": REQUEST_SECONDS}, 201)

    async def authorize(self, call: Call) -> Answer:
        """The consent page of a pushed request, and the way back with a code or without."""
        pushed = self._pushed.get(call.query.get("request_uri", ""))
        now = self._pds.clock.now()
        if pushed is None or pushed.code or pushed.expires_at <= now or pushed.client_id != call.query.get("client_id"):
            return Answer(400, "This request is unknown, was answered before, or has expired")
        named = {
            name: value for name, value in (("redirect_uri", pushed.redirect_uri), ("state", pushed.state)) if value
        }
        others = [(name, value) for name, value in call.query.multi_items() if name not in ("redirect_uri", "state")]
        call = replace(call, query=QueryParams([*others, *named.items()]))
        decision = decided(
            call, "Bluesky", self._choices(pushed), pushed.scope.split(), denial={"iss": issuer(call), **DECLINED}
        )
        if isinstance(decision, Answer):
            return decision
        pushed.did, pushed.code = decision.profile_id, f"cod-{secrets.token_hex(32)}"
        pushed.scope = " ".join(dict.fromkeys([IDENTITY, *decision.scopes]))  # the marker itself cannot be unticked
        pushed.expires_at = now + REQUEST_SECONDS
        self._pushed.put(pushed.uri, pushed)
        return redirect_back(call, {"iss": issuer(call), "code": pushed.code}, effect=True)

    async def token(self, call: Call) -> Answer:
        values, thumbprint, client = await self._asked(call)
        match values.get("grant_type"):
            case "authorization_code":
                return self._exchange(call, values, thumbprint, client)
            case "refresh_token":
                return self._refresh(call, values, thumbprint, client)
        raise self._refused("invalid_grant", "Invalid request payload")

    async def revoke(self, call: Call) -> Answer:
        """The whole grant, by either token; one that is not known is gone already (RFC 7009, 2.2)."""
        values, thumbprint, client = await self._asked(call)
        grant = self._pds.grants.of_token(values.get("token", ""))
        if grant is not None:
            self._require_same(client, thumbprint, grant)
            self._pds.grants.rows.remove(grant.id)
        return self._answer({})

    def _exchange(self, call: Call, values: dict[str, str], thumbprint: str, client: Client) -> Answer:
        code = values.get("code", "")
        pushed = next((one for one in self._pushed if code and one.code == code), None)
        if pushed is None:
            for grant in self._pds.grants.rows:
                if code and grant.code == code:  # replayed: nobody knows who has the tokens
                    self._pds.grants.rows.remove(grant.id)
            raise self._refused("invalid_grant", "Invalid code")
        self._pushed.remove(pushed.uri)  # whatever comes now, this was its only try
        if pushed.expires_at <= self._pds.clock.now():
            raise self._refused("invalid_grant", "This code has expired")
        self._require_same(client, thumbprint, pushed)
        if pushed.redirect_uri != values.get("redirect_uri"):
            told = "The redirect_uri parameter must match the one used in the authorization request"
            raise self._refused("invalid_grant", told)
        if _challenge(values.get("code_verifier", "")) != pushed.challenge:
            raise self._refused("invalid_grant", "Invalid code_verifier")
        grant = self._pds.grants.create(pushed, client.key)
        return self._answer(self._pds.grants.issue(grant, service_did(call)))

    def _refresh(self, call: Call, values: dict[str, str], thumbprint: str, client: Client) -> Answer:
        grant = self._pds.grants.refreshable(values.get("refresh_token", ""))
        if isinstance(grant, str):
            raise self._refused("invalid_grant", grant)
        try:
            self._require_same(client, thumbprint, grant)
            if ended := self._pds.grants.has_ended(grant, confidential=bool(client.key)):
                raise self._refused("invalid_grant", ended)
        except Refusal:
            self._pds.grants.rows.remove(grant.id)
            raise
        grant.client_key = client.key  # a client may become confidential, and its grants with it
        return self._answer(self._pds.grants.issue(grant, service_did(call)))

    async def _asked(self, call: Call) -> tuple[dict[str, str], str, Client]:
        """The form, the thumbprint of the key that came with it, and who has proven to ask."""
        values = dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
        if call.content_type != "application/x-www-form-urlencoded" or not values.get("client_id"):
            raise self._refused("invalid_client", "Client credentials missing")
        try:
            thumbprint = self._pds.grants.proofs.check(call)
            return values, thumbprint, await self._clients.authenticated(values, issuer(call), thumbprint)
        except ProofRefused as refused:
            status = 400 if refused.error == "use_dpop_nonce" else 401
            raise self._refused(refused.error, refused.description, status) from None
        except ClientRefused as refused:
            raise self._refused(refused.error, refused.description) from None

    def _require_same(self, client: Client, thumbprint: str, before: Pushed | Grant) -> None:
        if client.id != before.client_id:
            raise self._refused("invalid_grant", "Token was not issued to this client")
        if thumbprint != before.thumbprint:
            raise self._refused("invalid_grant", "DPoP proof does not match the expected JKT")
        if before.client_key and not client.key:
            raise self._refused("invalid_grant", "Client authentication method mismatch (expected private_key_jwt)")
        if before.client_key and client.key != before.client_key:
            told = "The session was initiated with a different key than the client assertion currently used"
            raise self._refused("invalid_grant", told)

    def _choices(self, pushed: Pushed) -> list[Choice]:
        """The accounts, the expected one first."""
        usable = [account for account in self._pds.accounts.listed() if account.status not in TAKEN_DOWN]
        usable.sort(key=lambda account: pushed.hint not in (account.did, account.handle))
        return [Choice(account.did, account.handle, also=frozenset({account.handle})) for account in usable]

    def _answer(self, body: dict[str, object], status: int = 200) -> Answer:
        return Answer(status, body, {"dpop-nonce": self._pds.grants.proofs.nonce}, effect=True)

    def _refused(self, error: str, description: str, status: int = 400) -> Refusal:
        headers = {"dpop-nonce": self._pds.grants.proofs.nonce}
        return Refusal(Answer(status, {"error": error, "error_description": description}, headers))


def issuer(call: Call) -> str:
    return f"{service_url(call).removesuffix('/pds')}/entryway"


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
