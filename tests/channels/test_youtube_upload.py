"""An upload is one session, which is resumed from the bytes that YouTube has, in bounded pieces."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.youtube.spec import Settings
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Pending, Ready
from tests.channels.making import NOW, TOKEN, error_of, video
from tests.channels.network import answer
from tests.channels.scene_youtube import VIDEO, refusal, resource
from tests.channels.youtube_uploads import ASSET, BYTES, DRAFT, SESSION, STORED, UNIT, UPLOAD, YouTubeInMemory

TOTAL = len(BYTES)
DONE = answer(200, resource("private", "uploaded"))


@pytest.mark.parametrize(
    ("options", "more"), [({}, {}), ({"notifySubscribers": False}, {"notifySubscribers": "false"})]
)
async def test_a_session_is_opened_with_the_whole_metadata(options: dict[str, Any], more: dict[str, str]) -> None:
    youtube = YouTubeInMemory()
    await youtube.prepare(DRAFT.model_copy(update={"options": {**DRAFT.options, **options}}))
    first = youtube.network.requests[0]
    assert (first.method, first.url.path) == ("POST", UPLOAD)
    assert dict(first.url.params) == {"uploadType": "resumable", "part": "snippet,status", **more}
    assert first.headers["x-upload-content-length"] == str(TOTAL)
    assert first.headers["x-upload-content-type"] == "video/mp4"
    assert first.headers["authorization"] == f"Bearer {TOKEN}"
    body = json.loads(first.content)
    assert body["status"]["privacyStatus"] == "private"
    assert body["snippet"] == {"title": "Monsoon", "description": DRAFT.text, "categoryId": "22"}


async def test_the_session_is_saved_before_the_first_byte() -> None:
    youtube = YouTubeInMemory()
    youtube.answers = [httpx.ReadError("reset")]
    await error_of(youtube.prepare())
    assert (youtube.state.session, youtube.state.started_at) == (f"{SESSION}1", NOW)
    assert youtube.saved.kept.expires_at is None


async def test_a_run_sends_a_bounded_piece_and_saves_every_chunk() -> None:
    youtube = YouTubeInMemory()
    assert await youtube.prepare() == Pending(after=timedelta(0), note="66 % uploaded")
    assert youtube.state.offset == 2 * UNIT
    await youtube.until_ready()
    assert youtube.stored == STORED
    assert youtube.ranges == [
        f"bytes 0-{UNIT - 1}/{TOTAL}",
        f"bytes {UNIT}-{2 * UNIT - 1}/{TOTAL}",
        f"bytes */{TOTAL}",
        f"bytes {2 * UNIT}-{3 * UNIT - 1}/{TOTAL}",
        f"bytes {3 * UNIT}-{TOTAL - 1}/{TOTAL}",
    ]
    assert [one.state["offset"] for one in youtube.saved.history[:4]] == [0, UNIT, 2 * UNIT, 2 * UNIT]
    assert (youtube.state.video_id, youtube.saved.kept.ready) == (VIDEO, True)


async def test_a_whole_preparation_is_one_upload_and_one_read() -> None:
    youtube = YouTubeInMemory(chunks_per_run=9)
    assert isinstance(await youtube.prepare(), Ready)
    assert [one.method for one in youtube.network.requests] == ["POST", "PUT", "PUT", "PUT", "PUT", "GET"]


async def test_a_video_is_never_read_whole() -> None:
    youtube = YouTubeInMemory()
    read: list[int | None] = []
    original = youtube.bench.media.read

    async def counted(asset: Any, start: int = 0, length: int | None = None) -> bytes:
        read.append(length)
        return await original(asset, start, length)

    youtube.bench.media.read = counted
    await youtube.until_ready()
    assert read == [UNIT, UNIT, UNIT, TOTAL - 3 * UNIT]


async def test_a_run_after_a_crash_continues_from_every_saved_state() -> None:
    whole = YouTubeInMemory()
    await whole.until_ready()
    assert len(whole.saved.history) == 8  # opened, 3 stored, probed, finishing, uploaded, ready
    for index, known in enumerate(whole.saved.history):
        again = YouTubeInMemory(known)
        again.stored[f"{SESSION}1"] = BYTES[: known.state["offset"]]
        await again.until_ready()
        assert again.stored.keys() == STORED.keys(), index
        assert again.state.video_id == VIDEO
        assert again.ranges[:1] in ([], [f"bytes */{TOTAL}"])


@pytest.mark.parametrize("lost", [httpx.ReadTimeout("slow"), answer(502, "<html>"), answer(503, "<html>")])
@pytest.mark.parametrize("chunk", [1, 2, 3, 4])
async def test_after_a_lost_answer_the_session_is_read_and_nothing_is_started_again(
    lost: httpx.Response | Exception, chunk: int
) -> None:
    youtube = YouTubeInMemory(chunks_per_run=9)
    youtube.lost = {chunk: lost}
    await error_of(youtube.prepare(), Reason.PROVIDER_OUTAGE, Effect.UNKNOWN)
    await youtube.until_ready()
    assert youtube.stored == STORED
    assert len([one for one in youtube.network.requests if one.method == "POST"]) == 1


FULL = httpx.Response(308, headers={"range": f"bytes=0-{TOTAL - 1}"})


@pytest.mark.parametrize(
    ("answers", "first"),
    [
        ([httpx.Response(308)], Pending(after=timedelta(0), note="0 % uploaded")),
        ([None, answer(416, "<html>")], Reason.PROVIDER_OUTAGE),  # an offset that is not the session's
        ([None, None, None, answer(200, "<html>ok</html>")], Reason.UNKNOWN_PROVIDER_ERROR),  # it names no video
    ],
    ids=["nothing stored", "wrong offset", "no id"],
)
async def test_the_next_run_continues_after_an_odd_answer(answers: list[Any], first: Any) -> None:
    youtube = YouTubeInMemory(chunks_per_run=9)
    youtube.answers = answers
    if isinstance(first, Pending):
        assert await youtube.prepare() == first
    else:
        await error_of(youtube.prepare(), first, Effect.UNKNOWN)
    youtube.answers = [] if len(answers) < 4 else [DONE]
    await youtube.until_ready()
    assert len(youtube.stored) == 1
    assert youtube.stored == STORED or len(answers) == 4


async def test_everything_stored_but_no_video_yet_waits_a_moment() -> None:
    youtube = YouTubeInMemory(chunks_per_run=9)
    youtube.answers = [None, None, None, FULL, FULL, DONE]
    for _ in range(2):
        assert await youtube.prepare() == Pending(after=timedelta(seconds=5), note="100 % uploaded")
    assert isinstance(await youtube.prepare(), Ready)


async def test_a_short_store_is_continued_where_it_ended() -> None:
    youtube = YouTubeInMemory(chunk_bytes=2 * UNIT)
    youtube.short = UNIT
    await youtube.until_ready()
    assert youtube.stored == STORED
    assert youtube.ranges[:2] == [f"bytes 0-{2 * UNIT - 1}/{TOTAL}", f"bytes {UNIT}-{3 * UNIT - 1}/{TOTAL}"]


@pytest.mark.parametrize("content", [b"", BYTES[:-1]])
async def test_a_file_that_shrank_is_reported(content: bytes) -> None:
    youtube = YouTubeInMemory(chunks_per_run=9)
    youtube.bench.media.files[ASSET.id] = content
    await error_of(youtube.prepare(), Reason.MEDIA_UNREACHABLE, Effect.REJECTED)


@pytest.mark.parametrize(
    ("size", "seconds"), [(1, 1800), (2_000_000, 1801), (20_000_000_000, 11_800), (10**12, 6 * 3600)]
)
def test_a_larger_file_is_prepared_earlier(size: int, seconds: int) -> None:
    given = DRAFT.model_copy(update={"media": (video(bytes=size),)})
    assert int(YouTubeInMemory().bench.channel.lead(given).total_seconds()) == seconds


@pytest.mark.parametrize("location", ["https://evil.example/upload", "http://www.googleapis.com/x", ""])
async def test_nothing_is_sent_to_a_session_at_another_host(location: str) -> None:
    youtube = YouTubeInMemory()
    youtube.network.on("POST", UPLOAD, httpx.Response(200, headers={"location": location} if location else {}))
    await error_of(youtube.prepare(), Reason.UNKNOWN_PROVIDER_ERROR)
    assert youtube.ranges == []


async def test_a_session_at_another_of_googles_hosts_is_followed() -> None:
    youtube = YouTubeInMemory()
    there = httpx.Response(200, headers={"location": "https://upload.googleapis.com/x?upload_id=1"})
    youtube.network.on("POST", UPLOAD, there).on("PUT", "/x", answer(201, resource("private", "uploaded")))
    assert isinstance(await youtube.prepare(), Ready)


async def test_the_sessions_address_is_kept_nowhere() -> None:
    youtube = YouTubeInMemory()
    youtube.answers = [answer(400, {"error": {"message": f"bad {SESSION}1 {TOKEN}", "code": 400}})]
    error = await error_of(youtube.prepare())
    assert "upload_id" not in f"{error.raw} {error.provider_message}"


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
    youtube = YouTubeInMemory()
    youtube.network.on("POST", UPLOAD, given)
    await error_of(youtube.prepare(), reason, effect)
    assert youtube.saved.history == []


@pytest.mark.parametrize("size", [0, 262_143, 262_144, 262_145, 1_000_000, 8 << 20, 16 << 20, 1 << 30])
def test_a_chunk_is_a_multiple_of_256_kib(size: int) -> None:
    if size in (262_144, 8 << 20, 16 << 20):
        assert Settings(chunk_bytes=size).chunk_bytes == size
        return
    with pytest.raises(ValueError):
        Settings(chunk_bytes=size)
