"""Clients of the emulated authorization server: their metadata and their assertions."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.sandbox.conftest import MediaSite, Sandbox

BASE = "https://app.example/connect"
CLIENT, BACK, JWKS = f"{BASE}/client.json", f"{BASE}/back", f"{BASE}/jwks.json"
PAR, TOKEN = "/bluesky/entryway/oauth/par", "/bluesky/entryway/oauth/token"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class App:
    """A confidential client whose documents the sandbox finds at the media site."""

    def __init__(self, sandbox: Sandbox, site: MediaSite) -> None:
        self.sandbox, self.site = sandbox, site
        self.issuer = f"{sandbox.url}/bluesky/entryway"
        self.key, self.dpop = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
        self.metadata: dict[str, Any] = {
            "client_id": CLIENT,
            "redirect_uris": [BACK],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "scope": "atproto transition:generic",
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "ES256",
            "jwks_uri": JWKS,
            "dpop_bound_access_tokens": True,
        }
        sandbox.control("PUT", "/addresses", {"public": BASE, "local": site.put("app", b"", "text/plain")})
        self.serve()

    def serve(self, *keys: dict[str, Any], mime_type: str = "application/json") -> None:
        public = keys or ({**self.key.as_dict(private=False), "kid": "key-1"},)
        self.site.put("app/client.json", json.dumps(self.metadata).encode(), mime_type)
        self.site.put("app/jwks.json", json.dumps({"keys": public}).encode(), "application/json")

    def assertion(self, header: dict[str, Any] | None = None, key: ECKey | None = None, **claims: Any) -> str:
        now = int(time.time())
        good = {"iss": CLIENT, "sub": CLIENT, "aud": self.issuer, "jti": f"{time.time_ns()}"}
        changed = good | {"iat": now - 1, "exp": now + 50} | claims
        changed = {name: value for name, value in changed.items() if value is not None}
        return jwt.encode({"alg": "ES256", "kid": "key-1", **(header or {})}, changed, key or self.key)

    def push(self, assertion: str | None, **form: str) -> httpx.Response:
        sent = {
            "client_id": CLIENT,
            "response_type": "code",
            "redirect_uri": BACK,
            "scope": "atproto",
            "state": "s",
            "code_challenge": "x" * 43,
            "code_challenge_method": "S256",
            **form,
        }
        if assertion is not None:
            sent = {"client_assertion_type": JWT_BEARER, "client_assertion": assertion, **sent}
        nonce = self._post(PAR, sent, None).headers["dpop-nonce"]
        return self._post(PAR, sent, nonce)

    def _post(self, path: str, form: dict[str, str], nonce: str | None) -> httpx.Response:
        claims = {
            "jti": f"{time.time_ns()}",
            "htm": "POST",
            "htu": f"{self.sandbox.url}{path}",
            "iat": int(time.time()),
        }
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.dpop.as_dict(private=False)}
        proof = jwt.encode(header, claims | ({"nonce": nonce} if nonce else {}), self.dpop)
        return self.sandbox.http.post(path, data=form, headers={"dpop": proof})


@pytest.fixture
def app(sandbox: Sandbox, site: MediaSite) -> App:
    return App(sandbox, site)


def refusal(answer: httpx.Response) -> tuple[str, str]:
    assert answer.status_code == 400, answer.text
    return answer.json()["error"], answer.json()["error_description"]


def test_a_valid_assertion_is_accepted(app: App) -> None:
    answer = app.push(app.assertion())
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"aud": "https://other.example"}, "aud"),
        ({"aud": None}, "aud"),
        ({"iss": "https://other.example/client.json"}, "iss"),
        ({"sub": "https://other.example/client.json"}, "sub"),
        ({"jti": None}, "jti"),
        ({"iat": -120}, "iat"),
        ({"iat": 300}, "issued in the future"),
        ({"iat": None}, "iat"),
        ({"exp": -1}, "exp"),
        ({"exp": 3600}, "exp"),
        ({"exp": None}, "exp"),
    ],
)
def test_a_wrong_claim_is_refused(app: App, claims: dict[str, Any], expected: str) -> None:
    now = int(time.time())
    claims = {name: now + value if isinstance(value, int) else value for name, value in claims.items()}
    error, description = refusal(app.push(app.assertion(**claims)))
    assert error == "invalid_client"
    assert expected in description


def test_an_assertion_works_once(app: App) -> None:
    assertion = app.assertion()
    assert app.push(assertion).status_code == 201
    assert refusal(app.push(assertion)) == ("invalid_grant", "private_key_jwt jti reused")


def test_an_unknown_key_is_refused(app: App) -> None:
    assert "no applicable key" in refusal(app.push(app.assertion({"kid": "key-2"})))[1]
    other = ECKey.generate_key("P-256")
    assert "bad_signature" in refusal(app.push(app.assertion(key=other)))[1]


def test_a_confidential_client_must_prove_itself(app: App) -> None:
    error, description = refusal(app.push(None))
    assert error == "invalid_request"
    assert "client_assertion" in description
    assert refusal(app.push(app.assertion(), client_assertion_type="other"))[0] == "invalid_request"


def test_the_key_of_a_proof_proves_no_client(app: App) -> None:
    app.dpop = app.key
    assert "different key" in refusal(app.push(app.assertion()))[1]


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": f"{BASE}/other.json"},
        {"scope": "transition:generic"},
        {"redirect_uris": []},
        {"redirect_uris": ["http://app.example/back"]},
        {"dpop_bound_access_tokens": False},
        {"token_endpoint_auth_method": "client_secret_post"},
        {"token_endpoint_auth_signing_alg": "none"},
        {"jwks": {"keys": []}},
        {"jwks_uri": f"{BASE}/nowhere.json"},
    ],
)
def test_wrong_metadata_are_refused(app: App, changes: dict[str, Any]) -> None:
    app.metadata |= changes
    app.serve()
    assert refusal(app.push(app.assertion()))[0] == "invalid_client_metadata"


def test_metadata_and_keys_are_read_at_every_request(app: App) -> None:
    app.serve(mime_type="text/html")
    assert refusal(app.push(app.assertion()))[0] == "invalid_client_metadata"
    app.serve({**app.key.as_dict(private=True), "kid": "key-1"})
    assert "public keys" in refusal(app.push(app.assertion()))[1]
    app.serve()
    assert refusal(app.push(app.assertion(), redirect_uri=f"{BASE}/elsewhere"))[1] == "Invalid redirect_uri"
    assert refusal(app.push(app.assertion(), scope="atproto transition:chat.bsky"))[0] == "invalid_scope"
