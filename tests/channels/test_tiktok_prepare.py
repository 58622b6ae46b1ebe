"""creator_info is asked and obeyed; a file is uploaded up to its last chunk, and resumed from wherever it stopped."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.tiktok.state import Prepared
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Pending, Ready
from munadi.ports import PublicationDraft
from tests.channels.making import NOW, Saved, error_of, image, publication, video
from tests.channels.network import answer
from tests.channels.scene_tiktok import CREATOR, STATUS, UPLOAD_PATH, WHO, done, refused
from tests.channels.tiktok_network import BYTES, INIT, OPTIONS, PHOTOS, VIDEO, TikTokInMemory, bodies

PULL = publication("Pull", media=(video(bytes=44),), options={**OPTIONS, "mode": "pull"})
PHOTO = publication("Photo", media=(image(),), options=OPTIONS)


def state(saved: Saved) -> Prepared:
    return Prepared.model_validate(saved.kept.state)


async def test_all_but_the_last_chunk_is_there_ahead_of_time() -> None:
    tiktok, saved = TikTokInMemory(), Saved()
    assert await tiktok.until_ready(VIDEO, saved) == Ready(expires_at=NOW + timedelta(hours=1))
    assert tiktok.uploads == {"v_pub~1": BYTES[:32]}
    assert tiktok.live == []
    assert (saved.kept.ready, saved.kept.expires_at) == (True, NOW + timedelta(hours=1))
    ranges = [request.headers["content-range"] for request in tiktok.bench.network.sent(UPLOAD_PATH)]
    assert ranges == ["bytes 0-7/44", "bytes 8-15/44", "bytes 16-23/44", "bytes 24-31/44"]
    for request in tiktok.bench.network.sent(UPLOAD_PATH):
        assert request.headers["content-type"] == "video/mp4"
        assert "authorization" not in request.headers


async def test_the_order_is_creator_then_init_then_chunks() -> None:
    tiktok, saved = TikTokInMemory(), Saved()
    await tiktok.until_ready(VIDEO, saved)
    paths = [request.url.path.removeprefix("/tiktok") for request in tiktok.bench.network.requests]
    assert paths == [CREATOR, INIT, *["/video/"] * 4]


async def test_everything_is_saved_the_moment_it_is_known() -> None:
    tiktok, saved = TikTokInMemory(), Saved()
    await tiktok.until_ready(VIDEO, saved)
    states = [Prepared.model_validate(handle.state) for handle in saved.history]
    assert [(one.creator is not None, one.upload.sent if one.upload else None) for one in states] == [
        (True, None),
        (True, 0),
        (True, 1),
        (True, 2),
        (True, 3),
        (True, 4),
        (True, 4),
    ]
    assert [handle.ready for handle in saved.history] == [False] * 6 + [True]
    assert saved.history[0].expires_at == NOW + timedelta(minutes=30)
    assert saved.history[1].expires_at == NOW + timedelta(hours=1)


async def test_a_run_after_a_crash_continues_from_every_saved_state() -> None:
    whole, saved = TikTokInMemory(), Saved()
    await whole.until_ready(VIDEO, saved)
    for known in [None, *saved.history]:
        again, crashed = TikTokInMemory(), Saved(known)
        before = Prepared.model_validate(known.state) if known else Prepared()
        sent = before.upload.sent if before.upload else 0
        if before.upload:
            again.uploads, again.sizes = {"v_pub~1": BYTES[: 8 * sent]}, {"v_pub~1": 44}
        await again.until_ready(VIDEO, crashed)
        assert again.called(CREATOR) == (0 if before.creator else 1)
        assert again.called(INIT) == (0 if before.upload else 1)
        assert again.called(UPLOAD_PATH) == 4 - sent
        assert again.uploads == {"v_pub~1": BYTES[:32]}


@pytest.mark.parametrize("lost_at", [0, 1, 2, 3])
async def test_a_chunk_whose_answer_was_lost_is_not_counted_twice(lost_at: int) -> None:
    tiktok, saved = TikTokInMemory(), Saved()
    tiktok.answers = [None] * lost_at
    put = tiktok.put

    def losing(request: httpx.Request) -> httpx.Response:
        if tiktok.called(UPLOAD_PATH) == lost_at + 1:
            tiktok.lost = 1
        return put(request)

    tiktok.bench.network.on("PUT", UPLOAD_PATH, losing)
    await tiktok.until_ready(VIDEO, saved, patient=True)
    assert tiktok.uploads == {"v_pub~1": BYTES[:32]}
    assert tiktok.called(STATUS) == 1


@pytest.mark.parametrize("status", [500, 503])
async def test_a_chunk_is_sent_again_after_an_outage(status: int) -> None:
    tiktok, saved = TikTokInMemory(), Saved()
    tiktok.answers = [None, answer(status)]
    error = await error_of(tiktok.prepare(VIDEO, saved))
    assert (error.reason, error.effect) == (Reason.PROVIDER_OUTAGE, Effect.UNKNOWN)
    await tiktok.until_ready(VIDEO, saved)
    assert tiktok.uploads == {"v_pub~1": BYTES[:32]}


@pytest.mark.parametrize("status", [403, 404, 416])
async def test_an_upload_that_cannot_continue_starts_again_a_few_times(status: int) -> None:
    tiktok, saved = TikTokInMemory(), Saved()
    tiktok.answers = [None, answer(status)]
    await tiktok.until_ready(VIDEO, saved)
    assert tiktok.uploads == {"v_pub~1": BYTES[:8], "v_pub~2": BYTES[:32]}
    assert state(saved).renewals == 1
    always, saved = TikTokInMemory(), Saved()
    always.answers = [answer(status)] * 9
    error = await error_of(always.until_ready(VIDEO, saved))
    assert (error.reason, error.effect) == (Reason.MEDIA_PROCESSING_FAILED, Effect.REJECTED)
    assert always.called(INIT) == 4


async def test_a_refused_chunk_that_cannot_be_looked_into_is_left_as_it_is() -> None:
    tiktok, saved = TikTokInMemory(), Saved()
    tiktok.answers = [answer(403)]
    tiktok.bench.network.on("POST", STATUS, answer(503, "<html>"))
    await error_of(tiktok.prepare(VIDEO, saved))
    assert tiktok.called(INIT) == 1
    assert state(saved).renewals == 0


async def test_an_init_whose_answer_was_lost_is_made_again() -> None:
    tiktok, saved = TikTokInMemory(), Saved()
    tiktok.bench.network.on("POST", INIT, httpx.ReadTimeout("lost"), tiktok.init)
    await error_of(tiktok.prepare(VIDEO, saved))
    await tiktok.until_ready(VIDEO, saved)
    assert tiktok.called(CREATOR) == 1


async def test_many_chunks_take_several_runs() -> None:
    tiktok, saved = TikTokInMemory(), Saved()
    tiktok.bench.media.files["med_0"] = bytes(8 * 25 + 3)
    given = publication("Long", media=(video(bytes=8 * 25 + 3),), options=OPTIONS)
    runs = 0
    while isinstance(await tiktok.prepare(given, saved), Pending):
        runs += 1
    assert runs == 2
    assert len(tiktok.uploads["v_pub~1"]) == 8 * 24


@pytest.mark.parametrize("given", [PULL, PHOTO], ids=["pull", "photo"])
async def test_a_pull_has_only_the_creator_to_ask(given: PublicationDraft) -> None:
    tiktok, saved = TikTokInMemory(), Saved()
    assert await tiktok.prepare(given, saved) == Ready(expires_at=NOW + timedelta(minutes=30))
    assert tiktok.called(CREATOR) == len(tiktok.bench.network.requests) == 1
    assert bodies(tiktok.bench, INIT) == bodies(tiktok.bench, PHOTOS) == []


async def test_what_tiktok_does_not_take_is_fetched_as_a_rendition() -> None:
    """PNG and JPEGs of several pictures; made ahead of time, so that the visible call has nothing to wait for."""
    tiktok, saved = TikTokInMemory(), Saved()
    tiktok.bench.network.on("POST", PHOTOS, done({"publish_id": "p_pub~1"}))
    media = (image(0, mime_type="image/png"), image(1), image(2, multi_picture=True))
    given = publication("Photos", media=media, options=OPTIONS)
    await tiktok.until_ready(given, saved)
    made = [(f"med_{number}", "image/jpeg", 20_000_000, None) for number in (0, 2)]
    assert tiktok.bench.media.renditions == made
    await tiktok.bench.publish(given, WHO, saved)
    assert tiktok.bench.media.renditions == made
    names = [url.rpartition("/")[2] for url in bodies(tiktok.bench, PHOTOS)[0]["source_info"]["photo_images"]]
    assert names == ["med_0-jpeg", "med_1", "med_2-jpeg"]


async def test_the_creator_is_asked_again_when_the_answer_is_old() -> None:
    tiktok, saved = TikTokInMemory(), Saved()
    await tiktok.prepare(PULL, saved)
    tiktok.bench.clock.forward(minutes=29)
    await tiktok.prepare(PULL, saved)
    assert tiktok.called(CREATOR) == 1
    tiktok.bench.clock.forward(minutes=1)
    await tiktok.prepare(PULL, saved)
    assert tiktok.called(CREATOR) == 2


async def test_an_expired_upload_starts_again_with_the_creator_asked() -> None:
    tiktok, saved = TikTokInMemory(), Saved()
    await tiktok.until_ready(VIDEO, saved)
    tiktok.bench.clock.forward(hours=1)
    await tiktok.until_ready(VIDEO, saved)
    assert (tiktok.called(CREATOR), tiktok.called(INIT)) == (2, 2)
    assert tiktok.uploads["v_pub~2"] == BYTES[:32]


@pytest.mark.parametrize(
    ("changes", "reason", "words"),
    [
        ({"privacy_level_options": ["SELF_ONLY"]}, Reason.INVALID_FIELD, "SELF_ONLY"),
        ({"max_video_post_duration_sec": 9}, Reason.MEDIA_VALIDATION_FAILED, "9 s"),
    ],
)
async def test_the_creators_settings_are_obeyed(changes: dict[str, Any], reason: Reason, words: str) -> None:
    for given in (VIDEO, PULL):
        tiktok, saved = TikTokInMemory(), Saved()
        tiktok.creator |= changes
        error = await error_of(tiktok.prepare(given, saved))
        assert (error.reason, error.effect) == (reason, Effect.REJECTED)
        assert words in error.message
        assert tiktok.called(INIT) == 0


@pytest.mark.parametrize(
    ("code", "reason", "effect"),
    [
        ("spam_risk_too_many_posts", Reason.DAILY_CAP_REACHED, Effect.NOT_SENT),
        ("spam_risk_user_banned_from_posting", Reason.ACCOUNT_RESTRICTED, Effect.REJECTED),
        ("reached_active_user_cap", Reason.QUOTA_EXCEEDED, Effect.NOT_SENT),
    ],
)
async def test_a_creator_who_may_not_post_now_is_reported_with_http_200(
    code: str, reason: Reason, effect: Effect
) -> None:
    tiktok, saved = TikTokInMemory(), Saved()
    tiktok.bench.network.on("POST", CREATOR, refused(200, code))
    error = await error_of(tiktok.prepare(VIDEO, saved))
    assert (error.reason, error.effect) == (reason, effect)
    assert saved.history == []


async def test_what_was_sent_is_not_prepared_again() -> None:
    saved = Saved()
    await saved({"publish_id": "v1", "sent_at": NOW.isoformat()}, ready=True)
    tiktok = TikTokInMemory()
    assert await tiktok.prepare(VIDEO, saved) == Ready()
    assert tiktok.bench.network.requests == []
