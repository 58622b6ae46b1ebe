"""Media on their way to X: parts, processing, alt texts, and uploads that are gone."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Handle, Pending, Ready
from tests.channels.calls import Saved
from tests.channels.making import NOW, Bench, bench, error_of, image, publication, video
from tests.channels.network import answer, ok
from tests.channels.scene_x import SETTINGS, TWEETS, WHO, made, refusal

R, S = Reason, Effect
UPLOAD = "/2/media/upload"
INITIALIZE, METADATA = f"{UPLOAD}/initialize", "/2/media/metadata"
PICTURE = publication("Look", media=(image(0, alt="Teal", bytes=10),))
INVALID = "https://api.x.com/2/problems/invalid-request"


def uploaded(media_id: str = "7", **changes: Any) -> dict[str, Any]:
    ends = (NOW + timedelta(hours=20)).isoformat()
    return {"id": media_id, "key": f"3_{media_id}", "expires_at": ends, "sent": 1, "finalized_at": NOW.isoformat()} | {
        "is_ready": True,
        "is_described": True,
        **changes,
    }


def ready(*ids: str, **changes: Any) -> Handle:
    state = {"media": [uploaded(one, **changes) for one in ids], "keys": [f"3_{one}" for one in ids]}
    return Handle(draft_version=1, state=state, ready=True)


def medium(media_id: str = "7", **more: Any) -> Any:
    return ok({"data": {"id": media_id, "media_key": f"3_{media_id}", "expires_after_secs": 86_400, **more}})


def working(state: str = "in_progress", **more: Any) -> Any:
    return medium(processing_info={"state": state, **more})


def over(**settings: Any) -> Bench:
    built = bench("x", {**SETTINGS, "chunk_bytes": 4, **settings})
    built.media.files = {"med_0": b"0123456789"}
    built.network.on("POST", INITIALIZE, medium()).on("POST", f"{UPLOAD}/7/append", ok())
    built.network.on("POST", f"{UPLOAD}/7/finalize", medium()).on("GET", UPLOAD, medium()).on("POST", METADATA, ok())
    return built


async def test_an_image_is_sent_in_parts_and_described() -> None:
    built, saved = over(), Saved()
    found = await built.prepare(PICTURE, WHO, saved)
    assert found == Ready(expires_at=NOW + timedelta(hours=24))
    opened = json.loads(built.network.sent(INITIALIZE)[0].content)
    assert opened == {"media_type": "image/jpeg", "total_bytes": 10, "media_category": "tweet_image"}
    parts = [request.content for request in built.network.sent("/append")]
    assert [content in part for part, content in zip(parts, (b"0123", b"4567", b"89"), strict=True)] == [True] * 3
    assert all(f'name="segment_index"\r\n\r\n{n}\r\n'.encode() in part for n, part in enumerate(parts))
    described = json.loads(built.network.sent(METADATA)[0].content)
    assert described == {"id": "7", "metadata": {"alt_text": {"text": "Teal"}}}
    assert {request.url.host for request in built.network.requests} == {"up.example"}


async def test_a_preparation_continues_from_every_saved_state() -> None:
    built, saved = over(), Saved()
    await built.prepare(PICTURE, WHO, saved)
    calls = [request.url.path.rpartition("/")[2] for request in built.network.requests]
    assert calls == ["initialize", "append", "append", "append", "finalize", "metadata"]
    # Once it is finalized, whether it is processed is read.
    left = {number: calls[number:] for number in (1, 2, 3, 4)} | {5: ["upload", "metadata"], 6: ["metadata"], 7: []}
    for number, handle in enumerate(saved.history[:-1], 1):
        again = over()
        assert isinstance(await again.prepare(PICTURE, WHO, Saved(handle)), Ready)
        rest = [request.url.path.rpartition("/")[2] for request in again.network.requests]
        assert rest == left[number], number


async def test_a_large_file_takes_several_runs() -> None:
    built, saved = over(chunks_per_run=2), Saved()
    assert await built.prepare(PICTURE, WHO, saved) == Pending(after=timedelta(0), note="2 of 3 parts are uploaded")
    assert isinstance(await built.prepare(PICTURE, WHO, saved), Ready)
    assert len(built.network.sent("/append")) == 3


FILM = publication("Film", media=(video(0, bytes=10),))


async def test_a_video_is_waited_for_as_long_as_x_says() -> None:
    built, saved = over(), Saved()
    built.network.on("POST", f"{UPLOAD}/7/finalize", working("pending", check_after_secs=7))
    built.network.on("GET", UPLOAD, working(), working(check_after_secs=9_000), working("succeeded"))
    waits = []
    for _ in range(3):
        found = await built.prepare(FILM, WHO, saved)
        waits.append(found.after.total_seconds() if isinstance(found, Pending) else found)
    assert waits == [7, 2, 60]
    assert isinstance(await built.prepare(FILM, WHO, saved), Ready)
    assert dict(built.network.sent(UPLOAD)[0].url.params) == {"command": "STATUS", "media_id": "7"}
    assert built.network.sent(METADATA) == []


@pytest.mark.parametrize(
    ("said", "minutes", "reason"),
    [
        (working("failed", error={"message": "bad codec"}), 0, R.MEDIA_PROCESSING_FAILED),
        (working(), 16, R.MEDIA_PROCESSING_TIMEOUT),
    ],
)
async def test_a_video_that_x_cannot_process_is_refused(said: Any, minutes: int, reason: Reason) -> None:
    built, saved = over(), Saved()
    built.network.on("POST", f"{UPLOAD}/7/finalize", working("pending")).on("GET", UPLOAD, said)
    await built.prepare(FILM, WHO, saved)
    built.clock.forward(minutes=minutes)
    error = await error_of(built.prepare(FILM, WHO, saved), reason, S.REJECTED)
    assert "med_0" in error.message or minutes


async def test_media_that_end_soon_are_uploaded_again_and_their_keys_stay_known() -> None:
    built, saved = over(), Saved(ready("6"))
    built.clock.forward(hours=19, minutes=31)
    await built.prepare(PICTURE, WHO, saved)
    assert [one["id"] for one in saved.kept.state["media"]] == ["7"]
    assert saved.kept.state["keys"] == ("3_6", "3_7") or saved.kept.state["keys"] == ["3_6", "3_7"]


GONE = answer(404, {"detail": "Could not find it", "type": "x/resource-not-found"})


async def test_an_upload_that_x_lost_is_repeated_twice() -> None:
    built, saved = over(), Saved()
    built.network.on("POST", f"{UPLOAD}/7/append", GONE)
    effects = []
    for _ in range(3):
        call = built.prepare(PICTURE, WHO, saved)
        effects.append((await error_of(call, R.MEDIA_PROCESSING_FAILED)).effect)
    assert effects == [S.NOT_SENT, S.NOT_SENT, S.REJECTED]
    assert len(built.network.sent(INITIALIZE)) == 3


async def test_a_post_whose_media_x_does_not_know_is_prepared_again() -> None:
    built, saved = over(), Saved(ready("6"))
    built.network.on("POST", TWEETS, refusal(400, "Your media IDs are invalid.", INVALID), made())
    await error_of(built.publish(PICTURE, WHO, saved), R.MEDIA_PROCESSING_FAILED, S.NOT_SENT)
    assert saved.kept.state["media"] in ((), [])
    await built.prepare(PICTURE, WHO, saved)
    await built.publish(PICTURE, WHO, saved)
    assert json.loads(built.network.sent(TWEETS)[-1].content)["media"] == {"media_ids": ["7"]}
