"""A lost upload session: when another one may be opened, and when not."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Pending, Ready
from tests.channels.making import NOW, error_of
from tests.channels.network import answer
from tests.channels.scene_youtube import UPLOADS, VIDEO, refusal, resource
from tests.channels.youtube_uploads import BYTES, PLAYLIST, SESSION, YouTubeInMemory, upload_entry


@pytest.mark.parametrize("status", [404, 410])
async def test_a_session_lost_before_its_end_is_opened_again_a_few_times(status: int) -> None:
    youtube, always = YouTubeInMemory(chunks_per_run=9), YouTubeInMemory()
    youtube.answers = [None, answer(status, "<html>")]
    assert isinstance(await youtube.prepare(), Pending)
    assert youtube.state.renewals == 1
    await youtube.until_ready()
    assert youtube.stored[f"{SESSION}2"] == BYTES
    always.answers = [answer(status, "<html>")] * 9
    await error_of(always.until_ready(), Reason.PROVIDER_OUTAGE, Effect.REJECTED)
    assert len(always.stored) == 3


async def lost_at_the_end() -> YouTubeInMemory:
    """A session that was lost with its last byte. No video is listed yet."""
    youtube = YouTubeInMemory(chunks_per_run=9)
    youtube.answers = [None, None, None, httpx.ReadTimeout("slow"), answer(404, "<html>")]
    await error_of(youtube.prepare())
    assert youtube.state.finishing
    youtube.lists()
    assert await youtube.prepare() == Pending(after=timedelta(seconds=5), note="99 % uploaded")
    assert youtube.state.lost_at == NOW
    return youtube


async def test_after_a_session_that_was_lost_with_its_last_byte_the_uploads_are_searched() -> None:
    youtube = await lost_at_the_end()
    others = [
        upload_entry("older", -9),
        upload_entry("other", title="Another"),
        upload_entry("alien", description="Another"),
        {"snippet": {"publishedAt": "not a time"}},
        "not an object",
    ]
    youtube.lists(*others)
    note = "waiting until the video of a lost upload session is listed"
    assert await youtube.prepare() == Pending(after=timedelta(seconds=30), note=note)
    youtube.lists(*others, upload_entry())
    assert isinstance(await youtube.prepare(), Ready)
    assert (youtube.state.video_id, len(youtube.stored)) == (VIDEO, 1)
    assert youtube.network.sent(PLAYLIST)[0].url.params["playlistId"] == UPLOADS


async def test_no_video_within_the_grace_means_a_new_session() -> None:
    youtube = await lost_at_the_end()
    assert isinstance(await youtube.prepare(), Pending)
    assert len(youtube.stored) == 1
    youtube.bench.clock.forward(minutes=5)
    await youtube.until_ready()
    assert len(youtube.stored) == 2


async def test_a_channel_without_any_upload_has_no_list() -> None:
    youtube = await lost_at_the_end()
    youtube.network.on("GET", PLAYLIST, refusal(404, "playlistNotFound"))
    assert isinstance(await youtube.prepare(), Pending)


async def test_two_similar_uploads_are_not_confused() -> None:
    youtube = await lost_at_the_end()
    youtube.lists(upload_entry(), upload_entry("other"))
    youtube.shows(resource("private"), {**resource("private"), "id": "other"})
    await error_of(youtube.prepare(), Reason.OUTCOME_UNKNOWN, Effect.REJECTED)


async def test_a_visible_video_is_not_our_upload() -> None:
    youtube = await lost_at_the_end()
    youtube.lists(upload_entry())
    youtube.shows(resource("public"))
    assert isinstance(await youtube.prepare(), Pending)
    assert youtube.state.video_id is None
