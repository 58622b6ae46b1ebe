"""Proofs, checked by an independent verifier, and the one retry of a call that was refused for its nonce."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from pydantic import SecretStr

from munadi.channels.bluesky.dpop import MAX_NONCES, DpopKey, Nonces
from munadi.channels.bluesky.thread import record_key
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Published
from tests.channels.bluesky.servers import BROKEN, MISSING, PDS, PUT, Servers, granted, refusal, uri, wants_nonce
from tests.channels.calls import GateThatCounts, Saved
from tests.channels.making import NOW, TOKEN, error_of, publication
from tests.channels.network import answer, ok

DRAFT = publication("Hello")
WRITTEN = {"uri": uri(record_key(DRAFT)), "cid": "bafy"}
LATE = ChannelError(Reason.WINDOW_MISSED, Effect.NOT_SENT, "too late")


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def read(proof: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a proof. The signature must be by the key in the header."""
    header, claims, signature = proof.split(".")
    jwk = json.loads(raw(header))["jwk"]
    assert set(jwk) == {"kty", "crv", "x", "y"}
    x, y, halves = int.from_bytes(raw(jwk["x"])), int.from_bytes(raw(jwk["y"])), raw(signature)
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    signed = encode_dss_signature(int.from_bytes(halves[:32]), int.from_bytes(halves[32:]))
    public.verify(signed, f"{header}.{claims}".encode(), ec.ECDSA(SHA256()))
    return json.loads(raw(header)), json.loads(raw(claims))


@pytest.mark.parametrize("more", [{}, {"nonce": "n", "token": "t"}])
def test_a_proof_names_its_request(more: dict[str, str]) -> None:
    key = DpopKey.new()
    (header, claims), (_, another) = (read(key.proof("GET", "https://a.dev/x?y=1#z", NOW, **more)) for _ in range(2))
    assert (header["typ"], header["alg"]) == ("dpop+jwt", "ES256")
    assert claims.pop("jti") != another["jti"]
    hashed = base64.urlsafe_b64encode(hashlib.sha256(b"t").digest()).decode().rstrip("=")
    bound = {"nonce": "n", "ath": hashed} if more else {}
    assert claims == {"htm": "GET", "htu": "https://a.dev/x", "iat": int(NOW.timestamp()), **bound}


def test_a_stored_key_is_the_same_key() -> None:
    for _ in range(40):  # small coordinates keep their leading zeros
        key = DpopKey.new()
        again = DpopKey.read(SecretStr(key.text))
        assert again.text == key.text
        assert read(again.proof("GET", "x", NOW))[0] == read(key.proof("GET", "x", NOW))[0]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"d": 1}', '{"d": ""}', '{"d": "AA"}', "no"])
def test_other_texts_are_no_key(text: str) -> None:
    with pytest.raises(ValueError):
        DpopKey.read(SecretStr(text))


def test_the_newest_nonce_of_each_server_is_kept_for_a_bounded_number_of_servers() -> None:
    nonces = Nonces()
    for url, headers in (
        ("https://a.dev/x", {"dpop-nonce": "a1"}),
        ("https://a.dev/y", {"dpop-nonce": "a2"}),
        ("https://a.dev/z", {}),
        ("https://a.dev:8443/x", {"dpop-nonce": "b"}),
    ):
        nonces.learn(url, headers)
    assert [nonces.of(url) for url in ("https://A.dev/any", "https://a.dev:8443", "https://c.dev")] == ["a2", "b", None]
    for number in range(MAX_NONCES - 1):
        nonces.learn(f"https://{number}.dev", {"dpop-nonce": "n"})
    assert [nonces.of(url) for url in ("https://a.dev", "https://a.dev:8443")] == [None, "b"]


async def publish(servers: Servers, gate: GateThatCounts, key: DpopKey | None = None) -> Any:
    who = granted(key or DpopKey.new())
    return await servers.port.publish(DRAFT, who, Saved(), gate=gate)


async def test_a_call_has_token_and_proof_and_uses_the_nonce_of_a_success_next() -> None:
    servers, key = Servers(), DpopKey.new()
    servers.on("POST", PUT, lambda _: ok(WRITTEN, **{"dpop-nonce": "n-9"}))
    for _ in range(2):
        assert isinstance(await publish(servers, GateThatCounts(), key), Published)
    first, second = servers.network.requests
    assert first.headers["authorization"] == f"DPoP {TOKEN}"
    header, claims = read(first.headers["dpop"])
    assert (claims["htm"], claims["htu"], header["jwk"]["x"]) == ("POST", f"{PDS}{PUT}", json.loads(key.text)["x"])
    assert key.text not in str(first.headers) + str(first.content)
    assert read(second.headers["dpop"])[1]["nonce"] == "n-9"


CHALLENGE = {"dpop-nonce": "n-1", "www-authenticate": 'DPoP algs="ES256", error="use_dpop_nonce"'}


@pytest.mark.parametrize("refused", [wants_nonce(401), answer(401, {}, CHALLENGE)])
async def test_a_call_with_a_stale_nonce_is_retried_once_after_the_gate_is_checked_again(
    refused: httpx.Response,
) -> None:
    servers, gate = Servers(), GateThatCounts()
    servers.on("POST", PUT, refused, ok(WRITTEN))
    assert isinstance(await publish(servers, gate), Published)
    first, second = servers.network.requests
    claims = [read(request.headers["dpop"])[1] for request in (first, second)]
    assert ("nonce" in claims[0], claims[1]["nonce"], gate.asked) == (False, "n-1", 2)
    assert first.content == second.content


async def test_a_gate_that_closed_meanwhile_stops_the_retry() -> None:
    servers, gate = Servers(), GateThatCounts()

    def refuse(_: httpx.Request) -> httpx.Response:
        gate.error = LATE
        return wants_nonce(401)

    servers.on("POST", PUT, refuse)
    assert await error_of(publish(servers, gate)) is LATE
    assert servers.paths == [PUT]


@pytest.mark.parametrize(
    ("answers", "effect", "calls"),
    [
        ([wants_nonce(401, "n-1"), wants_nonce(401, "n-2")], Effect.NOT_SENT, 2),
        ([refusal("use_dpop_nonce", 401)], Effect.NOT_SENT, 1),  # without another nonce
        ([BROKEN], Effect.UNKNOWN, 1),
        ([httpx.ReadTimeout("slow")], Effect.UNKNOWN, 1),
    ],
)
async def test_no_other_failure_is_retried(answers: list[Any], effect: Effect, calls: int) -> None:
    servers, gate = Servers(), GateThatCounts()
    servers.on("POST", PUT, *answers, ok(WRITTEN)).on("GET", "getRecord", MISSING)
    error = await error_of(publish(servers, gate))
    assert (error.effect, gate.asked, len(servers.network.sent(PUT))) == (effect, calls, calls)
