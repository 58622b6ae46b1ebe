"""The entryway as authorization server, by AT Protocol's profile of OAuth: PAR, PKCE, DPoP, a consent page, iss.

Source: channels/bluesky.md section 2b; npm @atproto/oauth-provider. Two things are not the profile's: the issuer has a
path, since all networks share one address, and metadata of an https client are not fetched, so any such client does.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import replace
from urllib.parse import parse_qs, parse_qsl, urlsplit

from starlette.datastructures import QueryParams

from munadi.sandbox.bluesky.dpop import ProofRefused
from munadi.sandbox.bluesky.model import Pushed
from munadi.sandbox.bluesky.pds import TAKEN_DOWN, Pds, service_did, service_url
from munadi.sandbox.consent import Choice, decided, sent_back
from munadi.sandbox.exchange import Answer, Call, Refusal
from munadi.sandbox.storage import Store, Table

REQUEST_SECONDS = 300
IDENTITY = "atproto"
DECLINED = {"error": "access_denied", "error_description": "The user denied the request"}
LOOPBACK = {"127.0.0.1", "::1"}


class Login:
    def __init__(self, pds: Pds, store: Store) -> None:
        self._pds = pds
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
            "token_endpoint_auth_methods_supported": ["none"],
        }
        return Answer(200, body)

    async def push(self, call: Call) -> Answer:
        values, thumbprint = self._asked(call)
        if values.get("response_type") != "code" or IDENTITY not in values.get("scope", "").split():
            raise self._refused("invalid_request", 'The "code" response_type and the "atproto" scope are required')
        if values.get("code_challenge_method") != "S256" or not values.get("code_challenge"):
            raise self._refused("invalid_request", 'atproto requires use of "S256" code_challenge_method')
        hint = values.get("login_hint", "")
        if hint and self._pds.accounts.find(hint) is None:
            raise self._refused("invalid_request", f'Invalid login_hint "{hint}"')
        self._require_client(values)
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
        return sent_back(call, {"iss": issuer(call), "code": pushed.code}, effect=True)

    async def token(self, call: Call) -> Answer:
        values, thumbprint = self._asked(call)
        match values.get("grant_type"):
            case "authorization_code":
                return self._exchange(call, values, thumbprint)
            case "refresh_token":
                return self._refresh(call, values, thumbprint)
        raise self._refused("invalid_grant", "Invalid request payload")

    async def revoke(self, call: Call) -> Answer:
        """The whole grant, by either token; one that is not known is gone already (RFC 7009, 2.2)."""
        values, thumbprint = self._asked(call)
        grant = self._pds.grants.of_token(values.get("token", ""))
        if grant is not None and (grant.client_id, grant.thumbprint) == (values["client_id"], thumbprint):
            self._pds.grants.rows.remove(grant.id)
        return self._answer({})

    def _exchange(self, call: Call, values: dict[str, str], thumbprint: str) -> Answer:
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
        self._require_same(values, thumbprint, pushed.client_id, pushed.thumbprint)
        if pushed.redirect_uri != values.get("redirect_uri"):
            told = "The redirect_uri parameter must match the one used in the authorization request"
            raise self._refused("invalid_grant", told)
        if _challenge(values.get("code_verifier", "")) != pushed.challenge:
            raise self._refused("invalid_grant", "Invalid code_verifier")
        grant = self._pds.grants.create(pushed.did, pushed.client_id, pushed.scope, thumbprint, code)
        return self._answer(self._pds.grants.issue(grant, service_did(call)))

    def _refresh(self, call: Call, values: dict[str, str], thumbprint: str) -> Answer:
        grant = self._pds.grants.refreshable(values.get("refresh_token", ""))
        if isinstance(grant, str):
            raise self._refused("invalid_grant", grant)
        self._require_same(values, thumbprint, grant.client_id, grant.thumbprint)
        return self._answer(self._pds.grants.issue(grant, service_did(call)))

    def _asked(self, call: Call) -> tuple[dict[str, str], str]:
        """The form, and the thumbprint of the key that came with it."""
        values = dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
        if call.content_type != "application/x-www-form-urlencoded" or not values.get("client_id"):
            raise self._refused("invalid_client", "Client credentials missing")
        try:
            return values, self._pds.grants.proofs.check(call)
        except ProofRefused as refused:
            status = 400 if refused.error == "use_dpop_nonce" else 401
            raise self._refused(refused.error, refused.description, status) from None

    def _require_client(self, values: dict[str, str]) -> None:
        """Who asks is an https address, or in development a loopback client that names its own metadata."""
        client, back = values["client_id"], urlsplit(values.get("redirect_uri", ""))
        target = urlsplit(client)
        if target.scheme == "https" and target.path not in ("", "/") and back.scheme == "https":
            return
        if not client.startswith("http://localhost?") and client != "http://localhost":
            raise self._refused("invalid_client_metadata", f'Invalid client ID "{client}"')
        named = parse_qs(target.query)
        allowed = [urlsplit(uri)._replace(netloc="") for uri in named.get("redirect_uri", ["http://127.0.0.1/"])]
        if back.hostname not in LOOPBACK or back._replace(netloc="") not in allowed:
            raise self._refused("invalid_request", "Invalid redirect_uri")
        if set(values["scope"].split()) - set(named.get("scope", [IDENTITY])[0].split()):
            raise self._refused("invalid_scope", "A scope was not declared in the client metadata")

    def _require_same(self, values: dict[str, str], thumbprint: str, client_id: str, expected: str) -> None:
        if values["client_id"] != client_id:
            raise self._refused("invalid_grant", "Token was not issued to this client")
        if thumbprint != expected:
            raise self._refused("invalid_grant", "DPoP proof does not match the expected JKT")

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
