"""An upload is one session: resumed from what YouTube has, a bounded piece at a time, and never begun twice in vain."""

from __future__ import annotations

import json
from datetime import timedelta

import httpx
import pytest

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Pending, Ready
from tests.channels.making import NOW, TOKEN, Saved, error_of, video
from tests.channels.network import answer
from tests.channels.scene_youtube import VIDEO, resource
from tests.channels.youtube_uploads import (
    ASSET,
    BYTES,
    DRAFT,
    SESSION,
    UNIT,
    UPLOAD,
    begun,
    prepare,
    ranges,
    state,
    until_ready,
)

TOTAL = len(BYTES)


async def test_a_session_is_opened_with_the_whole_metadata() -> None:
    built, _ = begun()
    await prepare(built, Saved())
    first = built.network.requests[0]
    assert (first.method, first.url.path) == ("POST", UPLOAD)
    assert dict(first.url.params) == {"uploadType": "resumable", "part": "snippet,status"}
    assert first.headers["x-upload-content-length"] == str(TOTAL)
    assert first.headers["x-upload-content-type"] == "video/mp4"
    assert first.headers["authorization"] == f"Bearer {TOKEN}"
    body = json.loads(first.content)
    assert body["status"]["privacyStatus"] == "private"
    assert body["snippet"] == {"title": "Monsoon", "description": DRAFT.text, "categoryId": "22"}


async def test_subscribers_are_not_notified_when_the_option_says_so() -> None:
    built, _ = begun()
    given = DRAFT.model_copy(update={"options": {"madeForKids": False, "notifySubscribers": False}})
    await prepare(built, Saved(), given)
    assert built.network.requests[0].url.params["notifySubscribers"] == "false"


async def test_the_session_is_saved_before_the_first_byte() -> None:
    built, sessions = begun()
    sessions.answers = [httpx.ReadError("reset")]
    saved = Saved()
    await error_of(prepare(built, saved))
    assert state(saved).session == f"{SESSION}1"
    assert state(saved).started_at == NOW
    assert saved.kept.expires_at is None


async def test_a_run_sends_a_bounded_piece_and_comes_back_at_once() -> None:
    built, _ = begun()
    saved = Saved()
    found = await prepare(built, saved)
    assert found == Pending(after=timedelta(0), note="66 % uploaded")
    assert ranges(built) == [f"bytes 0-{UNIT - 1}/{TOTAL}", f"bytes {UNIT}-{2 * UNIT - 1}/{TOTAL}"]
    assert state(saved).offset == 2 * UNIT


async def test_every_chunk_is_saved_and_the_bytes_arrive_as_they_are() -> None:
    built, sessions = begun()
    saved = Saved()
    await until_ready(built, saved)
    assert sessions.stored == {f"{SESSION}1": BYTES}
    assert ranges(built)[2:] == [
        f"bytes */{TOTAL}",
        f"bytes {2 * UNIT}-{3 * UNIT - 1}/{TOTAL}",
        f"bytes {3 * UNIT}-{TOTAL - 1}/{TOTAL}",
    ]
    assert [one.state["offset"] for one in saved.history[:4]] == [0, UNIT, 2 * UNIT, 2 * UNIT]
    assert state(saved).video_id == VIDEO
    assert saved.kept.ready


async def test_a_video_is_never_read_whole() -> None:
    built, _ = begun()
    read: list[int] = []
    original = built.media.read

    async def counted(asset: object, start: int = 0, length: int | None = None) -> bytes:
        assert length is not None
        read.append(length)
        return await original(ASSET, start, length)

    built.media.read = counted
    await until_ready(built, Saved())
    assert read == [UNIT, UNIT, UNIT, TOTAL - 3 * UNIT]


async def test_a_run_after_a_crash_continues_from_every_saved_state() -> None:
    built, _ = begun()
    saved = Saved()
    await until_ready(built, saved)
    assert len(saved.history) == 8  # opened, 3 stored, probed, finishing, uploaded, ready
    for index, known in enumerate(saved.history):
        again, its_sessions = begun()
        its_sessions.stored[f"{SESSION}1"] = BYTES[: known.state["offset"]]
        crashed = Saved(known)
        await until_ready(again, crashed)
        assert its_sessions.stored.keys() == {f"{SESSION}1"}, index
        assert state(crashed).video_id == VIDEO
        assert again.network.sent(UPLOAD) == [] or again.network.sent(UPLOAD)[0].headers["content-range"] == (
            f"bytes */{TOTAL}"
        )


