"""A channel of the emulated YouTube, connected; whatever it is sent is judged by Google's discovery document."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.domain.failure import ChannelError, Effect
from munadi.ports import AccountImport, PublicationDraft
from tests.channels.conftest import Oracle
from tests.channels.connected import Connected, mp4, new
from tests.channels.making import Saved, video
from tests.judges.discovery import Discovery, Witness

UNIT = 262_144
CLIP = mp4(1)
LONG_CLIP = CLIP + (2 * UNIT - 4).to_bytes(4, "big") + b"free" + bytes(2 * UNIT - 12)
TOKENS = {"access_token": "accessToken", "refresh_token": "refreshToken"}
POLL = {"poll_quick": 0.02, "poll_slow": 0.02, "poll_idle": 0.02}


def settings(oracle: Oracle, **changes: Any) -> dict[str, Any]:
    hosts = {role: f"{oracle.url}/youtube/{role}" for role in ("api", "auth", "token")}
    app = {"client_id": "sandbox", "client_secret": "sandbox"}
    return {"hosts": hosts, **app, **POLL, "chunk_bytes": UNIT, "chunks_per_run": 2, **changes}


@asynccontextmanager
async def judged(oracle: Oracle, **changes: Any) -> AsyncIterator[tuple[Connected, Witness]]:
    """The channel under a witness: every request has to be right, and every answer where no fault was planted."""
    witness = Witness(Discovery("/youtube/api"), f"{oracle.url}/youtube/api")
    async with httpx.AsyncClient(event_hooks=witness.hooks) as client:
        yield Connected("youtube", settings(oracle, **changes), client), witness
    assert witness.faults == []
    if not any(call["fault"] for call in oracle.call("GET", "/calls")):
        assert witness.answer_faults() == []


@pytest.fixture
async def acme(oracle: Oracle) -> AsyncIterator[Connected]:
    for kind in ("processing", "listing"):
        oracle.call("PUT", "/delays", channel="youtube", kind=kind, seconds=0)
    profile = oracle.call("POST", "/profiles", channel="youtube", name="acme")
    async with judged(oracle) as (connected, _):
        connected.media.files["med_0"] = CLIP
        given = {name: SecretStr(profile[field]) for name, field in TOKENS.items()}
        await connected.connect(AccountImport(external_id=profile["externalId"], **given))
        yield connected


def clip(connected: Connected, content: bytes = CLIP, text: str = "Monsoon sale", **options: Any) -> PublicationDraft:
    connected.media.files["med_0"] = content
    media = (video(bytes=len(content)),)
    return new(text, media=media, options={"madeForKids": False, **options})


def posts(oracle: Oracle, connected: Connected) -> list[dict[str, Any]]:
    return oracle.posts(connected.account.external_id)


def calls(oracle: Oracle, operation: str) -> list[dict[str, Any]]:
    return [call for call in oracle.call("GET", "/calls") if call["operation"] == operation]


async def stored(post: dict[str, Any], index: int = 0) -> bytes:
    async with httpx.AsyncClient() as client:
        return (await client.get(post["media"][index]["url"])).content


async def failure(call: Any) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await call
    return caught.value


async def insist(connected: Connected, given: PublicationDraft, saved: Saved) -> None:
    """Prepare as the driver does: a failed run is followed by another."""
    for _ in range(9):
        try:
            await connected.prepare(given, saved)
            return
        except ChannelError as error:
            if error.effect is Effect.REJECTED:
                raise
    raise AssertionError("never ready")
