"""Photos, reels and videos are uploaded once, waited for without sleeping, and made anew only when they are dead."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.facebook.state import Prepared
from munadi.domain.failure import ChannelError, Reason, Sorting
from munadi.domain.publication import Handle, Pending, Ready
from munadi.ports import PublicationDraft
from tests.channels.making import NOW, TOKEN, Bench, Saved, account, bench, image, publication, video
from tests.channels.network import answer, form_of, ok

PAGE, VIDEO = "100000000000001", "990000000000001"
WHO = account("facebook", PAGE)
PHOTOS = publication("Hello", media=(image(0, alt="Teal"), image(1), image(2)))
SIZE = 10_000_000
REEL = publication("Hello", media=(video(bytes=SIZE),))
FILM = publication("Hello", media=(video(bytes=SIZE, width=1920, height=1080),))
URL = f"https://rupload.facebook.com/video-upload/v26.0/{VIDEO}"
STARTED = ok({"video_id": VIDEO, "upload_url": URL})


def phases(video_status: str, uploading: str, processing: str = "not_started", received: int = SIZE) -> httpx.Response:
    status = {
        "video_status": video_status,
        "uploading_phase": {"status": uploading, "bytes_transfered": received},
        "processing_phase": {"status": processing},
        "publishing_phase": {"status": "not_started"},
    }
    return ok({"id": VIDEO, "status": status})


PROCESSING = phases("processing", "complete", "in_progress")
READY = phases("ready", "complete", "complete")
BROKEN = ok(
    {"status": {"video_status": "error", "processing_phase": {"status": "error", "error": {"message": "bad GOP"}}}}
)


def error(code: int, **more: Any) -> httpx.Response:
    return answer(400, {"error": {"code": code, "message": "no", "type": "OAuthException", **more}})


def photos(*answers: httpx.Response | Exception) -> Bench:
    """Photos are numbered p1, p2…, after what `answers` say of the first ones."""
    built, made, planned = bench("facebook"), [0], list(answers)

    def create(request: httpx.Request) -> httpx.Response:
        if planned:
            found = planned.pop(0)
            if isinstance(found, Exception):
                raise found
            return found
        made[0] += 1
        return ok({"id": f"p{made[0]}"})

    built.network.on("POST", f"/{PAGE}/photos", create)
    return built


def reels(*statuses: httpx.Response | Exception, upload: Any = None) -> Bench:
    built = bench("facebook")
    built.media.files["med_0"] = bytes(range(250)) * (SIZE // 250)
    built.network.on("POST", f"/{PAGE}/video_reels", STARTED)
    built.network.on("POST", f"/v26.0/{VIDEO}", *(upload or [ok({"success": True})]))
    built.network.on("GET", f"/v26.0/{VIDEO}", *(statuses or (READY,)))
    return built


def films(*transfers: Any) -> Bench:
    """A server that wants parts of 3 MB; `transfers` are its answers to the first ones."""
    built, planned = bench("facebook"), list(transfers)
    built.media.files["med_0"] = bytes(SIZE)

    def videos(request: httpx.Request) -> httpx.Response:
        if b"start_offset" not in request.content:
            assert form_of(request) == {"upload_phase": "start", "file_size": str(SIZE)}
            started = {"video_id": VIDEO, "upload_session_id": "77", "start_offset": "0", "end_offset": "3000000"}
            return ok(started)
        if planned:
            found = planned.pop(0)
            if isinstance(found, Exception):
                raise found
            return found
        start, part = part_of(request)
        end = start + len(part)
        return ok({"start_offset": str(end), "end_offset": str(min(end + 3_000_000, SIZE))})

    built.network.on("POST", f"/{PAGE}/videos", videos)
    return built


def part_of(request: httpx.Request) -> tuple[int, bytes]:
    """The offset and the bytes of a multipart transfer."""
    boundary = request.headers["content-type"].split("boundary=")[1].encode()
    fields = {}
    for part in request.content.split(b"--" + boundary)[1:-1]:
        head, _, body = part.partition(b"\r\n\r\n")
        fields[head.split(b'name="')[1].split(b'"')[0].decode()] = body[:-2]
    assert fields["upload_phase"] == b"transfer"
    assert fields["upload_session_id"] == b"77"
    return int(fields["start_offset"]), fields["video_file_chunk"]


async def prepare(built: Bench, given: PublicationDraft, saved: Saved) -> Ready | Pending:
    return await built.channel.prepare(given, WHO, saved.handle, saved)


async def until_ready(built: Bench, given: PublicationDraft, saved: Saved, runs: int = 9) -> Ready:
    for _ in range(runs):
        found = await prepare(built, given, saved)
        if isinstance(found, Ready):
            return found
        built.clock.forward(seconds=found.after.total_seconds())
    raise AssertionError(f"not ready after {runs} runs")


async def failure(built: Bench, given: PublicationDraft, saved: Saved) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await prepare(built, given, saved)
    return caught.value


def state(saved: Saved) -> Prepared:
    assert saved.handle is not None
    return Prepared.model_validate(saved.handle.state)


async def test_a_text_needs_nothing() -> None:
    built = bench("facebook")
    assert await prepare(built, publication("Hello"), Saved()) == Ready()
    assert built.network.requests == []
    assert built.channel.lead(publication("Hello")) == timedelta(0)


async def test_photos_are_uploaded_unpublished_with_their_alt_texts() -> None:
    built, saved = photos(), Saved()
    assert await prepare(built, PHOTOS, saved) == Ready(expires_at=NOW + timedelta(hours=24))
    assert [form_of(request) for request in built.network.requests] == [
        {"url": "https://munadi.example/media/med_0", "published": "false", "alt_text_custom": "Teal"},
        {"url": "https://munadi.example/media/med_1", "published": "false"},
        {"url": "https://munadi.example/media/med_2", "published": "false"},
    ]
    assert [photo.id for photo in state(saved).photos] == ["p1", "p2", "p3"]
    assert built.network.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


async def test_photos_go_on_from_every_saved_state() -> None:
    saved = Saved()
    await prepare(photos(), PHOTOS, saved)
    assert len(saved.history) == 4
    for known in [None, *saved.history]:
        again, crashed = photos(), Saved(known)
        await prepare(again, PHOTOS, crashed)
        assert len(again.network.requests) == 3 - (len(known.state["photos"]) if known else 0)
        assert crashed.handle is not None
        assert crashed.handle.ready


async def test_photos_that_lapsed_are_uploaded_again() -> None:
    built, saved = photos(), Saved()
    await prepare(built, PHOTOS, saved)
    built.clock.forward(hours=24)
    await prepare(built, PHOTOS, saved)
    assert [photo.id for photo in state(saved).photos] == ["p4", "p5", "p6"]


@pytest.mark.parametrize(
    ("refusal", "reason"), [(error(324), Reason.MEDIA_VALIDATION_FAILED), (error(368), Reason.ACCOUNT_RESTRICTED)]
)
async def test_a_refused_photo_ends_it(refusal: httpx.Response, reason: Reason) -> None:
    found = await failure(photos(refusal), PHOTOS, Saved())
    assert (found.reason, found.sorting) == (reason, Sorting.REJECTED)


async def test_a_photo_that_cannot_be_fetched_is_tried_three_times() -> None:
    built, saved = photos(*[error(389)] * 3), Saved()
    for sorting in (Sorting.NOT_SENT, Sorting.NOT_SENT, Sorting.REJECTED):
        assert (await failure(built, PHOTOS, saved)).sorting is sorting


async def test_a_photo_without_an_id_is_no_photo() -> None:
    assert (await failure(photos(ok({})), PHOTOS, Saved())).sorting is Sorting.UNKNOWN


async def test_a_links_page_is_read_again_only_when_it_was_unreadable() -> None:
    given = publication("Hello", link="https://acme.example/sale")
    built, saved = bench("facebook"), Saved()
    assert built.channel.lead(given) == timedelta(minutes=1)
    assert await prepare(built, given, saved) == Ready()
    assert built.network.requests == []
    unreadable = Saved(Handle(draft_version=1, state={"link": "unreadable"}))
    built.network.on("POST", "/v26.0/", answer(500, "<html>"))
    assert await prepare(built, given, unreadable) == Ready()
    assert form_of(built.network.requests[0]) == {"id": "https://acme.example/sale", "scrape": "true"}
    assert state(unreadable).link == "scraped"


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
    assert (await failure(built, REEL, saved)).sorting is Sorting.UNKNOWN
    upload = state(saved).upload
    assert upload is not None
    assert (upload.video_id, upload.url, upload.uploaded_at) == (VIDEO, URL, None)


async def test_a_reel_goes_on_from_where_the_bytes_ended() -> None:
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


async def test_a_reel_goes_on_from_every_saved_state() -> None:
    saved = Saved()
    await until_ready(reels(PROCESSING, READY), REEL, saved)
    assert len(saved.history) == 3  # begun, sent, ready
    for known, mutations in zip([None, *saved.history], (2, 0, 0, 0), strict=True):
        again, crashed = reels(), Saved(known)
        await until_ready(again, REEL, crashed)
        assert len(again.network.mutations) == mutations
        assert crashed.handle is not None
        assert crashed.handle.ready


@pytest.mark.parametrize("name", ["OffsetInvalidError", "PartialRequestError"])
async def test_a_broken_upload_is_resumed(name: str) -> None:
    refusal = answer(400, {"debug_info": {"retriable": True, "type": name, "message": "Request failed"}})
    built, saved = reels(phases("uploading", "in_progress", received=5), READY, upload=[refusal, ok({})]), Saved()
    assert (await failure(built, REEL, saved)).reason is Reason.PROVIDER_OUTAGE
    await until_ready(built, REEL, saved)
    assert [request.headers.get("offset") for request in built.network.mutations] == [None, "0", "5"]


@pytest.mark.parametrize("dead", [BROKEN, phases("expired", "complete"), phases("upload_failed", "error")])
async def test_a_dead_reel_is_uploaded_three_times_in_all(dead: httpx.Response) -> None:
    built, saved = reels(dead), Saved()
    for sorting in (Sorting.NOT_SENT, Sorting.NOT_SENT, Sorting.REJECTED):
        found = await failure(built, REEL, saved)
        assert (found.reason, found.sorting) == (Reason.MEDIA_PROCESSING_FAILED, sorting)
    assert len(built.network.sent("/video_reels")) == 3


async def test_a_dead_reel_is_told_in_the_networks_words() -> None:
    assert (await failure(reels(BROKEN), REEL, Saved())).provider_message == "bad GOP"


@pytest.mark.parametrize(("age", "wait"), [(0, 5), (29, 5), (30, 15), (299, 15), (300, 60), (1800, 60)])
async def test_the_longer_it_takes_the_rarer_it_is_looked_at(age: int, wait: int) -> None:
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
    assert (found.reason, found.sorting) == (Reason.MEDIA_PROCESSING_TIMEOUT, Sorting.REJECTED)


@pytest.mark.parametrize(
    "url", ["https://evil.example/up", "http://rupload.facebook.com/up", "https://facebook.com.x/"]
)
async def test_bytes_and_token_go_to_the_network_only(url: str) -> None:
    built = reels()
    built.network.on("POST", f"/{PAGE}/video_reels", ok({"video_id": VIDEO, "upload_url": url}))
    found = await failure(built, REEL, Saved())
    assert (found.provider_code, found.sorting) == ("FOREIGN_URL", Sorting.NOT_SENT)
    assert len(built.network.mutations) == 1


@pytest.mark.parametrize("body", [{}, {"video_id": VIDEO}, {"upload_url": URL}])
async def test_an_upload_needs_an_id_and_an_address(body: dict[str, str]) -> None:
    built = reels()
    built.network.on("POST", f"/{PAGE}/video_reels", ok(body))
    saved = Saved()
    assert (await failure(built, REEL, saved)).sorting is Sorting.UNKNOWN
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


async def test_a_video_goes_on_from_every_saved_state() -> None:
    saved = Saved()
    await prepare(films(), FILM, saved)
    assert len(saved.history) == 7  # begun, four parts, sent, ready
    for known, calls in zip([None, *saved.history], (5, 4, 3, 2, 1, 0, 0, 0), strict=True):
        again, crashed = films(), Saved(known)
        await prepare(again, FILM, crashed)
        assert len(again.network.requests) == calls
        assert crashed.handle is not None
        assert crashed.handle.ready


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


async def test_a_refused_upload_is_begun_anew() -> None:
    built, saved = films(error(6000)), Saved()
    found = await failure(built, FILM, saved)
    assert (found.reason, found.sorting) == (Reason.MEDIA_PROCESSING_FAILED, Sorting.NOT_SENT)
    assert (state(saved).upload, state(saved).renewals) == (None, 1)
    await prepare(built, FILM, saved)


def test_leads_are_by_kind() -> None:
    channel = bench("facebook").channel
    leads = [channel.lead(given).total_seconds() / 60 for given in (PHOTOS, REEL, FILM)]
    assert leads == [5, 20, 20]
