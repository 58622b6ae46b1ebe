"""Reels and videos continue where their bytes ended, are waited for without sleeping, and made again only when dead."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Pending, Ready
from tests.channels.facebook_uploads import (
    BROKEN,
    FILM,
    PAGE,
    PROCESSING,
    READY,
    REEL,
    SIZE,
    URL,
    VIDEO,
    error,
    failure,
    films,
    part_of,
    phases,
    prepare,
    reels,
    state,
    until_ready,
)
from tests.channels.making import NOW, TOKEN, Saved
from tests.channels.network import answer, form_of, ok


async def test_a_reel_is_started_sent_and_waited_for() -> None:
    built, saved = reels(PROCESSING, READY), Saved()
    found = await prepare(built, REEL, saved)
    assert found == Pending(after=timedelta(seconds=5), note="Facebook is processing the video")
    assert await prepare(built, REEL, saved) == Ready(expires_at=NOW + timedelta(hours=24))
    start, sent = built.network.mutations
    assert (start.url.path, form_of(start)) == (f"/v26.0/{PAGE}/video_reels", {"upload_phase": "start"})
    assert str(sent.url) == URL
    assert sent.content == built.media.files["med_0"]
    wanted = {"offset": "0", "file_size": str(SIZE), "content-length": str(SIZE), "authorization": f"OAuth {TOKEN}"}
    assert {name: sent.headers[name] for name in wanted} == wanted


async def test_a_reels_id_is_saved_before_its_bytes_are_sent() -> None:
    built, saved = reels(upload=[httpx.ReadError("reset")]), Saved()
    assert (await failure(built, REEL, saved)).effect is Effect.UNKNOWN
    upload = state(saved).upload
    assert upload is not None
    assert (upload.video_id, upload.url, upload.uploaded_at) == (VIDEO, URL, None)


async def test_a_reel_continues_from_where_the_bytes_ended() -> None:
    built, saved = reels(upload=[httpx.ReadError("reset")]), Saved()
    await failure(built, REEL, saved)
    again = reels(phases("uploading", "in_progress", received=9_999_000), READY)
    await until_ready(again, REEL, saved)
    (sent,) = again.network.mutations
    assert (sent.headers["offset"], sent.headers["content-length"]) == ("9999000", "1000")
    assert sent.content == built.media.files["med_0"][9_999_000:]


async def test_a_reel_that_arrived_is_not_sent_again() -> None:
    saved = Saved()
    await failure(reels(upload=[httpx.ReadTimeout("slow")]), REEL, saved)
    again = reels(PROCESSING, READY)
    await until_ready(again, REEL, saved)
    assert again.network.mutations == []


async def test_a_reel_continues_from_every_saved_state() -> None:
    saved = Saved()
    await until_ready(reels(PROCESSING, READY), REEL, saved)
    assert len(saved.history) == 3  # begun, sent, ready
    for known, mutations in zip([None, *saved.history], (2, 0, 0, 0), strict=True):
        again, crashed = reels(), Saved(known)
        await until_ready(again, REEL, crashed)
        assert len(again.network.mutations) == mutations
        assert crashed.kept.ready


@pytest.mark.parametrize("name", ["OffsetInvalidError", "PartialRequestError"])
async def test_a_broken_upload_is_resumed(name: str) -> None:
    refusal = answer(400, {"debug_info": {"retriable": True, "type": name, "message": "Request failed"}})
    built, saved = (
        reels(phases("uploading", "in_progress", received=5), READY, upload=[refusal, ok({"success": True})]),
        Saved(),
    )
    assert (await failure(built, REEL, saved)).reason is Reason.PROVIDER_OUTAGE
    await until_ready(built, REEL, saved)
    assert [request.headers.get("offset") for request in built.network.mutations] == [None, "0", "5"]


@pytest.mark.parametrize("said", [{}, {"success": False}, "not json"])
async def test_bytes_are_stored_only_when_facebook_says_so(said: Any) -> None:
    built, saved = reels(READY, upload=[ok(said), ok({"success": True})]), Saved()
    assert (await failure(built, REEL, saved)).reason is Reason.PROVIDER_OUTAGE
    upload = state(saved).upload
    assert upload is not None
    assert upload.uploaded_at is None


@pytest.mark.parametrize("dead", [BROKEN, phases("expired", "complete"), phases("upload_failed", "error")])
async def test_a_dead_reel_is_uploaded_three_times_in_all(dead: httpx.Response) -> None:
    built, saved = reels(dead), Saved()
    for effect in (Effect.NOT_SENT, Effect.NOT_SENT, Effect.REJECTED):
        found = await failure(built, REEL, saved)
        assert (found.reason, found.effect) == (Reason.MEDIA_PROCESSING_FAILED, effect)
    assert len(built.network.sent("/video_reels")) == 3


async def test_a_dead_reel_is_explained_in_the_networks_words() -> None:
    assert (await failure(reels(BROKEN), REEL, Saved())).provider_message == "bad GOP"


@pytest.mark.parametrize(("age", "wait"), [(0, 5), (29, 5), (30, 15), (299, 15), (300, 60), (1800, 60)])
async def test_a_longer_upload_is_polled_less_often(age: int, wait: int) -> None:
    built, saved = reels(PROCESSING), Saved()
    await prepare(built, REEL, saved)
    built.clock.forward(seconds=age)
    found = await prepare(built, REEL, saved)
    assert isinstance(found, Pending)
    assert found.after == timedelta(seconds=wait)


async def test_a_reel_that_is_never_processed_is_given_up() -> None:
    built, saved = reels(PROCESSING), Saved()
    await prepare(built, REEL, saved)
    built.clock.forward(minutes=30, seconds=1)
    found = await failure(built, REEL, saved)
    assert (found.reason, found.effect) == (Reason.MEDIA_PROCESSING_TIMEOUT, Effect.REJECTED)


@pytest.mark.parametrize(
    "url", ["https://evil.example/up", "http://rupload.facebook.com/up", "https://facebook.com.x/"]
)
async def test_bytes_and_token_go_to_the_network_only(url: str) -> None:
    built = reels()
    built.network.on("POST", f"/{PAGE}/video_reels", ok({"video_id": VIDEO, "upload_url": url}))
    found = await failure(built, REEL, Saved())
    assert (found.provider_code, found.effect) == ("FOREIGN_URL", Effect.NOT_SENT)
    assert len(built.network.mutations) == 1


@pytest.mark.parametrize("body", [{}, {"video_id": VIDEO}, {"upload_url": URL}])
async def test_an_upload_needs_an_id_and_an_address(body: dict[str, str]) -> None:
    built = reels()
    built.network.on("POST", f"/{PAGE}/video_reels", ok(body))
    saved = Saved()
    assert (await failure(built, REEL, saved)).effect is Effect.UNKNOWN
    assert saved.history == []


async def test_a_video_is_sent_in_the_parts_that_are_wanted() -> None:
    built, saved = films(), Saved()
    assert await prepare(built, FILM, saved) == Ready(expires_at=NOW + timedelta(hours=24))
    parts = [part_of(request) for request in built.network.requests[1:]]
    assert [(start, len(part)) for start, part in parts] == [
        (0, 3_000_000),
        (3_000_000, 3_000_000),
        (6_000_000, 3_000_000),
        (9_000_000, 1_000_000),
    ]
    assert {request.url.host for request in built.network.requests} == {"graph-video.facebook.com"}


async def test_a_video_continues_from_every_saved_state() -> None:
    saved = Saved()
    await prepare(films(), FILM, saved)
    assert len(saved.history) == 7  # begun, four parts, sent, ready
    for known, calls in zip([None, *saved.history], (5, 4, 3, 2, 1, 0, 0, 0), strict=True):
        again, crashed = films(), Saved(known)
        await prepare(again, FILM, crashed)
        assert len(again.network.requests) == calls
        assert crashed.kept.ready


@pytest.mark.parametrize("as_text", [False, True])
async def test_a_part_out_of_place_names_the_right_one(as_text: bool) -> None:
    data: Any = {"start_offset": "1000000", "end_offset": "2000000"}
    built = films(error(100, error_subcode=1363037, error_data=json.dumps(data) if as_text else data))
    saved = Saved()
    assert (await failure(built, FILM, saved)).reason is Reason.PROVIDER_OUTAGE
    await prepare(built, FILM, saved)
    assert [part_of(request)[0] for request in built.network.requests[1:4]] == [0, 1_000_000, 2_000_000]


@pytest.mark.parametrize("odd", [ok({}), ok({"start_offset": "0", "end_offset": "9"}), ok({"start_offset": "x"})])
async def test_a_part_that_was_not_stored_ends_the_run(odd: httpx.Response) -> None:
    built, saved = films(odd), Saved()
    assert (await failure(built, FILM, saved)).reason is Reason.PROVIDER_OUTAGE
    assert len(built.network.requests) == 2
    await prepare(built, FILM, saved)


async def test_a_refused_upload_is_started_again() -> None:
    built, saved = films(error(6000)), Saved()
    found = await failure(built, FILM, saved)
    assert (found.reason, found.effect) == (Reason.MEDIA_PROCESSING_FAILED, Effect.NOT_SENT)
    assert (state(saved).upload, state(saved).renewals) == (None, 1)
    await prepare(built, FILM, saved)


async def test_an_upload_that_facebook_could_not_process_is_begun_again() -> None:
    refusal = answer(400, {"debug_info": {"retriable": True, "type": "ProcessingFailedError", "message": "no"}})
    built, saved = reels(upload=[refusal, ok({"success": True})]), Saved()
    assert (await failure(built, REEL, saved)).effect is Effect.NOT_SENT
    assert (state(saved).upload, state(saved).renewals) == (None, 1)
