"""creator_info is read and respected. A file is uploaded up to its last chunk, and resumed where it stopped."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.tiktok.state import Prepared
from munadi.channels.tiktok.wire import plan_chunks
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Pending, Ready
from tests.channels.making import NOW, bench, error_of, image, publication, video
from tests.channels.network import answer, ok
from tests.channels.scene_tiktok import CREATOR, HOSTS, STATUS, UPLOAD_PATH, WHO, done
from tests.channels.tiktok_network import BYTES, INIT, OPTIONS, PHOTOS, PREPARED, TikTokInMemory, bodies

PULL = publication("Pull", media=(video(bytes=44),), options={**OPTIONS, "mode": "pull"})
HOUR = timedelta(hours=1)


async def test_all_chunks_but_the_last_are_uploaded_ahead_of_time() -> None:
    tiktok = TikTokInMemory()
    assert await tiktok.until_ready() == Ready(expires_at=NOW + HOUR)
    assert tiktok.uploads == PREPARED
    paths = [request.url.path.removeprefix("/tiktok") for request in tiktok.bench.network.requests]
    assert paths == [CREATOR, INIT, *["/video/"] * 4]
    chunks = tiktok.bench.network.sent(UPLOAD_PATH)
    assert [(chunk.headers["content-range"], chunk.headers["content-type"]) for chunk in chunks] == [
        (f"bytes {start}-{start + 7}/44", "video/mp4") for start in (0, 8, 16, 24)
    ]
    assert not [chunk for chunk in chunks if "authorization" in chunk.headers]
    (body,) = bodies(tiktok.bench, INIT)
    switches = ("disable_comment", "disable_duet", "disable_stitch")
    assert [body["post_info"][name] for name in switches] == [False, False, True]  # as creator_info says


async def test_the_last_chunk_makes_a_file_public() -> None:
    tiktok = TikTokInMemory()
    await tiktok.until_ready()
    assert await tiktok.publish() == Pending(after=timedelta(seconds=5), note="TikTok is processing the video")
    assert tiktok.uploads == {"v_pub~1": BYTES}
    assert tiktok.bench.network.requests[-1].headers["content-range"] == "bytes 32-43/44"
    assert (tiktok.saved.kept.ready, tiktok.saved.kept.expires_at) == (True, None)


async def test_a_token_that_is_echoed_with_http_200_is_removed() -> None:
    token, tiktok = WHO.credentials.access_token.get_secret_value(), TikTokInMemory()
    tiktok.bench.network.on("POST", CREATOR, ok({"error": {"code": "odd", "message": f"what is {token}"}}))
    error = await error_of(tiktok.prepare(), code="odd")
    assert token not in " ".join(str(value) for value in vars(error).values())


async def test_every_answer_is_saved_at_once() -> None:
    tiktok = TikTokInMemory()
    await tiktok.until_ready()
    history = tiktok.saved.history
    states = [Prepared.model_validate(handle.state) for handle in history]
    assert all(one.creator for one in states)
    assert [one.upload.sent if one.upload else None for one in states] == [None, 0, 1, 2, 3, 4, 4]
    assert [handle.ready for handle in history] == [False] * 6 + [True]
    assert [handle.expires_at for handle in history] == [NOW + HOUR / 2, *[NOW + HOUR] * 6]


async def test_a_run_after_a_crash_continues_from_every_saved_state() -> None:
    whole = TikTokInMemory()
    await whole.until_ready()
    for known in [None, *whole.saved.history]:
        again = TikTokInMemory(known)
        before = again.state if known else Prepared()
        sent = before.upload.sent if before.upload else 0
        if before.upload:
            again.uploads, again.sizes = {"v_pub~1": BYTES[: 8 * sent]}, {"v_pub~1": 44}
        await again.until_ready()
        assert again.called(CREATOR) == (0 if before.creator else 1)
        assert again.called(INIT) == (0 if before.upload else 1)
        assert (again.called(UPLOAD_PATH), again.uploads) == (4 - sent, PREPARED)


@pytest.mark.parametrize("lost_at", [0, 1, 2, 3])
async def test_a_chunk_whose_answer_was_lost_is_not_counted_twice(lost_at: int) -> None:
    tiktok = TikTokInMemory()
    tiktok.answers = [*[None] * lost_at, "lost"]
    await tiktok.until_ready(patient=True)
    assert (tiktok.uploads, tiktok.called(STATUS)) == (PREPARED, 1)


@pytest.mark.parametrize("outage", [answer(500), answer(503), httpx.ReadError("reset")], ids=str)
async def test_a_chunk_is_sent_again_after_an_outage(outage: httpx.Response | Exception) -> None:
    tiktok = TikTokInMemory()
    tiktok.answers = [None, outage]
    await error_of(tiktok.prepare(), Reason.PROVIDER_OUTAGE, Effect.UNKNOWN)
    await tiktok.until_ready()
    assert tiktok.uploads == PREPARED


@pytest.mark.parametrize("status", [403, 404, 416])
async def test_an_upload_that_cannot_continue_starts_again_a_few_times(status: int) -> None:
    tiktok, always = TikTokInMemory(), TikTokInMemory()
    tiktok.answers = [None, answer(status)]
    await tiktok.until_ready()
    assert tiktok.uploads == {"v_pub~1": BYTES[:8], "v_pub~2": BYTES[:32]}
    assert tiktok.state.failures == 1
    always.answers = [answer(status)] * 9
    await error_of(always.until_ready(), Reason.MEDIA_PROCESSING_FAILED, Effect.REJECTED)
    assert always.called(INIT) == 4


async def test_a_refused_chunk_whose_status_cannot_be_read_changes_nothing() -> None:
    tiktok = TikTokInMemory()
    tiktok.answers = [answer(403)]
    tiktok.bench.network.on("POST", STATUS, answer(503, "<html>"))
    await error_of(tiktok.prepare())
    assert (tiktok.called(INIT), tiktok.state.failures) == (1, 0)


async def test_an_init_whose_answer_was_lost_is_repeated() -> None:
    tiktok = TikTokInMemory()
    tiktok.bench.network.on("POST", INIT, httpx.ReadTimeout("lost"), tiktok.init)
    await error_of(tiktok.prepare())
    await tiktok.until_ready()
    assert tiktok.called(CREATOR) == 1


async def test_many_chunks_take_several_runs() -> None:
    tiktok, size, runs = TikTokInMemory(), 8 * 25 + 3, 0
    tiktok.bench.media.files["med_0"] = bytes(size)
    given = publication("Long", media=(video(bytes=size),), options=OPTIONS)
    while isinstance(await tiktok.prepare(given), Pending):
        runs += 1
    assert (runs, len(tiktok.uploads["v_pub~1"])) == (2, 8 * 24)


async def test_a_file_that_tiktok_does_not_accept_is_fetched_as_a_rendition() -> None:
    """PNG and JPEGs of several pictures. They are rendered ahead of time, so that the visible call does not wait."""
    tiktok = TikTokInMemory()
    tiktok.bench.network.on("POST", PHOTOS, done({"publish_id": "p_pub~1"}))
    media = (image(0, mime_type="image/png"), image(1), image(2, multi_picture=True))
    given = publication("Photos", media=media, options=OPTIONS)
    await tiktok.until_ready(given)
    made = [(f"med_{number}", "image/jpeg", 20_000_000, None) for number in (0, 2)]
    assert tiktok.bench.media.renditions == made
    await tiktok.publish(given)
    assert tiktok.bench.media.renditions == made
    names = [url.rpartition("/")[2] for url in bodies(tiktok.bench, PHOTOS)[0]["source_info"]["photo_images"]]
    assert names == ["med_0-jpeg", "med_1", "med_2-jpeg"]


async def test_the_creator_is_read_again_when_the_answer_is_old() -> None:
    tiktok = TikTokInMemory()
    for minutes, reads in ((0, 1), (29, 1), (1, 2)):
        tiktok.bench.clock.forward(minutes=minutes)
        await tiktok.prepare(PULL)
        assert tiktok.called(CREATOR) == reads


async def test_an_expired_upload_starts_again_and_the_creator_is_read_again() -> None:
    tiktok = TikTokInMemory()
    await tiktok.until_ready()
    tiktok.bench.clock.forward(hours=1)
    await tiktok.until_ready()
    assert (tiktok.called(CREATOR), tiktok.called(INIT)) == (2, 2)
    assert tiktok.uploads["v_pub~2"] == BYTES[:32]


ANY_PATH = f"{HOSTS['api']}x"  # a configured host is TikTok with any path
OURS = ["open-upload.tiktokapis.com", "upload.us.tiktokapis.com", "tiktokapis.com"]


@pytest.mark.parametrize("url", [ANY_PATH, *(f"https://{host}/video/?t=1" for host in OURS)])
async def test_the_bytes_are_sent_to_any_host_of_tiktok(url: str) -> None:
    tiktok = TikTokInMemory()
    tiktok.bench.network.on("POST", INIT, done({"publish_id": "v1", "upload_url": url}))
    tiktok.bench.network.on("PUT", "", httpx.Response(206))
    await tiktok.until_ready()
    sent = {request.url for request in tiktok.bench.network.requests if request.method == "PUT"}
    assert sent == {httpx.URL(url)}


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


@pytest.mark.parametrize(
    ("media", "options", "minutes"),
    [
        ((video(bytes=19_999_999),), OPTIONS, 2),
        ((video(bytes=20_000_000),), OPTIONS, 20),
        ((video(bytes=20_000_000),), {**OPTIONS, "mode": "pull"}, 2),
        ((image(),), OPTIONS, 2),
        ((video(),), {"mode": "nonsense"}, 20),
        ((), {}, 20),
    ],
)
def test_lead_leaves_time_to_upload_and_the_address_alive(media: Any, options: dict[str, str], minutes: int) -> None:
    given = publication(media=media, options=options)
    assert bench("tiktok").channel.lead(given) == timedelta(minutes=minutes)
