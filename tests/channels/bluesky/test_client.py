"""Who we are to authorization servers: the metadata, the assertions, the keys and how long grants live."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from munadi.channels.bluesky.client import SCOPE, ClientKey, ClientKeys, client_id_of, client_metadata
from munadi.channels.bluesky.dpop import DpopKey
from munadi.channels.bluesky.oauth import BlueskyLogin
from munadi.crypto import KeyRing
from munadi.domain.account import ConnectedAccount
from munadi.ports import Asking, KnownByAddress
from tests.channels.bluesky.oauth_network import (
    ASKING,
    BACK,
    CLIENT,
    GRANT,
    ISSUER,
    NEXT_SECRET,
    PAR,
    REVOKE,
    SECRET,
    TOKENS,
    Scene,
    asserted,
    client_key,
    granted,
    wants_nonce,
)
from tests.channels.bluesky.test_oauth import CODE
from tests.channels.making import NOW
from tests.channels.network import answer, form_of, ok
from tests.support.node import install_packages
from tests.support.pds import FOLDER

HERE = "http://127.0.0.1:8000/v1/oauth/bluesky/callback"
JWKS = "https://munadi.example.com/v1/oauth/bluesky/jwks.json"


async def connected(scene: Scene, asking: Asking = ASKING) -> ConnectedAccount:
    """An account after a consent."""
    consent = await scene.server.begin(asking)
    given = (await scene.server.exchange(asking, CODE, consent.kept)).choices[0].given
    assert given.access_token is not None
    credentials = granted(DpopKey.new()).credentials.model_copy(
        update={
            "access_token": given.access_token,
            "refresh_token": given.refresh_token,
            "grant_expires_at": given.grant_expires_at,
            "is_final": given.is_final,
            "extra": dict(given.extra),
        }
    )
    return granted(DpopKey.new()).model_copy(update={"credentials": credentials})


async def refreshed(scene: Scene, who: ConnectedAccount) -> ConnectedAccount:
    return who.model_copy(update={"credentials": await scene.channel.refresh(who)})


def test_who_we_are() -> None:
    assert client_id_of(BACK) == CLIENT
    here = client_id_of(HERE)
    assert here.startswith("http://localhost?")
    assert parse_qs(urlsplit(here).query) == {"redirect_uri": [HERE], "scope": [SCOPE]}
    assert client_id_of("http://[::1]:8000/back").startswith("http://localhost?")
    public = client_metadata("https://munadi.example.com", BACK)
    assert (public["token_endpoint_auth_method"], public["token_endpoint_auth_signing_alg"]) == (
        "private_key_jwt",
        "ES256",
    )
    assert (public["jwks_uri"], public["dpop_bound_access_tokens"]) == (JWKS, True)
    assert client_metadata("http://127.0.0.1:8000", HERE)["token_endpoint_auth_method"] == "none"


async def test_every_request_proves_who_we_are_once() -> None:
    scene = Scene()
    scene.on("POST", PAR, wants_nonce(400), answer(201, {"request_uri": "urn:req-1"}))
    scene.on("POST", GRANT, wants_nonce(400, "n-2"), ok(TOKENS))
    who = await connected(scene)
    await scene.channel.refresh(who)
    await scene.server.revoke(who)
    requests = [request for path in (PAR, GRANT, REVOKE) for request in scene.network.sent(path)]
    assert len(requests) == 6  # the retries for a nonce too
    read = [asserted(request) for request in requests]
    assert {header["kid"] for header, _ in read} == {client_key().thumbprint}
    assert {(c["iss"], c["sub"], c["aud"]) for _, c in read} == {(CLIENT, CLIENT, ISSUER)}
    assert len({claims["jti"] for _, claims in read}) == 6
    for _, claims in read:
        assert NOW - timedelta(seconds=60) < datetime.fromtimestamp(claims["iat"], UTC) <= NOW
        assert NOW < datetime.fromtimestamp(claims["exp"], UTC) <= NOW + timedelta(seconds=60)


async def test_the_loopback_client_stays_public_and_its_grant_ends_after_two_weeks() -> None:
    scene = Scene()
    asking = Asking("state-1", HERE, hint="acme.example.com")
    who = await refreshed(scene, await connected(scene, asking))
    assert not any("client_assertion" in form_of(request) for request in scene.network.mutations)
    assert "clientKey" not in who.credentials.extra
    assert (who.credentials.grant_expires_at, who.credentials.is_final) == (NOW + timedelta(days=14), True)


async def test_a_confidential_grant_lives_three_months_from_its_last_use_and_two_years_in_all() -> None:
    scene = Scene()
    who = await connected(scene)
    assert (who.credentials.grant_expires_at, who.credentials.is_final) == (NOW + timedelta(days=90), False)
    scene.clock.at = NOW + timedelta(days=60)
    who = await refreshed(scene, who)
    assert (who.credentials.grant_expires_at, who.credentials.is_final) == (NOW + timedelta(days=150), False)
    scene.clock.at = NOW + timedelta(days=700)
    who = await refreshed(scene, who)
    assert (who.credentials.grant_expires_at, who.credentials.is_final) == (NOW + timedelta(days=730), True)


async def test_a_grant_keeps_the_key_that_it_began_with() -> None:
    who = await connected(Scene())
    rotated = Scene(secret_keys=[NEXT_SECRET])  # the old secret key is gone altogether
    who = await refreshed(rotated, who)
    assert asserted(rotated.network.sent(GRANT)[0], client_key(SECRET))[0]["kid"] == client_key(SECRET).thumbprint
    fresh = await connected(rotated)
    assert fresh.credentials.extra["clientKey"] != who.credentials.extra["clientKey"]
    assert asserted(rotated.network.sent(PAR)[0], client_key(NEXT_SECRET))


async def test_a_grant_that_the_public_client_began_continues_under_a_key_that_it_keeps() -> None:
    """The reference server allows a client to become confidential, and binds the grant to the key it sees first."""
    scene = Scene()
    ends = NOW + timedelta(days=3)
    old = granted(DpopKey.new(), endsAt=ends.isoformat())
    assert "clientKey" not in old.credentials.extra
    who = await refreshed(scene, old)
    assert asserted(scene.network.sent(GRANT)[0])
    assert (who.credentials.grant_expires_at, who.credentials.is_final) == (ends, True)
    rotated = Scene(secret_keys=[NEXT_SECRET, SECRET])
    await refreshed(rotated, who)
    assert asserted(rotated.network.sent(GRANT)[0], client_key(SECRET))


def test_the_key_is_the_same_in_every_process_and_never_a_secret_key() -> None:
    first, second = client_key(), client_key()
    assert first.text == second.text
    assert first.thumbprint != client_key(NEXT_SECRET).thumbprint
    assert SECRET not in first.text
    assert ClientKey.read(SecretStr(first.text)).jwk == first.jwk


@pytest.mark.parametrize("secrets", [[SECRET], [NEXT_SECRET, SECRET]])
def test_the_served_keys_are_public_and_hold_those_in_use(secrets: list[str]) -> None:
    keys = ClientKeys(KeyRing(secrets).derive)
    earlier = ClientKey.new().jwk
    served = keys.jwks([earlier, client_key(SECRET).jwk])["keys"]
    assert [key["kid"] for key in served] == [*(client_key(one).thumbprint for one in secrets), earlier["kid"]]
    assert all(set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"} for key in served)


def test_the_login_serves_its_keys() -> None:
    server = Scene().server
    assert isinstance(server, KnownByAddress)
    assert isinstance(server, BlueskyLogin)
    assert server.jwks([])["keys"] == [client_key().jwk]


async def test_the_reference_server_takes_our_metadata_and_our_assertion() -> None:
    base = "https://munadi.example.com/post"
    back = f"{base}/v1/oauth/bluesky/callback"
    metadata = client_metadata(base, back)
    assert metadata["client_id"] == f"{base}/v1/oauth/bluesky/client-metadata.json"
    key, issuer = client_key(), "https://pds.example"
    jwks = ClientKeys(KeyRing([SECRET]).derive).jwks([ClientKey.new().jwk])
    assertion = key.assertion(metadata["client_id"], issuer, datetime.now(UTC))
    read = await _judged(metadata["client_id"], metadata, jwks, assertion)
    assert {name: read["metadata"][name] for name in metadata} == metadata
    assert (read["auth"]["method"], read["auth"]["kid"]) == ("private_key_jwt", key.thumbprint)
    with pytest.raises(AssertionError, match="client_id"):
        await _judged(f"{base}/other.json", metadata, jwks, assertion)
    foreign = key.assertion(metadata["client_id"], "https://other.example", datetime.now(UTC))
    with pytest.raises(AssertionError, match='unexpected "aud"'):
        await _judged(metadata["client_id"], metadata, jwks, foreign)


async def _judged(
    client_id: str, metadata: Mapping[str, Any], jwks: Mapping[str, Any], assertion: Mapping[str, str]
) -> dict[str, Any]:
    install_packages(FOLDER)
    node = shutil.which("node")
    assert node
    given = {"clientId": client_id, "metadata": metadata, "jwks": jwks, "assertion": assertion}
    judge = await asyncio.create_subprocess_exec(
        node,
        "client.mjs",
        json.dumps(given),
        cwd=FOLDER,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await judge.communicate()
    assert judge.returncode == 0, error.decode()
    read: dict[str, Any] = json.loads(out)
    return read
