"""An upload session that is lost, refused or elsewhere: what may be begun again, and what never."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Pending, Ready
from tests.channels.making import NOW, TOKEN, Bench, Saved, error_of
from tests.channels.network import answer, ok
from tests.channels.scene_youtube import UPLOADS, VIDEO, VIDEOS, listed, refusal, resource
from tests.channels.youtube_uploads import (
    BYTES,
    PLAYLIST,
    SESSION,
    UPLOAD,
    Sessions,
    begun,
    prepare,
    ranges,
    state,
    until_ready,
    upload_entry,
)


@pytest.mark.parametrize("status", [404, 410])
async def test_a_session_lost_before_its_end_is_opened_again_a_few_times(status: int) -> None:
    built, sessions = begun(chunks_per_run=9)
    sessions.answers = [None, answer(status, "<html>")]
    saved = Saved()
    assert isinstance(await prepare(built, saved), Pending)
    assert state(saved).renewals == 1
    await until_ready(built, saved)
    assert sessions.stored[f"{SESSION}2"] == BYTES
    always, sessions = begun()
    sessions.answers = [answer(status, "<html>")] * 9
    error = await error_of(until_ready(always, Saved()))
    assert (error.reason, error.effect) == (Reason.PROVIDER_OUTAGE, Effect.REJECTED)
    assert len(sessions.stored) == 3


async def lost_at_the_end() -> tuple[Bench, Sessions, Saved]:
    built, sessions = begun(chunks_per_run=9)
    sessions.answers = [None, None, None, httpx.ReadTimeout("slow"), answer(404, "<html>")]
    saved = Saved()
    await error_of(prepare(built, saved))
    assert state(saved).finishing
    built.network.on("GET", PLAYLIST, ok({"items": []}))
    assert isinstance(await prepare(built, saved), Pending)
    assert state(saved).lost_at == NOW
    return built, sessions, saved


async def test_a_session_lost_after_its_last_byte_is_followed_up_in_the_uploads() -> None:
    built, sessions = begun(chunks_per_run=9)
    sessions.answers = [None, None, None, httpx.ReadTimeout("slow"), answer(404, "<html>")]
    saved = Saved()
    await error_of(prepare(built, saved))
    others = [
        upload_entry("older", -9),
        upload_entry("other", title="Another"),
        upload_entry("alien", description="Another"),
        {"snippet": {"publishedAt": "not a time"}},
        "not an object",
    ]
    built.network.on("GET", PLAYLIST, ok({"items": others}), ok({"items": [*others, upload_entry()]}))
    assert await prepare(built, saved) == Pending(after=timedelta(seconds=5), note="99 % uploaded")
    assert await prepare(built, saved) == Pending(
        after=timedelta(seconds=30), note="looking for the video of a lost upload session"
    )
    assert isinstance(await prepare(built, saved), Ready)
    assert state(saved).video_id == VIDEO
    assert built.network.sent(PLAYLIST)[0].url.params["playlistId"] == UPLOADS
    assert len(sessions.stored) == 1


async def test_no_video_within_the_grace_means_a_new_session() -> None:
    built, sessions, saved = await lost_at_the_end()
    assert isinstance(await prepare(built, saved), Pending)
    assert len(sessions.stored) == 1
    built.clock.forward(minutes=5)
    await until_ready(built, saved)
    assert len(sessions.stored) == 2


@pytest.mark.parametrize("uploads", [refusal(404, "playlistNotFound")])
async def test_a_channel_without_any_upload_has_no_list(uploads: httpx.Response) -> None:
    built, _, saved = await lost_at_the_end()
    built.network.on("GET", PLAYLIST, uploads)
    assert isinstance(await prepare(built, saved), Pending)


async def test_two_uploads_alike_are_not_confused() -> None:
    built, _, saved = await lost_at_the_end()
    other = {**resource("private"), "id": "other"}
    built.network.on("GET", PLAYLIST, ok({"items": [upload_entry(), upload_entry("other")]}))
    built.network.on("GET", VIDEOS, listed(resource("private"), other))
    error = await error_of(prepare(built, saved))
    assert (error.reason, error.effect) == (Reason.OUTCOME_UNKNOWN, Effect.REJECTED)


async def test_a_visible_video_is_not_our_upload() -> None:
    built, _, saved = await lost_at_the_end()
    built.network.on("GET", PLAYLIST, ok({"items": [upload_entry()]}))
    built.network.on("GET", VIDEOS, listed(resource("public")))
    assert isinstance(await prepare(built, saved), Pending)
    assert state(saved).video_id is None


@pytest.mark.parametrize("location", ["https://evil.example/upload", "http://www.googleapis.com/x", ""])
async def test_a_session_elsewhere_gets_nothing(location: str) -> None:
    built, _ = begun()
    built.network.on("POST", UPLOAD, httpx.Response(200, headers={"location": location} if location else {}))
    error = await error_of(prepare(built, Saved()))
    assert error.reason is Reason.UNKNOWN_PROVIDER_ERROR
    assert ranges(built) == []


async def test_a_session_at_another_of_googles_hosts_is_followed() -> None:
    built, _ = begun()
    there = httpx.Response(200, headers={"location": "https://upload.googleapis.com/x?upload_id=1"})
    built.network.on("POST", UPLOAD, there).on("PUT", "/x", answer(201, resource("private", "uploaded")))
    assert isinstance(await prepare(built, Saved()), Ready)


async def test_the_sessions_address_is_no_ones_to_read() -> None:
    built, sessions = begun()
    sessions.answers = [answer(400, {"error": {"message": f"bad {SESSION}1 {TOKEN}", "code": 400}})]
    error = await error_of(prepare(built, Saved()))
    kept = f"{error.raw} {error.provider_message}"
    assert "upload_id" not in kept
    assert TOKEN not in kept


@pytest.mark.parametrize(
    ("given", "reason", "effect"),
    [
        (refusal(400, "invalidTitle"), Reason.INVALID_FIELD, Effect.REJECTED),
        (refusal(403, "insufficientPermissions"), Reason.MISSING_SCOPE, Effect.REJECTED),
        (refusal(400, "uploadLimitExceeded"), Reason.DAILY_CAP_REACHED, Effect.NOT_SENT),
        (refusal(403, "quotaExceeded"), Reason.QUOTA_EXCEEDED, Effect.NOT_SENT),
        (refusal(401, "authError"), Reason.TOKEN_EXPIRED, Effect.NOT_SENT),
    ],
)
async def test_a_session_that_is_refused(given: httpx.Response, reason: Reason, effect: Effect) -> None:
    built, _ = begun()
    built.network.on("POST", UPLOAD, given)
    saved = Saved()
    error = await error_of(prepare(built, saved))
    assert (error.reason, error.effect) == (reason, effect)
    assert saved.history == []
