"""Photos, reels and videos continue where their upload ended, are polled, and are replaced only when dead."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.pulls import PULL_WAITS
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Pending, Preparation, Ready
from munadi.ports import PublicationDraft
from tests.channels import facebook_page as page
from tests.channels.calls import Saved
from tests.channels.containers import graph_error
from tests.channels.making import NOW, TOKEN, Bench, bench, image, publication
from tests.channels.network import answer, form_of, ok

TRIES = (Effect.NOT_SENT, Effect.NOT_SENT, Effect.REJECTED)
OPAQUE: dict[str, Any] = {"has_alpha": False, "animated": False}


@pytest.mark.parametrize(
    ("build", "given", "calls"),
    [
        (page.photos, page.PHOTOS, (2, 1, 0, 0)),  # one, two, ready
        (page.reels, page.REEL, (2, 0, 0, 0)),  # begun, sent, ready
        (page.films, page.FILM, (5, 4, 3, 2, 1, 0, 0, 0)),  # begun, four parts, sent, ready
    ],
    ids=["photos", "reel", "video"],
)
async def test_a_preparation_continues_from_every_saved_state(
    build: Callable[[], Bench], given: PublicationDraft, calls: Sequence[int]
) -> None:
    saved = Saved()
    await page.until_ready(build(), given, saved)
    assert len(saved.history) == len(calls) - 1
    for known, left in zip([None, *saved.history], calls, strict=True):
        again, crashed = build(), Saved(known)
        await page.until_ready(again, given, crashed)
        assert len(again.network.mutations) == left
        assert crashed.kept.ready


async def test_photos_are_uploaded_unpublished_with_their_alt_texts() -> None:
    built, saved = page.photos(), Saved()
    assert await page.prepare(built, page.PHOTOS, saved) == Ready(expires_at=NOW + timedelta(hours=24))
    assert [form_of(request) for request in built.network.requests] == [
        {"url": "https://munadi.example/media/med_0", "published": "false", "alt_text_custom": "Teal"},
        {"url": "https://munadi.example/media/med_1", "published": "false"},
    ]
    assert [photo.id for photo in page.state(saved).photos] == ["p1", "p2"]
    assert built.network.requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    built.clock.forward(hours=24)  # Facebook has deleted them meanwhile
    await page.prepare(built, page.PHOTOS, saved)
    assert [photo.id for photo in page.state(saved).photos] == ["p3", "p4"]


async def test_a_photo_that_facebook_does_not_accept_is_sent_as_a_rendition() -> None:
    built = page.photos()
    media = (image(0, mime_type="image/webp", **OPAQUE), image(1, bytes=9_000_000, **OPAQUE))
    await page.prepare(built, publication("Hello", media=media), Saved())
    sent = [form_of(request)["url"].rpartition("/")[2] for request in built.network.requests]
    assert sent == ["med_0-jpeg", "med_1-jpeg"]
    assert built.media.renditions == [(f"med_{index}", "image/jpeg", 4_000_000, None) for index in (0, 1)]


@pytest.mark.parametrize(
    ("answers", "reason", "effects"),
    [
        ([graph_error(368)], Reason.ACCOUNT_RESTRICTED, [Effect.REJECTED]),
        ([ok({})], Reason.PROVIDER_OUTAGE, [Effect.UNKNOWN]),
        ([graph_error(389)] * 3, Reason.MEDIA_UNREACHABLE, TRIES),
    ],
)
async def test_a_refused_photo(answers: list[httpx.Response], reason: Reason, effects: Sequence[Effect]) -> None:
    built, saved = page.photos(*answers), Saved()
    found = [await page.unprepared(built, page.PHOTOS, saved) for _ in effects]
    assert [(error.reason, error.effect) for error in found] == [(reason, effect) for effect in effects]


async def test_a_photo_that_facebook_may_not_have_fetched_is_offered_again() -> None:
    built, saved = page.photos(*[graph_error(324)] * (len(PULL_WAITS) + 1)), Saved()
    for wait in (*PULL_WAITS, None):
        error = await page.unprepared(built, page.PHOTOS, saved)
        effect = Effect.NOT_SENT if wait else Effect.REJECTED
        assert (error.reason, error.effect, error.retry_after) == (Reason.MEDIA_VALIDATION_FAILED, effect, wait)
        assert "MUNADI_PUBLIC_URL" in error.message


async def test_a_text_needs_no_preparation_and_a_link_is_read_again_only_if_it_was_unreadable() -> None:
    built = bench("facebook")
    for given in (page.TEXT, page.LINK):
        assert await page.prepare(built, given, Saved()) == Ready()
    assert built.network.requests == []
    unreadable = Saved(Preparation(draft_version=1, state={"link": "unreadable"}))
    built.network.on("POST", "/v26.0/", answer(500, "<html>"))
    assert await page.prepare(built, page.LINK, unreadable) == Ready()
    assert form_of(built.network.requests[0]) == {"id": "https://acme.example/sale", "scrape": "true"}
    assert page.state(unreadable).link == "scraped"


async def test_a_reel_is_started_uploaded_and_polled() -> None:
    built, saved = page.reels(page.PROCESSING, page.WAITING), Saved()
    found = await page.prepare(built, page.REEL, saved)
    assert found == Pending(after=timedelta(seconds=5), note="Facebook is processing the video")
    assert await page.prepare(built, page.REEL, saved) == Ready(expires_at=NOW + timedelta(hours=24))
    start, sent = built.network.mutations
    assert (start.url.path, form_of(start)) == (f"/v26.0/{page.PAGE}/video_reels", {"upload_phase": "start"})
    assert (str(sent.url), sent.content) == (page.URL, built.media.files["med_0"])
    size = str(page.SIZE)
    wanted = {"offset": "0", "file_size": size, "content-length": size, "authorization": f"OAuth {TOKEN}"}
    assert {name: sent.headers[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("status", "received"), [(page.resting(9_999_000), 9_999_000), (page.resting(0), 0), (page.PROCESSING, None)]
)
async def test_a_reel_continues_from_where_its_bytes_ended(status: httpx.Response, received: int | None) -> None:
    """None when all of them had arrived. Its id was saved before any byte was sent."""
    built, saved = page.reels(upload=[httpx.ReadError("reset")]), Saved()
    assert (await page.unprepared(built, page.REEL, saved)).effect is Effect.UNKNOWN
    upload = page.state(saved).upload
    assert upload is not None
    assert (upload.video_id, upload.url, upload.uploaded_at) == (page.VIDEO, page.URL, None)
    again = page.reels(status, page.WAITING)
    await page.until_ready(again, page.REEL, saved)
    sent = [(request.headers["offset"], request.content) for request in again.network.mutations]
    rest = [] if received is None else [(str(received), built.media.files["med_0"][received:])]
    assert sent == rest


BROKEN = {"video_status": "error", "processing_phase": {"status": "error", "error": {"message": "bad GOP"}}}


@pytest.mark.parametrize(
    ("dead", "words"),
    [
        (ok({"status": BROKEN}), "bad GOP"),
        (page.phases(video_status="expired"), None),
        (page.phases(video_status="upload_failed", uploading="error"), None),
    ],
)
async def test_a_dead_reel_is_uploaded_three_times_in_all(dead: httpx.Response, words: str | None) -> None:
    built, saved = page.reels(dead), Saved()
    for effect in TRIES:
        found = await page.unprepared(built, page.REEL, saved)
        assert (found.reason, found.effect) == (Reason.MEDIA_PROCESSING_FAILED, effect)
        assert found.provider_message == words
    assert len(built.network.sent("/video_reels")) == 3


@pytest.mark.parametrize(("age", "wait"), [(0, 5), (29, 5), (30, 15), (299, 15), (300, 60), (1800, 60), (1801, None)])
async def test_a_longer_upload_is_polled_less_often_and_given_up_after_half_an_hour(age: int, wait: int | None) -> None:
    built, saved = page.reels(page.PROCESSING), Saved()
    await page.prepare(built, page.REEL, saved)
    built.clock.forward(seconds=age)
    if wait is None:
        error = await page.unprepared(built, page.REEL, saved)
        assert (error.reason, error.effect) == (Reason.MEDIA_PROCESSING_TIMEOUT, Effect.REJECTED)
        return
    found = await page.prepare(built, page.REEL, saved)
    assert isinstance(found, Pending)
    assert found.after == timedelta(seconds=wait)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        *(({"video_id": page.VIDEO, "upload_url": url}, "FOREIGN_URL")
          for url in ("https://evil.example/up", "http://rupload.facebook.com/up", "https://facebook.com.x/")),
        *((body, "INCOMPLETE_ANSWER") for body in ({}, {"video_id": page.VIDEO}, {"upload_url": page.URL})),
    ],
)  # fmt: skip
async def test_bytes_and_token_go_to_an_address_of_the_network_only(body: dict[str, str], code: str) -> None:
    built, saved = page.reels(), Saved()
    built.network.on("POST", f"/{page.PAGE}/video_reels", ok(body))
    assert (await page.unprepared(built, page.REEL, saved)).provider_code == code
    assert len(built.network.mutations) == 1
    assert bool(saved.history) is (code == "FOREIGN_URL")


async def test_a_video_is_sent_in_the_parts_that_are_wanted() -> None:
    built, saved = page.films(), Saved()
    assert await page.prepare(built, page.FILM, saved) == Ready(expires_at=NOW + timedelta(hours=24))
    parts = [page.part_of(request) for request in built.network.requests[1:]]
    wanted = [(0, 3_000_000), (3_000_000, 3_000_000), (6_000_000, 3_000_000), (9_000_000, 1_000_000)]
    assert [(start, len(part)) for start, part in parts] == wanted
    assert {request.url.host for request in built.network.requests} == {"graph-video.facebook.com"}


OFFSETS = {"start_offset": "1000000", "end_offset": "2000000"}


@pytest.mark.parametrize(
    ("odd", "resumed"),
    [
        *((graph_error(100, 1363037, error_data=data), 1_000_000) for data in (OFFSETS, json.dumps(OFFSETS))),
        *((ok(body), 0) for body in ({}, {"start_offset": "0", "end_offset": "9"}, {"start_offset": "x"})),
    ],
)
async def test_a_part_that_was_not_stored_is_sent_again_from_where_facebook_says(
    odd: httpx.Response, resumed: int
) -> None:
    built, saved = page.films(odd), Saved()
    assert (await page.unprepared(built, page.FILM, saved)).reason is Reason.PROVIDER_OUTAGE
    assert len(built.network.requests) == 2
    await page.prepare(built, page.FILM, saved)
    assert [page.part_of(request)[0] for request in built.network.requests[1:3]] == [0, resumed]


def of_upload(kind: str) -> httpx.Response:
    return answer(400, {"debug_info": {"retriable": True, "type": kind, "message": "no"}})


@pytest.mark.parametrize(
    ("build", "given"),
    [
        (lambda: page.films(graph_error(6000)), page.FILM),
        (lambda: page.reels(upload=[of_upload("ProcessingFailedError"), page.DONE]), page.REEL),
    ],
)
async def test_an_upload_that_facebook_cannot_process_is_begun_again(
    build: Callable[[], Bench], given: PublicationDraft
) -> None:
    built, saved = build(), Saved()
    found = await page.unprepared(built, given, saved)
    assert (found.reason, found.effect) == (Reason.MEDIA_PROCESSING_FAILED, Effect.NOT_SENT)
    assert (page.state(saved).upload, page.state(saved).renewals) == (None, 1)
    await page.until_ready(built, given, saved)


@pytest.mark.parametrize(
    "refused",
    [
        *map(of_upload, ("OffsetInvalidError", "PartialRequestError")),
        *map(ok, ({}, {"success": False}, "not json")),
    ],
)
async def test_bytes_are_stored_only_when_facebook_says_so(refused: httpx.Response) -> None:
    built, saved = page.reels(page.resting(5), page.WAITING, upload=[refused, page.DONE]), Saved()
    assert (await page.unprepared(built, page.REEL, saved)).reason is Reason.PROVIDER_OUTAGE
    upload = page.state(saved).upload
    assert upload is not None
    assert upload.uploaded_at is None
    await page.until_ready(built, page.REEL, saved)
    assert [request.headers.get("offset") for request in built.network.mutations] == [None, "0", "5"]
