"""An upload is one session: resumed from what YouTube has, a bounded piece at a time, and never begun twice in vain."""

from __future__ import annotations

import json
from datetime import timedelta

import httpx
import pytest

from munadi.domain.failure import ChannelError, Reason, Sorting
from munadi.domain.publication import Pending, Ready
from tests.channels.making import NOW, TOKEN, Bench, Saved, video
from tests.channels.network import answer, ok
from tests.channels.scene_youtube import UPLOADS, VIDEO, VIDEOS, listed, refusal, resource
from tests.channels.youtube_uploads import (
    ASSET,
    BYTES,
    DRAFT,
    SESSION,
    UNIT,
    UPLOAD,
    Sessions,
    begun,
    prepare,
    ranges,
    state,
    until_ready,
)

TOTAL = len(BYTES)
PLAYLIST = "/youtube/v3/playlistItems"


def upload_entry(video_id: str = VIDEO, minutes: float = 1, **words: str) -> dict[str, object]:
    """An entry of the uploads list."""
    at = (NOW + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    snippet = {"title": "Monsoon", "description": DRAFT.text, "publishedAt": at, **words}
    return {"snippet": snippet, "contentDetails": {"videoId": video_id}}


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


async def test_subscribers_are_not_told_when_asked() -> None:
    built, _ = begun()
    given = DRAFT.model_copy(update={"options": {"madeForKids": False, "notifySubscribers": False}})
    await prepare(built, Saved(), given)
    assert built.network.requests[0].url.params["notifySubscribers"] == "false"


async def test_the_session_is_saved_before_the_first_byte() -> None:
    built, sessions = begun()
    sessions.answers = [httpx.ReadError("reset")]
    saved = Saved()
    with pytest.raises(ChannelError):
        await prepare(built, saved)
    assert state(saved).session == f"{SESSION}1"
    assert state(saved).started_at == NOW
    assert saved.handle is not None
    assert saved.handle.expires_at is None


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
    assert saved.handle is not None
    assert saved.handle.ready


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


async def test_a_run_after_a_crash_goes_on_from_every_saved_state() -> None:
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
async def test_a_lost_answer_is_asked_for_and_nothing_is_begun_anew(
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
    with pytest.raises(ChannelError) as caught:
        await prepare(built, saved)
    assert (caught.value.reason, caught.value.sorting) == (Reason.PROVIDER_OUTAGE, Sorting.UNKNOWN)
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
    assert await prepare(built, saved) == Pending(after=timedelta(seconds=10), note="100 % uploaded")
    assert await prepare(built, saved) == Pending(after=timedelta(seconds=10), note="100 % uploaded")
    sessions.answers = [answer(200, resource("private", "uploaded"))]
    assert isinstance(await prepare(built, saved), Ready)


async def test_a_wrong_offset_is_probed_by_the_next_run() -> None:
    built, sessions = begun(chunks_per_run=9)
    sessions.answers = [None, answer(416, "<html>")]
    saved = Saved()
    with pytest.raises(ChannelError) as caught:
        await prepare(built, saved)
    assert caught.value.reason is Reason.PROVIDER_OUTAGE
    await until_ready(built, saved)
    assert sessions.stored == {f"{SESSION}1": BYTES}


@pytest.mark.parametrize("status", [404, 410])
async def test_a_session_lost_before_its_end_is_opened_anew_a_few_times(status: int) -> None:
    built, sessions = begun(chunks_per_run=9)
    sessions.answers = [None, answer(status, "<html>")]
    saved = Saved()
    assert isinstance(await prepare(built, saved), Pending)
    assert state(saved).renewals == 1
    await until_ready(built, saved)
    assert sessions.stored[f"{SESSION}2"] == BYTES
    always, sessions = begun()
    sessions.answers = [answer(status, "<html>")] * 9
    with pytest.raises(ChannelError) as caught:
        await until_ready(always, Saved())
    assert (caught.value.reason, caught.value.sorting) == (Reason.PROVIDER_OUTAGE, Sorting.REJECTED)
    assert len(sessions.stored) == 3


async def lost_at_the_end() -> tuple[Bench, Sessions, Saved]:
    built, sessions = begun(chunks_per_run=9)
    sessions.answers = [None, None, None, httpx.ReadTimeout("slow"), answer(404, "<html>")]
    saved = Saved()
    with pytest.raises(ChannelError):
        await prepare(built, saved)
    assert state(saved).finishing
    built.network.on("GET", PLAYLIST, ok({"items": []}))
    assert isinstance(await prepare(built, saved), Pending)
    assert state(saved).lost_at == NOW
    return built, sessions, saved


async def test_a_session_lost_after_its_last_byte_is_followed_up_in_the_uploads() -> None:
    built, sessions = begun(chunks_per_run=9)
    sessions.answers = [None, None, None, httpx.ReadTimeout("slow"), answer(404, "<html>")]
    saved = Saved()
    with pytest.raises(ChannelError):
        await prepare(built, saved)
    others = [
        upload_entry("older", -9),
        upload_entry("other", title="Another"),
        upload_entry("alien", description="Another"),
        {"snippet": {"publishedAt": "not a time"}},
        "not an object",
    ]
    built.network.on("GET", PLAYLIST, ok({"items": others}), ok({"items": [*others, upload_entry()]}))
    assert await prepare(built, saved) == Pending(after=timedelta(seconds=10), note="99 % uploaded")
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


async def test_two_uploads_alike_are_not_told_apart() -> None:
    built, _, saved = await lost_at_the_end()
    other = {**resource("private"), "id": "other"}
    built.network.on("GET", PLAYLIST, ok({"items": [upload_entry(), upload_entry("other")]}))
    built.network.on("GET", VIDEOS, listed(resource("private"), other))
    with pytest.raises(ChannelError) as caught:
        await prepare(built, saved)
    assert (caught.value.reason, caught.value.sorting) == (Reason.OUTCOME_UNKNOWN, Sorting.REJECTED)


async def test_what_somebody_can_see_already_is_not_our_upload() -> None:
    built, _, saved = await lost_at_the_end()
    built.network.on("GET", PLAYLIST, ok({"items": [upload_entry()]}))
    built.network.on("GET", VIDEOS, listed(resource("public")))
    assert isinstance(await prepare(built, saved), Pending)
    assert state(saved).video_id is None


async def test_an_answer_without_an_id_is_asked_for_again() -> None:
    built, sessions = begun(chunks_per_run=9)
    sessions.answers = [None, None, None, answer(200, "<html>ok</html>")]
    saved = Saved()
    with pytest.raises(ChannelError) as caught:
        await prepare(built, saved)
    assert caught.value.sorting is Sorting.UNKNOWN
    await until_ready(built, saved)
    assert len(sessions.stored) == 1


@pytest.mark.parametrize("location", ["https://evil.example/upload", "http://www.googleapis.com/x", ""])
async def test_a_session_elsewhere_gets_nothing(location: str) -> None:
    built, _ = begun()
    built.network.on("POST", UPLOAD, httpx.Response(200, headers={"location": location} if location else {}))
    with pytest.raises(ChannelError) as caught:
        await prepare(built, Saved())
    assert caught.value.reason is Reason.UNKNOWN_PROVIDER_ERROR
    assert ranges(built) == []


async def test_a_session_at_another_of_googles_hosts_is_followed() -> None:
    built, _ = begun()
    there = httpx.Response(200, headers={"location": "https://upload.googleapis.com/x?upload_id=1"})
    built.network.on("POST", UPLOAD, there).on("PUT", "/x", answer(201, resource("private", "uploaded")))
    assert isinstance(await prepare(built, Saved()), Ready)


@pytest.mark.parametrize("content", [b"", BYTES[:-1]])
async def test_a_file_that_shrank_is_told(content: bytes) -> None:
    built, _ = begun(chunks_per_run=9)
    built.media.files[ASSET.id] = content
    with pytest.raises(ChannelError) as caught:
        await prepare(built, Saved())
    assert (caught.value.reason, caught.value.sorting) == (Reason.MEDIA_UNREACHABLE, Sorting.REJECTED)


async def test_the_sessions_address_is_no_ones_to_read() -> None:
    built, sessions = begun()
    sessions.answers = [answer(400, {"error": {"message": f"bad {SESSION}1 {TOKEN}", "code": 400}})]
    with pytest.raises(ChannelError) as caught:
        await prepare(built, Saved())
    kept = f"{caught.value.raw} {caught.value.provider_message}"
    assert "upload_id" not in kept
    assert TOKEN not in kept


@pytest.mark.parametrize(
    ("given", "reason", "sorting"),
    [
        (refusal(400, "invalidTitle"), Reason.INVALID_FIELD, Sorting.REJECTED),
        (refusal(403, "insufficientPermissions"), Reason.MISSING_SCOPE, Sorting.REJECTED),
        (refusal(400, "uploadLimitExceeded"), Reason.DAILY_CAP_REACHED, Sorting.NOT_SENT),
        (refusal(403, "quotaExceeded"), Reason.QUOTA_EXCEEDED, Sorting.NOT_SENT),
        (refusal(401, "authError"), Reason.TOKEN_EXPIRED, Sorting.NOT_SENT),
    ],
)
async def test_a_session_that_is_refused(given: httpx.Response, reason: Reason, sorting: Sorting) -> None:
    built, _ = begun()
    built.network.on("POST", UPLOAD, given)
    saved = Saved()
    with pytest.raises(ChannelError) as caught:
        await prepare(built, saved)
    assert (caught.value.reason, caught.value.sorting) == (reason, sorting)
    assert saved.history == []


@pytest.mark.parametrize(
    ("size", "seconds"), [(1, 1800), (2_000_000, 1801), (20_000_000_000, 11_800), (10**12, 6 * 3600)]
)
def test_a_larger_file_is_begun_earlier(size: int, seconds: int) -> None:
    built, _ = begun()
    given = DRAFT.model_copy(update={"media": (video(bytes=size),)})
    assert int(built.channel.lead(given).total_seconds()) == seconds
