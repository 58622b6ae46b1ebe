"""Proofs by a verifier that is not ours, and when a call that was refused for its nonce is made again."""

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
from munadi.channels.bluesky.wire import post_uri
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Published
from munadi.ports import VisibleStep
from tests.channels.bluesky.oauth_network import DID, PDS, Scene, granted, wants_nonce
from tests.channels.making import NOW, TOKEN, GateThatCounts, Saved, error_of, publication
from tests.channels.network import answer, ok

WRITE = "/xrpc/com.atproto.repo.putRecord"
DRAFT = publication("Hello")
WRITTEN = ok({"uri": post_uri(DID, record_key(DRAFT)), "cid": "bafy"})
LATE = ChannelError(Reason.WINDOW_MISSED, Effect.NOT_SENT, "too late")


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def read(proof: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, once the signature is what the header's own key made."""
    header, claims, signature = proof.split(".")
    jwk = json.loads(raw(header))["jwk"]
    assert set(jwk) == {"kty", "crv", "x", "y"}
    x, y, halves = int.from_bytes(raw(jwk["x"])), int.from_bytes(raw(jwk["y"])), raw(signature)
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    signed = encode_dss_signature(int.from_bytes(halves[:32]), int.from_bytes(halves[32:]))
    public.verify(signed, f"{header}.{claims}".encode(), ec.ECDSA(SHA256()))
    return json.loads(raw(header)), json.loads(raw(claims))


def test_a_proof_says_what_it_is_for() -> None:
    key = DpopKey.new()
    header, claims = read(key.proof("GET", "https://a.dev/x?y=1#z", NOW, nonce="n", token="t"))
    assert (header["typ"], header["alg"]) == ("dpop+jwt", "ES256")
    assert claims.pop("jti")
    hashed = base64.urlsafe_b64encode(hashlib.sha256(b"t").digest()).decode().rstrip("=")
    assert claims == {
        "htm": "GET", "htu": "https://a.dev/x", "iat": int(NOW.timestamp()), "nonce": "n", "ath": hashed,
    }  # fmt: skip


def test_a_proof_without_a_token_or_nonce_says_nothing_of_them_and_none_is_like_another() -> None:
    key = DpopKey.new()
    (_, first), (_, second) = (read(key.proof("POST", "https://a.dev", NOW)) for _ in range(2))
    assert set(first) == {"jti", "htm", "htu", "iat"}
    assert first["jti"] != second["jti"]


def test_a_stored_key_is_the_same_key() -> None:
    for _ in range(40):  # small coordinates keep their leading zeros
        key = DpopKey.new()
        again = DpopKey.read(SecretStr(key.text))
        assert again.text == key.text
        assert read(again.proof("GET", "x", NOW))[0] == read(key.proof("GET", "x", NOW))[0]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"d": 1}', '{"d": ""}', '{"d": "AA"}', "no"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        DpopKey.read(SecretStr(text))


def test_a_nonce_is_its_servers_own_and_the_newest_counts() -> None:
    nonces = Nonces()
    nonces.learn("https://a.dev/x", {"dpop-nonce": "a1"})
    nonces.learn("https://a.dev/y", {"dpop-nonce": "a2"})
    nonces.learn("https://a.dev/z", {})
    nonces.learn("https://a.dev:8443/x", {"dpop-nonce": "b"})
    assert [nonces.of(url) for url in ("https://A.dev/any", "https://a.dev:8443", "https://c.dev")] == ["a2", "b", None]


def test_nonces_do_not_pile_up() -> None:
    nonces = Nonces()
    for number in range(MAX_NONCES + 1):
        nonces.learn(f"https://{number}.dev", {"dpop-nonce": "n"})
    assert (nonces.of("https://0.dev"), nonces.of("https://1.dev")) == (None, "n")


async def publish(scene: Scene, gate: GateThatCounts, key: DpopKey | None = None) -> Any:
    return await scene.channel.publish(DRAFT, granted(key or DpopKey.new()), None, Saved(), VisibleStep(gate))


