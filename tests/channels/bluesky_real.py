"""The channel on real sockets against the reference PDS; its records are read by models that are not ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from atproto import models
from pydantic import SecretStr

from munadi.channels.bluesky.thread import record_key
from munadi.domain.account import ConnectedAccount
from munadi.domain.publication import Published
from munadi.ports import AccountImport, PublicationDraft
from tests.channels.connected import Connected, jpeg
from tests.channels.making import Saved, visible_step
from tests.support.pds import PDSAccount, RealPDS


class Real(Connected):
    """Each account is given to the calls, since several take part."""

    def __init__(self, pds: RealPDS, client: httpx.AsyncClient) -> None:
        super().__init__("bluesky", {"hosts": {"entryway": pds.url, "plc": pds.plc_url}}, client)
        self.pds, self.client = pds, client

    async def login(self, who: PDSAccount) -> ConnectedAccount:
        password = SecretStr(who.app_password)
        return await self.connect(AccountImport(identifier=who.handle, password=password, service_url=self.pds.url))

    async def publish_as(self, given: PublicationDraft, who: ConnectedAccount) -> Published:
        saved = Saved()
        await self.channel.prepare(given, who, None, saved)
        found = await self.channel.publish(given, who, saved.handle, saved, visible_step())
        assert isinstance(found, Published)
        return found

    async def record(self, given: PublicationDraft, who: ConnectedAccount) -> models.AppBskyFeedPost.Record:
        """What the PDS holds."""
        value = (await self.get("com.atproto.repo.getRecord", **where(given, who)))["value"]
        read = models.get_or_create(value, models.AppBskyFeedPost.Record, strict=True)
        assert isinstance(read, models.AppBskyFeedPost.Record)
        return read

    async def get(self, nsid: str, **params: str) -> Any:
        return (await self.client.get(f"{self.pds.url}/xrpc/{nsid}", params=params)).json()


def where(given: PublicationDraft, who: ConnectedAccount) -> dict[str, str]:
    return {"repo": who.external_id, "collection": "app.bsky.feed.post", "rkey": record_key(given)}


def picture(colour: str = "teal", kind: str = "JPEG") -> bytes:
    return jpeg(64, 48, colour, kind)


@pytest.fixture
async def real(real_pds: RealPDS) -> AsyncIterator[Real]:
    async with httpx.AsyncClient() as client:
        yield Real(real_pds, client)


@pytest.fixture
async def alice(real: Real) -> ConnectedAccount:
    return await real.login(real.pds.accounts[0])
