"""Where media go: only to TikTok, in chunks of its sizes, and in time; an unfinished upload can be cancelled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.tiktok.state import Prepared
from munadi.channels.tiktok.wire import plan_chunks
from munadi.domain.failure import Reason
from munadi.domain.publication import Ready
from munadi.ports import PublicationDraft
from tests.channels.making import NOW, Saved, bench, error_of, image, publication, video
from tests.channels.scene_tiktok import HOSTS, WHO, done
from tests.channels.tiktok_network import INIT, OPTIONS, VIDEO, TikTokInMemory, bodies

PHOTO = publication("Photo", media=(image(),), options=OPTIONS)


def state(saved: Saved) -> Prepared:
    return Prepared.model_validate(saved.kept.state)


async def test_an_address_that_is_not_tiktoks_gets_nothing() -> None:
    for url in ("https://evil.example/up?upload_token=t", "http://open-upload.tiktokapis.com/x", f"{HOSTS['api']}x"):
        tiktok, saved = TikTokInMemory(), Saved()
        tiktok.bench.network.on("POST", INIT, done({"publish_id": "v1", "upload_url": url}))
        if url.startswith("https://api.example"):
            await self_contained(tiktok, saved)
            continue
        error = await error_of(tiktok.prepare(VIDEO, saved))
        assert error.provider_code == "FOREIGN_URL"
        assert "upload_token" not in str(error)


async def self_contained(tiktok: TikTokInMemory, saved: Saved) -> None:
    """A configured host is TikTok, whatever the path."""
    tiktok.bench.network.on("PUT", "", httpx.Response(206))
    assert isinstance(await tiktok.prepare(VIDEO, saved), Ready)


@pytest.mark.parametrize("host", ["open-upload.tiktokapis.com", "upload.us.tiktokapis.com", "tiktokapis.com"])
async def test_any_host_of_tiktoks_domain_is_accepted(host: str) -> None:
    tiktok, saved = TikTokInMemory(), Saved()
    tiktok.bench.network.on("POST", INIT, done({"publish_id": "v1", "upload_url": f"https://{host}/video/?t=1"}))
    tiktok.bench.network.on("PUT", "", httpx.Response(206))
    assert isinstance(await tiktok.until_ready(VIDEO, saved), Ready)
    assert {request.url.host for request in tiktok.bench.network.requests if request.method == "PUT"} == {host}


@pytest.mark.parametrize("data", [{}, {"publish_id": "v1"}, {"upload_url": "https://x"}, None, "text"])
async def test_an_init_without_an_address_is_no_upload(data: Any) -> None:
    tiktok, saved = TikTokInMemory(), Saved()
    tiktok.bench.network.on("POST", INIT, done(data))
    error = await error_of(tiktok.prepare(VIDEO, saved))
    assert error.reason is Reason.PROVIDER_OUTAGE
    assert state(saved).upload is None


@pytest.mark.parametrize(
    ("size", "plan"),
    [
        (1, (1, 1)),
        (4_999_999, (4_999_999, 1)),
        (10_000_000, (10_000_000, 1)),
        (19_999_999, (19_999_999, 1)),
        (20_000_000, (10_000_000, 2)),
        (50_000_123, (10_000_000, 5)),
        (4_000_000_000, (10_000_000, 400)),
    ],
)
def test_chunks_are_counted_down_and_stay_within_tiktoks_sizes(size: int, plan: tuple[int, int]) -> None:
    assert plan_chunks(size, 10_000_000) == plan
    chunk, count = plan
    last = size - chunk * (count - 1)
    assert last <= 64_000_000
    assert count == 1 or 5_242_880 <= chunk <= last < 2 * chunk


async def test_discard_cancels_an_unfinished_upload_and_nothing_else() -> None:
    tiktok, saved = TikTokInMemory(), Saved()
    cancel = "/v2/post/publish/cancel/"
    channel, network = tiktok.bench.channel, tiktok.bench.network.on("POST", cancel, done())
    await tiktok.until_ready(VIDEO, saved)
    await channel.discard(WHO, saved.kept)
    assert bodies(tiktok.bench, cancel) == [{"publish_id": "v_pub~1"}]
    sent = saved.kept.model_copy(update={"state": {**saved.kept.state, "sent_at": NOW.isoformat()}})
    await channel.discard(WHO, sent)
    assert len(network.sent(cancel)) == 1


@pytest.mark.parametrize(
    ("given", "minutes"),
    [
        (publication(media=(video(bytes=19_999_999),), options=OPTIONS), 2),
        (publication(media=(video(bytes=20_000_000),), options=OPTIONS), 20),
        (publication(media=(video(bytes=20_000_000),), options={**OPTIONS, "mode": "pull"}), 2),
        (PHOTO, 2),
        (publication(media=(video(),), options={"mode": "nonsense"}), 20),
        (publication(), 20),
    ],
)
def test_lead_leaves_time_to_upload_and_the_address_alive(given: PublicationDraft, minutes: int) -> None:
    assert bench("tiktok").channel.lead(given) == timedelta(minutes=minutes)
