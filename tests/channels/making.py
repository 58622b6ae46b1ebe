"""Drafts, accounts, handles and tools for tests. Every value is fixed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from munadi.channels.http import ChannelTools
from munadi.channels.registry import build_channels
from munadi.crypto import KeyRing
from munadi.domain.account import ConnectedAccount, Credentials
from munadi.domain.channel import ChannelName, MediaKind
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.media import MediaAsset
from munadi.ports import Clock, LinkCard, PublicationDraft
from tests.channels.calls import NOW as NOW
from tests.channels.calls import Calls
from tests.channels.network import Network

PUBLICATION = "pub_01jd0000000000000000000000"
TOKEN = "secret-access-token-0123456789"
REFRESH = "secret-refresh-token-0123456789"
SECRET = "app-secret-0123456789"
SECRET_KEY = "one-secret-key-of-thirty-two-letters"
derive = KeyRing([SECRET_KEY]).derive


class FixedClock:
    def __init__(self, now: datetime = NOW) -> None:
        self.at = now

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def forward(self, **duration: float) -> None:
        self.at += timedelta(**duration)


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


class StoredMedia:
    """Bytes by media id. A media that was not stored has its id as bytes."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.base = "https://munadi.example/media"
        self.renditions: list[tuple[str, str, int | None, int | None]] = []
        self.away: ChannelError | None = None
        """The error of a store that cannot be reached."""

    async def read(self, asset: MediaAsset, start: int = 0, length: int | None = None) -> bytes:
        content = self.files.get(asset.id, asset.id.encode())
        part = content[start:] if length is None else content[start : start + length]
        if asset.id in self.files and length is not None and len(part) != length:
            message = f"the stored file of media {asset.id} is gone or shorter than it was"
            raise ChannelError(Reason.MEDIA_UNREACHABLE, Effect.REJECTED, message)
        return part

    async def check_stored(self, asset: MediaAsset) -> None:
        if self.away is not None:
            raise self.away

    def public_url(self, asset: MediaAsset) -> str:
        return f"{self.base}/{asset.id}"

    async def rendition(
        self, asset: MediaAsset, *, mime_type: str, max_bytes: int | None = None, max_side: int | None = None
    ) -> MediaAsset:
        """A media with another id, so that a test sees which one is sent."""
        self.renditions.append((asset.id, mime_type, max_bytes, max_side))
        made = f"{asset.id}-{mime_type.partition('/')[2]}"
        size = min(asset.bytes, max_bytes or asset.bytes)
        return asset.model_copy(update={"id": made, "mime_type": mime_type, "bytes": size})


class Cards:
    def __init__(self) -> None:
        self.card_of_page: LinkCard | None = None
        self.asked: list[str] = []

    async def card(self, url: str) -> LinkCard | None:
        self.asked.append(url)
        return self.card_of_page


@dataclass
class Bench(Calls):
    """A channel on a scripted network, with the clock, media and cards that a test changes."""

    network: Network
    clock: FixedClock
    media: StoredMedia
    cards: Cards


def tools(
    client: httpx.AsyncClient, clock: Clock, media: StoredMedia | None = None, cards: Cards | None = None
) -> ChannelTools:
    """What a channel is built with; `client` reaches every address."""
    return ChannelTools(client, client, media or StoredMedia(), cards or Cards(), clock, derive)


def bench(name: str, settings: Mapping[str, Any] | None = None) -> Bench:
    network, clock, media, cards = Network(), FixedClock(), StoredMedia(), Cards()
    client = httpx.AsyncClient(transport=network)
    given = tools(client, clock, media, cards)
    channel = build_channels({name: settings or {}}, given, names=[ChannelName(name)])[name]
    return Bench(channel, network, clock, media, cards)


async def error_of(
    call: Awaitable[object], reason: Reason | None = None, effect: Effect | None = None, code: str | None = None
) -> ChannelError:
    """The ChannelError that a call raises. It must have the expected values and contain no secret."""
    with pytest.raises(ChannelError) as caught:
        await call
    error = caught.value
    assert (error.reason, error.effect, error.provider_code) == (
        reason or error.reason,
        effect or error.effect,
        code or error.provider_code,
    )
    kept = f"{error.raw}{error.provider_message}{error.message}"
    assert not [secret for secret in (TOKEN, REFRESH, SECRET) if secret in kept]
    return error


def image(index: int = 0, **changes: Any) -> MediaAsset:
    facts: dict[str, Any] = {
        "id": f"med_{index}",
        "sha256": "0" * 64,
        "kind": MediaKind.IMAGE,
        "mime_type": "image/jpeg",
        "bytes": 1000,
        "width": 1080,
        "height": 1080,
    }
    return MediaAsset(**{**facts, **changes})


def video(index: int = 0, **changes: Any) -> MediaAsset:
    facts: dict[str, Any] = {
        "kind": MediaKind.VIDEO,
        "mime_type": "video/mp4",
        "width": 1080,
        "height": 1920,
        "duration_ms": 10_000,
        "video_codec": "h264",
        "audio_codec": "aac",
        "fps": 30.0,
    }
    return image(index, **{**facts, **changes})


def document(index: int = 0, **changes: Any) -> MediaAsset:
    facts: dict[str, Any] = {
        "kind": MediaKind.DOCUMENT,
        "mime_type": "application/pdf",
        "width": 0,
        "height": 0,
        "pages": 3,
        "name": "Q3 report.pdf",
    }
    return image(index, **{**facts, **changes})


def draft(text: str = "", **fields: Any) -> Draft:
    return Draft(text=text, **fields)


def publication(text: str = "", *, at: datetime = NOW, seed: str = PUBLICATION, **fields: Any) -> PublicationDraft:
    return PublicationDraft(text=text, publication_id=seed, created_at=at - timedelta(hours=1), due_at=at, **fields)


def account(channel: str, external_id: str, **changes: Any) -> ConnectedAccount:
    credentials = Credentials(access_token=SecretStr(TOKEN), refresh_token=SecretStr(REFRESH))
    facts: dict[str, Any] = {
        "id": "acc_01jd0000000000000000000000",
        "brand_ref": "acme",
        "channel": ChannelName(channel),
        "external_id": external_id,
        "handle": "acme",
        "credentials": credentials,
    }
    return ConnectedAccount(**{**facts, **changes})
