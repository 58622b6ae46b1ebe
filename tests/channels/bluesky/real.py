"""The channel on real sockets against the reference PDS. Independent models read its records."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from atproto import models
from pydantic import SecretStr

from munadi.channels.bluesky.thread import record_key
from munadi.domain.account import ConnectedAccount
from munadi.domain.publication import Published
from munadi.ports import AccountImport, PublicationDraft
from tests.channels.calls import GateThatCounts, Saved
from tests.channels.connected import Connected, jpeg
from tests.support.pds import PDSAccount, RealPDS

FEED = "app.bsky.feed"
MODELS: dict[str, Any] = {
    f"{FEED}.post": models.AppBskyFeedPost.Record,
    f"{FEED}.threadgate": models.AppBskyFeedThreadgate.Record,
    f"{FEED}.postgate": models.AppBskyFeedPostgate.Record,
}


class VideoService:
    """A video service that at once stores the video at the account's server, as the real one does later."""

    def __init__(self, pds: RealPDS) -> None:
        self.pds = pds

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"canUpload": True})
        content = await request.aread()
        headers = {"authorization": request.headers["authorization"], "content-type": "video/mp4"}
        async with httpx.AsyncClient() as client:
            url = f"{self.pds.url}/xrpc/com.atproto.repo.uploadBlob"
            stored = await client.post(url, content=content, headers=headers)
        assert stored.status_code == 200, stored.text
        status = {"jobId": "1", "did": request.url.params["did"], "state": "JOB_STATE_COMPLETED"}
        return httpx.Response(200, json={**status, **stored.json()})


class Line:
    """The answers to visible calls; `lost` loses the next one after the server has acted."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        self.lost = False

    async def __call__(self, response: httpx.Response) -> None:
        if not response.request.url.path.endswith(("putRecord", "applyWrites")):
            return
        await response.aread()
        response.stream = httpx.ByteStream(response.content)  # to be read again
        self.answers.append(response.json())
        if self.lost:
            self.lost = False
            raise httpx.ReadError("the line broke", request=response.request)


class Real(Connected):
    """Every call names its account, because there are several."""

    def __init__(self, pds: RealPDS, client: httpx.AsyncClient) -> None:
        super().__init__("bluesky", {"hosts": {"entryway": pds.url, "plc": pds.plc_url, "appview": ""}}, client)
        self.pds, self.client = pds, client

    async def login(self, who: PDSAccount) -> ConnectedAccount:
        password = SecretStr(who.app_password)
        return await self.connect(AccountImport(identifier=who.handle, password=password, service_url=self.pds.url))

    async def publish_as(self, given: PublicationDraft, who: ConnectedAccount) -> Published:
        saved = Saved()
        await self.port.prepare(given, who, saved)
        return await self.write(given, who, saved)

    async def write(
        self, given: PublicationDraft, who: ConnectedAccount, saved: Saved, name: str = "post"
    ) -> Published:
        """One visible call, before which the gate is checked."""
        gate = GateThatCounts()
        found = await self.port.publish(given, who, saved, step=name, gate=gate)
        assert isinstance(found, Published)
        assert gate.asked == 1
        return found

    async def record(self, given: PublicationDraft, who: ConnectedAccount) -> models.AppBskyFeedPost.Record:
        """The post that the PDS has."""
        return (await self.records(given, who))[f"{FEED}.post"]

    async def records(self, given: PublicationDraft, who: ConnectedAccount) -> dict[str, Any]:
        """Every record at the publication's key, by collection."""
        found = {}
        for collection, model in MODELS.items():
            where = {"repo": who.external_id, "collection": collection, "rkey": record_key(given)}
            answer = await self.get("com.atproto.repo.getRecord", **where)
            if answer.get("error") != "RecordNotFound":
                found[collection] = models.get_or_create(answer["value"], model, strict=True)
                assert isinstance(found[collection], model)
        return found

    async def list_posts(self, who: ConnectedAccount, collection: str = f"{FEED}.post") -> list[dict[str, Any]]:
        """The newest hundred records of the account."""
        wanted = {"repo": who.external_id, "collection": collection, "limit": "100"}
        return list((await self.get("com.atproto.repo.listRecords", **wanted))["records"])

    async def head(self, who: ConnectedAccount) -> Any:
        """The account's latest commit."""
        return await self.get("com.atproto.sync.getLatestCommit", did=who.external_id)

    async def get(self, nsid: str, **params: str) -> Any:
        return (await self.client.get(f"{self.pds.url}/xrpc/{nsid}", params=params)).json()


def picture(colour: str = "teal", kind: str = "JPEG") -> bytes:
    return jpeg(64, 48, colour, kind)


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
async def real(real_pds: RealPDS, line: Line) -> AsyncIterator[Real]:
    service = httpx.MockTransport(VideoService(real_pds))
    hooks: dict[str, list[Callable[..., Any]]] = {"response": [line]}
    async with httpx.AsyncClient(mounts={"https://video.bsky.app": service}, event_hooks=hooks) as client:
        yield Real(real_pds, client)


@pytest.fixture
async def alice(real: Real) -> ConnectedAccount:
    return await real.login(real.pds.accounts[0])
