"""Munadi as an OAuth client: its metadata, its assertions, its keys, and how long its grants live."""

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
from munadi.crypto import KeyRing
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.ports import ConsentRequest, KnownByAddress
from tests.channels.bluesky.servers import (
    ASKING,
    BACK,
    CLIENT,
    CODE,
    GRANT,
    ISSUER,
    NEXT_SECRET,
    PAR,
    REVOKE,
    TOKENS,
    Servers,
    asserted,
    client_key,
    granted,
    wants_nonce,
)
from tests.channels.making import NOW, SECRET_KEY
from tests.channels.network import answer, form_of, ok
from tests.support.node import install_packages
from tests.support.pds import FOLDER

HERE = "http://127.0.0.1:8000/v1/oauth/bluesky/callback"


async def connected(servers: Servers, asking: ConsentRequest = ASKING) -> ConnectedAccount:
    """An account after a consent."""
    consent = await servers.server.begin_consent(asking)
    given = (await servers.server.exchange(asking, CODE, consent.kept)).choices[0].given
    names = ("access_token", "refresh_token", "expires_at", "grant_expires_at", "is_final", "extra")
    credentials = Credentials(**{name: getattr(given, name) for name in names})
    return granted(DpopKey.new()).model_copy(update={"credentials": credentials})


async def refreshed(servers: Servers, who: ConnectedAccount) -> ConnectedAccount:
    return who.model_copy(update={"credentials": await servers.channel.refresh(who)})


def test_the_client_id_is_the_address_of_the_metadata() -> None:
    assert client_id_of(BACK) == CLIENT
    here = client_id_of(HERE)
    assert here.startswith("http://localhost?")
    assert parse_qs(urlsplit(here).query) == {"redirect_uri": [HERE], "scope": [SCOPE]}
    assert client_id_of("http://[::1]:8000/back").startswith("http://localhost?")
    assert client_metadata("http://127.0.0.1:8000", HERE)["token_endpoint_auth_method"] == "none"


async def test_every_request_has_an_assertion_of_its_own() -> None:
    servers = Servers()
    servers.on("POST", PAR, wants_nonce(400), answer(201, {"request_uri": "urn:req-1"}))
    servers.on("POST", GRANT, wants_nonce(400, "n-2"), ok(TOKENS))
    who = await connected(servers)
    await servers.channel.refresh(who)
    await servers.server.revoke(who)
    requests = [request for path in (PAR, GRANT, REVOKE) for request in servers.network.sent(path)]
    assert len(requests) == 6  # also for the retries with a nonce
    read = [asserted(request) for request in requests]
    assert {header["kid"] for header, _ in read} == {client_key().thumbprint}
    assert {(c["iss"], c["sub"], c["aud"]) for _, c in read} == {(CLIENT, CLIENT, ISSUER)}
    assert len({claims["jti"] for _, claims in read}) == 6
    for _, claims in read:
        assert NOW - timedelta(seconds=60) < datetime.fromtimestamp(claims["iat"], UTC) <= NOW
        assert NOW < datetime.fromtimestamp(claims["exp"], UTC) <= NOW + timedelta(seconds=60)


async def test_the_loopback_client_stays_public_and_its_grant_ends_after_two_weeks() -> None:
    servers = Servers()
    asking = ConsentRequest("state-1", HERE, hint="acme.example.com")
    who = await refreshed(servers, await connected(servers, asking))
    assert not any("client_assertion" in form_of(request) for request in servers.network.mutations)
    assert "clientKey" not in who.credentials.extra
    assert (who.credentials.grant_expires_at, who.credentials.is_final) == (NOW + timedelta(days=14), True)


async def test_a_confidential_grant_lives_three_months_from_its_last_use_and_two_years_in_all() -> None:
    servers = Servers()
    who = await connected(servers)
    assert (who.credentials.grant_expires_at, who.credentials.is_final) == (NOW + timedelta(days=90), False)
    servers.clock.at = NOW + timedelta(days=60)
    who = await refreshed(servers, who)
    assert (who.credentials.grant_expires_at, who.credentials.is_final) == (NOW + timedelta(days=150), False)
    servers.clock.at = NOW + timedelta(days=700)
    who = await refreshed(servers, who)
    assert (who.credentials.grant_expires_at, who.credentials.is_final) == (NOW + timedelta(days=730), True)


