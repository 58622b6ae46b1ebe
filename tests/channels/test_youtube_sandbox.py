"""YouTube on the sandbox: bytes really travel in sessions, and the oracle counts what can be watched."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from munadi.domain.failure import Effect
from munadi.domain.publication import Absent, Published
from tests.channels.conftest import Oracle
from tests.channels.connected import Connected
from tests.channels.making import Saved, stage
from tests.channels.youtube_acme import (
    CLIP,
    LONG_CLIP,
    UNIT,
    calls,
    clip,
    failure,
    insist,
    judged,
    posts,
    stored,
)
from tests.channels.youtube_acme import acme as acme  # a fixture


@pytest.mark.parametrize("content", [CLIP, LONG_CLIP], ids=["one chunk", "three chunks"])
async def test_a_video_is_private_until_it_is_published(oracle: Oracle, acme: Connected, content: bytes) -> None:
    given, saved = clip(acme, content, tags=["sale", "big rain"], title="Sale"), Saved()
    await acme.prepare(given, saved)
    assert posts(oracle, acme) == []
    found = await acme.publish(given, saved)
    (post,) = posts(oracle, acme)
    assert (post["id"], post["url"], post["text"], post["kind"]) == (found.post_id, found.url, "Monsoon sale", "short")
    assert post["media"][0]["mimeType"] == "video/mp4"
    assert post["raw"]["snippet"] == {
        "title": "Sale",
        "description": "Monsoon sale",
        "tags": ["sale", "big rain"],
        "categoryId": "22",
    }
    assert [call["effect"] for call in oracle.call("GET", "/calls") if call["visible"]] == [True]
    assert await stored(post) == content


async def test_further_parts_arrive_as_they_were_given(oracle: Oracle, acme: Connected) -> None:
    german = {"title": "Ausverkauf", "description": "Der Monsun ist da"}
    options = {"defaultLanguage": "en", "localizations": {"de": german}, "recordingDate": "2026-11-01"}
    await acme.post(clip(acme, **options, paidProductPlacement=True))
    (post,) = posts(oracle, acme)
    assert post["raw"]["details"] == {
        "localizations": {"de": german},
        "recordingDetails": {"recordingDate": "2026-11-01T00:00:00Z"},
        "paidProductPlacementDetails": {"hasPaidProductPlacement": True},
    }


async def test_an_unlisted_video_can_be_watched_and_a_private_one_cannot(oracle: Oracle, acme: Connected) -> None:
    await acme.post(clip(acme, privacyStatus="unlisted"))
    private = await acme.post(clip(acme, privacyStatus="private"))
    assert private.post_id
    assert [post["raw"]["status"]["privacyStatus"] for post in posts(oracle, acme)] == ["unlisted"]


async def test_the_status_stays_as_it_was_uploaded(oracle: Oracle, acme: Connected) -> None:
    options = {"license": "creativeCommon", "embeddable": False, "containsSyntheticMedia": True, "madeForKids": True}
    await acme.post(clip(acme, **options))
    (post,) = posts(oracle, acme)
    assert post["raw"]["status"] == {
        "privacyStatus": "public",
        "license": "creativeCommon",
        "embeddable": False,
        "publicStatsViewable": True,
        "selfDeclaredMadeForKids": True,
        "containsSyntheticMedia": True,
    }


LOST = ["accept_then_reset", "accept_then_502", "accept_then_504", "accept_then_half_body", "live_but_error"]


@pytest.mark.parametrize("mode", LOST)
async def test_published_but_unanswered_is_found_and_never_doubled(oracle: Oracle, acme: Connected, mode: str) -> None:
    given, saved = clip(acme), Saved()
    await acme.prepare(given, saved)
    oracle.plant("youtube", "update_video", mode)
    error = await failure(acme.publish(given, saved))
    assert error.effect is Effect.UNKNOWN
    found = await acme.find(given, saved)
    assert isinstance(found, Published)
    assert (await acme.publish(given, saved)).post_id == found.post_id
    assert [post["id"] for post in posts(oracle, acme)] == [found.post_id]


async def test_a_hanging_answer_is_found_too(oracle: Oracle, acme: Connected) -> None:
    given, saved = clip(acme), Saved()
    await acme.prepare(given, saved)
    oracle.plant("youtube", "update_video", "accept_then_hang")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await acme.channel.publish(given, acme.account, saved.handle, saved, stage())
    assert isinstance(await acme.find(given, saved), Published)
    assert len(posts(oracle, acme)) == 1


@pytest.mark.parametrize(
    "plan",
    [
        {"mode": "reset"},
        {"mode": "error", "error": {"reason": "backendError"}},
        {"mode": "error", "status": 200, "body": "not json"},
        {"mode": "error", "status": 200, "body": {}},
    ],
    ids=["reset", "error", "a proxy", "no video"],
)
async def test_lost_without_effect_the_same_video_goes_out(
    oracle: Oracle, acme: Connected, plan: dict[str, Any]
) -> None:
    given, saved = clip(acme), Saved()
    await acme.prepare(given, saved)
    oracle.plant("youtube", "update_video", **plan)
    assert (await failure(acme.publish(given, saved))).effect is Effect.UNKNOWN
    assert await acme.find(given, saved) == Absent()
    await acme.publish(given, saved)
    assert len(posts(oracle, acme)) == 1
    assert len(calls(oracle, "start_upload")) == 1


@pytest.mark.parametrize("mode", [*LOST, "reset"])
@pytest.mark.parametrize("content", [CLIP, LONG_CLIP], ids=["last chunk", "first chunk"])
async def test_a_lost_chunk_makes_no_second_video(oracle: Oracle, acme: Connected, mode: str, content: bytes) -> None:
    oracle.plant("youtube", "upload_chunk", mode)
    given, saved = clip(acme, content), Saved()
    if not (mode == "accept_then_half_body" and content is LONG_CLIP):  # a 308 has no body to lose, it may go well
        await failure(acme.prepare(given, saved))
    await insist(acme, given, saved)
    await acme.publish(given, saved)
    assert len(posts(oracle, acme)) == 1
    assert [call["effect"] for call in calls(oracle, "start_upload")] == [True]


async def test_a_lost_answer_at_the_start_leaves_nothing_behind(oracle: Oracle, acme: Connected) -> None:
    oracle.plant("youtube", "start_upload", "accept_then_reset")
    given, saved = clip(acme), Saved()
    assert (await failure(acme.prepare(given, saved))).effect is Effect.UNKNOWN
    await acme.prepare(given, saved)
    await acme.publish(given, saved)
    assert len(posts(oracle, acme)) == 1


async def test_a_session_that_ended_with_its_answer_lost_is_followed_up(oracle: Oracle, acme: Connected) -> None:
    oracle.plant("youtube", "upload_chunk", "accept_then_reset")
    given, saved = clip(acme), Saved()
    await failure(acme.prepare(given, saved))
    oracle.call("PUT", "/limits", channel="youtube", kind="sessionSeconds", value=0)
    await insist(acme, given, saved)
    await acme.publish(given, saved)
    assert len(posts(oracle, acme)) == 1
    assert len(calls(oracle, "start_upload")) == 1


async def test_short_stores_are_taken_up(oracle: Oracle, acme: Connected) -> None:
    oracle.call("PUT", "/limits", channel="youtube", kind="storedPerChunk", value=UNIT)
    async with judged(oracle, chunk_bytes=2 * UNIT) as (greedy, _):
        greedy.account = acme.account
        await greedy.post(clip(greedy, LONG_CLIP))
    (post,) = posts(oracle, acme)
    assert await stored(post) == LONG_CLIP


async def test_with_no_video_on_record_a_published_one_is_found(oracle: Oracle, acme: Connected) -> None:
    given, saved = clip(acme), Saved()
    assert await acme.find(given, saved) == Absent()
    await acme.prepare(given, saved)
    assert await acme.find(given, Saved()) == Absent()
    found = await acme.publish(given, saved)
    seen = await acme.find(given, Saved())
    assert isinstance(seen, Published)
    assert seen.post_id == found.post_id