async def test_a_call_carries_token_and_proof_and_never_a_bearer_token() -> None:
    scene, key = Scene(), DpopKey.new()
    scene.on("POST", WRITE, WRITTEN)
    assert isinstance(await publish(scene, GateThatCounts(), key), Published)
    (request,) = scene.network.requests
    assert request.headers["authorization"] == f"DPoP {TOKEN}"
    header, claims = read(request.headers["dpop"])
    assert (claims["htm"], claims["htu"]) == ("POST", f"{PDS}{WRITE}")
    assert header["jwk"]["x"] == json.loads(key.text)["x"]
    assert key.text not in str(request.headers) + str(request.content)


@pytest.mark.parametrize(
    "refusal",
    [
        wants_nonce(401),
        answer(401, {}, {"dpop-nonce": "n-1", "www-authenticate": 'DPoP algs="ES256", error="use_dpop_nonce"'}),
    ],
)
async def test_a_stale_nonce_is_one_more_try_and_the_gate_is_asked_again(refusal: httpx.Response) -> None:
    scene, gate = Scene(), GateThatCounts()
    scene.on("POST", WRITE, refusal, WRITTEN)
    assert isinstance(await publish(scene, gate), Published)
    first, second = (read(request.headers["dpop"])[1] for request in scene.network.requests)
    assert ("nonce" in first, second["nonce"], gate.asked) == (False, "n-1", 2)
    assert scene.network.requests[0].content == scene.network.requests[1].content


async def test_a_second_stale_nonce_is_a_failure_that_was_not_sent() -> None:
    scene, gate = Scene(), GateThatCounts()
    scene.on("POST", WRITE, wants_nonce(401, "n-1"), wants_nonce(401, "n-2"), WRITTEN)
    error = await error_of(publish(scene, gate))
    assert (error.reason, error.effect) == (Reason.TOKEN_EXPIRED, Effect.NOT_SENT)
    assert (gate.asked, len(scene.network.requests)) == (2, 2)


async def test_a_server_that_gives_no_other_nonce_is_not_asked_again() -> None:
    scene, gate = Scene(), GateThatCounts()
    scene.on("POST", WRITE, answer(401, {"error": "use_dpop_nonce"}))
    await error_of(publish(scene, gate))
    assert gate.asked == 1


async def test_a_gate_that_closed_meanwhile_stops_the_second_try() -> None:
    scene, gate = Scene(), GateThatCounts()

    def refuse(_: httpx.Request) -> httpx.Response:
        gate.error = LATE
        return wants_nonce(401)

    scene.on("POST", WRITE, refuse)
    error = await error_of(publish(scene, gate))
    assert error is LATE
    assert len(scene.network.requests) == 1


@pytest.mark.parametrize(
    ("then", "effect"),
    [(answer(500, {"error": "InternalServerError"}), "unknown"), (httpx.ReadTimeout("slow"), "unknown")],
)
async def test_whatever_else_happens_is_not_asked_twice(then: Any, effect: str) -> None:
    scene, gate = Scene(), GateThatCounts()
    scene.on("POST", WRITE, then, WRITTEN).on("GET", "getRecord", answer(400, {"error": "RecordNotFound"}))
    error = await error_of(publish(scene, gate))
    assert (error.effect, gate.asked) == (Effect(effect), 1)
    assert len(scene.network.sent(WRITE)) == 1


async def test_a_nonce_that_came_with_a_success_is_used_next() -> None:
    scene = Scene()
    told = httpx.Response(200, json=WRITTEN.json(), headers={"dpop-nonce": "n-9"})
    scene.on("POST", WRITE, told)
    await publish(scene, GateThatCounts())
    await publish(scene, GateThatCounts())
    assert read(scene.network.requests[1].headers["dpop"])[1]["nonce"] == "n-9"