async def test_a_grant_keeps_its_first_key() -> None:
    who = await connected(Servers())
    rotated = Servers(secret_keys=[NEXT_SECRET])  # the old secret key no longer exists
    who = await refreshed(rotated, who)
    assert (
        asserted(rotated.network.sent(GRANT)[0], client_key(SECRET_KEY))[0]["kid"] == client_key(SECRET_KEY).thumbprint
    )
    fresh = await connected(rotated)
    assert fresh.credentials.extra["clientKey"] != who.credentials.extra["clientKey"]
    assert asserted(rotated.network.sent(PAR)[0], client_key(NEXT_SECRET))


async def test_a_grant_of_the_public_client_continues_under_a_key_that_it_keeps() -> None:
    """The reference server allows a client to become confidential, and binds the grant to the key it sees first."""
    servers = Servers()
    ends = NOW + timedelta(days=3)
    old = granted(DpopKey.new(), endsAt=ends.isoformat())
    assert "clientKey" not in old.credentials.extra
    who = await refreshed(servers, old)
    assert asserted(servers.network.sent(GRANT)[0])
    assert (who.credentials.grant_expires_at, who.credentials.is_final) == (ends, True)
    rotated = Servers(secret_keys=[NEXT_SECRET, SECRET_KEY])
    await refreshed(rotated, who)
    assert asserted(rotated.network.sent(GRANT)[0], client_key(SECRET_KEY))


def test_the_key_is_the_same_in_every_process_and_never_a_secret_key() -> None:
    first, second = client_key(), client_key()
    assert first.text == second.text
    assert first.thumbprint != client_key(NEXT_SECRET).thumbprint
    assert SECRET_KEY not in first.text
    assert ClientKey.read(SecretStr(first.text)).jwk == first.jwk


@pytest.mark.parametrize("secrets", [[SECRET_KEY], [NEXT_SECRET, SECRET_KEY]])
def test_the_served_keys_are_public_and_include_those_in_use(secrets: list[str]) -> None:
    server: Any = Servers(secret_keys=secrets).server.authorizer
    assert isinstance(server, KnownByAddress)
    earlier = ClientKey.new().jwk
    served = server.jwks([earlier, client_key(SECRET_KEY).jwk])["keys"]
    assert [key["kid"] for key in served] == [*(client_key(one).thumbprint for one in secrets), earlier["kid"]]
    assert all(set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"} for key in served)


async def judged(client_id: str, assertion: Mapping[str, str]) -> dict[str, Any]:
    """What the reference server's code reads in our metadata, keys and assertion."""
    install_packages(FOLDER)
    node = shutil.which("node")
    assert node
    keys = ClientKeys(KeyRing([SECRET_KEY]).derive).jwks([ClientKey.new().jwk])
    given = {"clientId": client_id, "metadata": PUBLIC, "jwks": keys, "assertion": assertion}
    pipe = asyncio.subprocess.PIPE
    judge = await asyncio.create_subprocess_exec(
        node, "client.mjs", json.dumps(given), cwd=FOLDER, stdout=pipe, stderr=pipe
    )
    out, error = await judge.communicate()
    assert judge.returncode == 0, error.decode()
    read: dict[str, Any] = json.loads(out)
    return read


PUBLIC = client_metadata("https://munadi.example.com/post", "https://munadi.example.com/post/v1/oauth/bluesky/callback")


async def test_the_reference_server_accepts_our_metadata_and_our_assertion() -> None:
    client_id = "https://munadi.example.com/post/v1/oauth/bluesky/client-metadata.json"
    key, now = client_key(), datetime.now(UTC)
    assertion = key.assertion(client_id, "https://pds.example", now)
    read = await judged(client_id, assertion)
    assert {name: read["metadata"][name] for name in PUBLIC} == PUBLIC
    assert (read["auth"]["method"], read["auth"]["kid"]) == ("private_key_jwt", key.thumbprint)
    with pytest.raises(AssertionError, match="client_id"):
        await judged("https://munadi.example.com/post/other.json", assertion)
    with pytest.raises(AssertionError, match='unexpected "aud"'):
        await judged(client_id, key.assertion(client_id, "https://other.example", now))
