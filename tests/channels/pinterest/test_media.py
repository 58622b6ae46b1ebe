"""A board that is checked, and a video on its way to Pinterest: registered, uploaded, processed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Handle, Pending, Ready
from tests.channels.calls import Saved
from tests.channels.making import NOW, TOKEN, Bench, bench, error_of, video
from tests.channels.network import answer, ok
from tests.channels.pinterest.steps import uploaded
from tests.channels.scene_pinterest import BOARD, BOARDS, OPTIONS, SALE, SETTINGS, WHO, refusal

R, S = Reason, Effect
FILM = SALE.model_copy(update={"media": (video(0, bytes=10),)})
BUCKET, MEDIA, ONE = "/pin/bucket", "/v5/media", f"{BOARDS}/{BOARD}"
FIELDS = {"key": "uploads/7", "policy": "p0licy", "x-amz-signature": "s1gned", "Content-Type": "multipart/form-data"}


def registered(url: str = f"https://up.example{BUCKET}", media_id: str = "7") -> Any:
    return answer(201, {"media_id": media_id, "media_type": "video", "upload_url": url, "upload_parameters": FIELDS})


def status(word: str) -> Any:
    return ok({"media_id": "7", "media_type": "video", "status": word})


def over(**settings: Any) -> Bench:
    built = bench("pinterest", {**SETTINGS, **settings})
    built.media.files = {"med_0": b"0123456789"}
    built.network.on("GET", ONE, ok({"id": BOARD, "name": "Umbrellas"})).on("POST", MEDIA, registered())
    built.network.on("POST", BUCKET, answer(204, "")).on("GET", f"{MEDIA}/7", status("succeeded"))
    return built


def calls(built: Bench) -> list[str]:
    return [f"{one.method} {one.url.path.removeprefix('/pin')}" for one in built.network.requests]


BOARD_READ, REGISTER, UPLOAD, READ = f"GET {ONE}", f"POST {MEDIA}", "POST /bucket", f"GET {MEDIA}/7"


async def test_a_video_is_the_last_field_of_a_form_that_needs_no_token() -> None:
    built, saved = over(), Saved()
    assert await built.prepare(FILM, WHO, saved) == Ready(expires_at=NOW + timedelta(hours=24))
    assert calls(built) == [BOARD_READ, REGISTER, UPLOAD, READ]
    (upload,) = built.network.sent(BUCKET)
    names = [
        line.split('name="')[1].split('"')[0] for line in upload.content.decode().split("\r\n") if 'name="' in line
    ]
    assert names == [*FIELDS, "file"]
    assert b"\r\n\r\n0123456789\r\n" in upload.content
    assert len(upload.content) == int(upload.headers["content-length"])
    assert "authorization" not in upload.headers
    assert TOKEN.encode() not in upload.content


async def test_a_preparation_continues_from_every_saved_state() -> None:
    built, saved = over(), Saved()
    built.network.on("GET", f"{MEDIA}/7", status("processing"), status("succeeded"))
    assert await built.prepare(FILM, WHO, saved) == Pending(
        after=timedelta(seconds=5), note="Pinterest processes a medium"
    )
    await built.prepare(FILM, WHO, saved)
    left = [[REGISTER, UPLOAD, READ], [READ], [], []]
    assert len(saved.history) == len(left)
    for handle, rest in zip(saved.history, left, strict=True):
        again = over()
        assert isinstance(await again.prepare(FILM, WHO, Saved(handle)), Ready)
        assert calls(again) == rest


async def test_an_image_needs_only_its_board() -> None:
    built, saved = over(), Saved()
    assert await built.prepare(SALE, WHO, saved) == Ready()
    assert calls(built) == [BOARD_READ]
    moved = SALE.model_copy(update={"options": {**OPTIONS, "boardId": "99"}})
    built.network.on("GET", f"{BOARDS}/99", refusal(404, 40, "Board not found."))
    error = await error_of(built.prepare(moved, WHO, saved), R.TARGET_NOT_ACCESSIBLE, S.REJECTED, "404/40")
    assert "choose another board" in error.message


async def test_a_slow_video_is_read_less_often_and_given_up_in_the_end() -> None:
    built, saved = over(), Saved()
    built.network.on("GET", f"{MEDIA}/7", status("processing"))
    waits = []
    for _ in range(14):
        found = await built.prepare(FILM, WHO, saved)
        waits.append(found.after.total_seconds() if isinstance(found, Pending) else 0)
        built.clock.forward(seconds=5)
    assert waits == [5] * 12 + [30] * 2
    built.clock.forward(minutes=31)
    await error_of(built.prepare(FILM, WHO, saved), R.MEDIA_PROCESSING_TIMEOUT, S.REJECTED)


XML = "<Error><Code>AccessDenied</Code></Error>"


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("GET", f"{MEDIA}/7", status("failed")),
        ("GET", f"{MEDIA}/7", status("registered")),
        ("POST", BUCKET, answer(403, XML)),
    ],
    ids=["failed", "not seen", "refused"],
)
async def test_a_video_is_sent_three_times_at_most(method: str, path: str, said: Any) -> None:
    built, saved = over(), Saved()
    built.network.on(method, path, said)
    for effect in (S.NOT_SENT, S.NOT_SENT, S.REJECTED):
        await error_of(built.prepare(FILM, WHO, saved), R.MEDIA_PROCESSING_FAILED, effect)
        assert saved.kept.state["media"] in ((), [])
    assert len(built.network.sent(MEDIA)) == 3


@pytest.mark.parametrize("said", [answer(503, "<html>"), answer(429, XML)], ids=["outage", "throttled"])
async def test_an_upload_that_says_nothing_about_the_file_counts_nothing(said: Any) -> None:
    built, saved = over(), Saved()
    built.network.on("POST", BUCKET, said)
    await error_of(built.prepare(FILM, WHO, saved))
    assert saved.kept.state["failures"] == 0


async def test_no_file_goes_to_a_foreign_address() -> None:
    for url, is_own in (
        ("https://evil.example/bucket", False),
        ("https://up.example.evil.example/bucket", False),
        ("http://upload.pinterest.com/pin/bucket", False),
        (f"https://upload.pinterest.com{BUCKET}", True),
    ):
        built, saved = over(), Saved()
        built.network.on("POST", MEDIA, registered(url))
        if is_own:
            assert isinstance(await built.prepare(FILM, WHO, saved), Ready)
            continue
        await error_of(built.prepare(FILM, WHO, saved), R.UNKNOWN_PROVIDER_ERROR, code="FOREIGN_URL")
        assert built.network.sent(BUCKET) == []


async def test_a_video_that_waited_for_a_day_is_sent_again() -> None:
    built, saved = over(), Saved()
    await built.prepare(FILM, WHO, saved)
    built.clock.forward(hours=24)
    assert isinstance(await built.prepare(FILM, WHO, saved), Ready)
    assert len(built.network.sent(BUCKET)) == 2


@pytest.mark.parametrize("body", [{}, {"media_id": "7"}, {"media_id": "7", "upload_url": "https://up.example"}])
async def test_a_registration_without_what_an_upload_needs_is_no_proof(body: Any) -> None:
    built = over()
    built.network.on("POST", MEDIA, answer(201, body))
    await error_of(built.prepare(FILM, WHO), R.PROVIDER_OUTAGE)


async def test_a_check_reads_only() -> None:
    built = over()
    built.network.on("GET", f"{ONE}/pins", ok({"items": [], "bookmark": None}))
    for given, state, wanted in (
        (SALE, {}, Ready),
        (FILM, {}, Pending),
        (FILM, {"media": [uploaded()]}, Pending),
        (FILM, {"media": [uploaded(is_ready=True)]}, Ready),
    ):
        assert isinstance(await built.check(given, WHO, Handle(draft_version=1, state=state)), wanted)
    assert built.network.mutations == []
