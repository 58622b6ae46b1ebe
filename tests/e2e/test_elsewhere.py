"""The same post on PostgreSQL, and to a Bluesky server that others wrote."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.harness.brand import Brand
from tests.harness.files import picture
from tests.harness.inbox import Inbox
from tests.harness.stack import Stack
from tests.harness.times import instant
from tests.support.pds import RealPDS
from tests.support.postgres import PostgresServer


@pytest.fixture(scope="module")
def on_postgres(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Iterator[Stack]:
    url = postgres.create_database()
    with Stack(tmp_path_factory.mktemp("postgres"), {"MUNADI_DATABASE_URL": url}) as running:
        yield running
    postgres.drop_database(url)


async def test_the_main_job_on_postgresql(on_postgres: Stack) -> None:
    async with on_postgres.client() as api, on_postgres.sandbox() as sandbox:
        brand = await Brand.create(api, sandbox, "pg")
        async with Inbox().listening(api) as inbox:
            media = await brand.upload(picture("olive"))
            accepted = await brand.submit("On PostgreSQL", seconds=3, media=[media], channels=["bluesky", "instagram"])
            await brand.published(accepted["id"])
            assert [len(await brand.posts("On PostgreSQL", channel)) for channel in ("bluesky", "instagram")] == [1, 1]
            assert inbox.failures == []
        body = {"brandRef": "pg", "text": "once", "channels": ["bluesky"], "scheduledAt": instant(time.time() + 3600)}
        answers = [await api.post("/v1/contents", json=body, headers={"idempotency-key": "k"}) for _ in range(3)]
        assert len({answer.content for answer in answers}) == 1
        canceled = await api.post(f"/v1/contents/{answers[0].json()['id']}/cancel")
        assert canceled.json()["status"] == "canceled"


async def test_a_post_reaches_a_real_bluesky_server(on_postgres: Stack, real_pds: RealPDS) -> None:
    """Scheduled here, with a picture and a facet; read back from the server that others wrote."""
    alice = real_pds.accounts[0]
    async with on_postgres.client() as api, on_postgres.sandbox() as sandbox, httpx.AsyncClient() as network:
        assert (await api.post("/v1/brands", json={"ref": "real"})).status_code == 201
        credentials = {"identifier": alice.handle, "password": alice.app_password}
        given = {"channel": "bluesky", "serviceUrl": real_pds.url, "credentials": credentials}
        imported = await api.post("/v1/brands/real/accounts", json=given)
        assert imported.status_code == 201, imported.text
        brand = Brand(api, sandbox, "real")
        media = await brand.upload(picture("plum", (800, 600)), alt="A plum field")
        accepted = await brand.submit("Really there #munadi", seconds=2, media=[media])
        content = await brand.published(accepted["id"])
        uri = content["publications"][0]["providerPostId"]
        repo, collection, key = uri.removeprefix("at://").split("/")
        query = {"repo": repo, "collection": collection, "rkey": key}
        answer = await network.get(f"{real_pds.url}/xrpc/com.atproto.repo.getRecord", params=query)
        record = answer.json()["value"]
        assert record["text"] == "Really there #munadi"
        assert record["embed"]["images"][0]["alt"] == "A plum field"
        assert record["facets"][0]["features"][0]["tag"] == "munadi"
