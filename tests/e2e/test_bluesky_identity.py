"""Bluesky over real processes: a confidential client that connects and renews, and a server that lies about accounts.

The public address is https and exists only in the settings: the sandbox finds it at the API's own address.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from tests.e2e.conftest import PUBLIC
from tests.e2e.consent import connect_bluesky
from tests.harness.networks import calls, create_profile
from tests.harness.stack import Stack
from tests.harness.web import Answering, Call, serving

CLIENT = f"{PUBLIC}/v1/oauth/bluesky/client-metadata.json"


@pytest.fixture
def stack(public_stack: Stack) -> Stack:
    return public_stack


async def test_a_confidential_client_connects_and_renews(api: httpx.AsyncClient, sandbox: httpx.AsyncClient) -> None:
    metadata = await api.get("/v1/oauth/bluesky/client-metadata.json", headers={"authorization": ""})
    assert (metadata.json()["client_id"], metadata.json()["token_endpoint_auth_method"]) == (CLIENT, "private_key_jwt")
    assert metadata.json()["jwks_uri"] == f"{PUBLIC}/v1/oauth/bluesky/jwks.json"
    served = await api.get("/v1/oauth/bluesky/jwks.json", headers={"authorization": ""})
    (key,) = served.json()["keys"]
    assert not ECKey.import_key(key).is_private
    assert (await api.get("/v1/oauth/tiktok/jwks.json")).status_code == 404

    await api.post("/v1/brands", json={"ref": "confidential"})
    profile = await create_profile(sandbox, "bluesky", "confidential")
    account = await connect_bluesky(api, "confidential", profile["did"], PUBLIC)
    ends = datetime.fromisoformat(account["grantExpiresAt"]) - datetime.now(UTC)
    assert timedelta(days=89) < ends <= timedelta(days=90)
    assert account["handle"] == profile["handle"]

    before = len(await calls(sandbox, "bluesky", "oauth/token"))
    expired = {"channel": "bluesky", "profile": profile["did"]}
    assert (await sandbox.post("/control/tokens/expire", json=expired)).status_code < 300
    checked = (await api.post(f"/v1/accounts/{account['id']}/check")).json()
    assert (checked["ok"], checked["failure"]) == (True, None)
    assert [call["status"] for call in await calls(sandbox, "bluesky", "oauth/token")][before:][-1] == 200
    # For the sandbox it is the grant of a confidential client: two weeks later it still renews it.
    await sandbox.post("/control/clock", json={"advanceSeconds": 30 * 86_400})
    checked = (await api.post(f"/v1/accounts/{account['id']}/check")).json()
    assert (checked["ok"], checked["failure"]) == (True, None)
    assert (await api.get("/v1/oauth/bluesky/jwks.json")).json()["keys"] == [key]


def lying(did: str) -> Answering:
    """A server that opens a session for every password, and claims that the account is `did`."""
    token = jwt.encode({"alg": "HS256", "typ": "at+jwt"}, {"exp": 4_000_000_000}, OctKey.generate_key(256))
    session = {"did": did, "handle": "munadi.bsky.test", "accessJwt": token, "refreshJwt": token, "active": True}

    async def answer(call: Call) -> None:
        await call.answer(json.dumps(session).encode())

    return answer


async def test_a_server_that_claims_an_account_of_another_is_refused(
    stack: Stack, api: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> None:
    await api.post("/v1/brands", json={"ref": "lied"})
    profile = await create_profile(sandbox, "bluesky", "victim")
    credentials = {"identifier": "anybody", "password": "abcd-abcd-abcd-abcd"}
    async with serving(lying(profile["did"])) as liar:
        given = {"channel": "bluesky", "serviceUrl": liar, "credentials": credentials}
        answer = await api.post("/v1/brands/lied/accounts", json=given)
    assert answer.status_code == 422, answer.text
    (problem,) = answer.json()["errors"]
    assert (problem["pointer"], problem["rule"]) == ("/serviceUrl", "service_url_of_did")
    assert (problem["limit"], problem["actual"]) == (f"{stack.info['sandbox']}/bluesky/pds", liar)
    assert (await api.get("/v1/accounts", params={"brandRef": "lied"})).json()["data"] == []
    right = {"identifier": profile["identifier"], "password": profile["password"]}
    for server in (profile["serviceUrl"], None):
        given = {"channel": "bluesky", "serviceUrl": server, "credentials": right}
        answer = await api.post("/v1/brands/lied/accounts", json={k: v for k, v in given.items() if v})
        assert answer.status_code in (200, 201), answer.text
        assert (answer.json()["handle"], answer.json()["serviceUrl"]) == (profile["handle"], profile["serviceUrl"])