@pytest.mark.parametrize("lost", [httpx.ReadTimeout("slow"), answer(502, "<html>"), answer(503, "<html>")])
@pytest.mark.parametrize("chunk", range(4))
async def test_a_lost_answer_is_asked_for_and_nothing_is_started_again(
    lost: httpx.Response | Exception, chunk: int
) -> None:
    built, sessions = begun(chunks_per_run=9)
    stored, real = [0], sessions.put

    def put(request: httpx.Request) -> httpx.Response:
        taken = real(request)
        stored[0] += 1
        if stored[0] == chunk + 1:  # the bytes were taken, the answer is lost
            if isinstance(lost, Exception):
                raise lost
            return answer(lost.status_code, "<html>")
        return taken

    built.network.on("PUT", UPLOAD, put)
    saved = Saved()
    error = await error_of(prepare(built, saved))
    assert (error.reason, error.effect) == (Reason.PROVIDER_OUTAGE, Effect.UNKNOWN)
    await until_ready(built, saved)
    assert sessions.stored == {f"{SESSION}1": BYTES}
    assert len([one for one in built.network.requests if one.method == "POST"]) == 1


async def test_nothing_stored_begins_at_the_first_byte() -> None:
    built, sessions = begun(chunks_per_run=9)
    sessions.answers = [httpx.Response(308)]
    saved = Saved()
    found = await prepare(built, saved)
    assert isinstance(found, Pending)
    assert state(saved).offset == 0
    await until_ready(built, saved)
    assert sessions.stored == {f"{SESSION}1": BYTES}


async def test_a_short_store_is_taken_up_where_it_ended() -> None:
    built, sessions = begun(chunk_bytes=2 * UNIT)
    sessions.short = UNIT
    await until_ready(built, Saved())
    assert sessions.stored == {f"{SESSION}1": BYTES}
    assert ranges(built)[:2] == [f"bytes 0-{2 * UNIT - 1}/{TOTAL}", f"bytes {UNIT}-{3 * UNIT - 1}/{TOTAL}"]


async def test_everything_stored_but_no_video_yet_waits_a_moment() -> None:
    built, sessions = begun(chunks_per_run=9)
    full = httpx.Response(308, headers={"range": f"bytes=0-{TOTAL - 1}"})
    sessions.answers = [None, None, None, full, full]
    saved = Saved()
    assert await prepare(built, saved) == Pending(after=timedelta(seconds=5), note="100 % uploaded")
    assert await prepare(built, saved) == Pending(after=timedelta(seconds=5), note="100 % uploaded")
    sessions.answers = [answer(200, resource("private", "uploaded"))]
    assert isinstance(await prepare(built, saved), Ready)


async def test_a_wrong_offset_is_probed_by_the_next_run() -> None:
    built, sessions = begun(chunks_per_run=9)
    sessions.answers = [None, answer(416, "<html>")]
    saved = Saved()
    error = await error_of(prepare(built, saved))
    assert error.reason is Reason.PROVIDER_OUTAGE
    await until_ready(built, saved)
    assert sessions.stored == {f"{SESSION}1": BYTES}


async def test_an_answer_without_an_id_is_asked_for_again() -> None:
    built, sessions = begun(chunks_per_run=9)
    sessions.answers = [None, None, None, answer(200, "<html>ok</html>")]
    saved = Saved()
    error = await error_of(prepare(built, saved))
    assert error.effect is Effect.UNKNOWN
    await until_ready(built, saved)
    assert len(sessions.stored) == 1


@pytest.mark.parametrize("content", [b"", BYTES[:-1]])
async def test_a_file_that_shrank_is_reported(content: bytes) -> None:
    built, _ = begun(chunks_per_run=9)
    built.media.files[ASSET.id] = content
    error = await error_of(prepare(built, Saved()))
    assert (error.reason, error.effect) == (Reason.MEDIA_UNREACHABLE, Effect.REJECTED)


@pytest.mark.parametrize(
    ("size", "seconds"), [(1, 1800), (2_000_000, 1801), (20_000_000_000, 11_800), (10**12, 6 * 3600)]
)
def test_a_larger_file_is_begun_earlier(size: int, seconds: int) -> None:
    built, _ = begun()
    given = DRAFT.model_copy(update={"media": (video(bytes=size),)})
    assert int(built.channel.lead(given).total_seconds()) == seconds
