"""Media on their way to a server, and a refusal of a post whose media may be in a post already."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Pending, Published, Ready
from tests.channels.calls import Saved
from tests.channels.making import NOW, Bench, bench, error_of, image, publication, video
from tests.channels.mastodon.test_publish import GONE, PICTURE, UPLOAD, over, ready
from tests.channels.network import answer, ok
from tests.channels.scene_mastodon import MEDIA, PLAIN, WHO, listed, refusal, status

R, S = Reason, Effect
TAKEN = refusal(422, "Media 7 not found or already attached to another post")


async def test_a_medium_is_sent_with_its_alt_text_and_its_focus() -> None:
    built, saved = bench("mastodon"), Saved()
    built.media.files = {"med_0": b"\xff\xd8picture", "med_1": b"png"}
    built.network.on("POST", UPLOAD, ok({"id": "7", "url": "x"}), ok({"id": 8}))
    media = (image(0, alt="Tea\r\nl ä"), image(1, mime_type="image/png"))
    given = publication("Two", media=media, options={"focus": [{"media": 0, "x": 0.5, "y": -1}]})
    found = await built.prepare(given, WHO, saved)
    assert found == Ready(expires_at=NOW + timedelta(hours=20))
    first, second = built.network.sent(UPLOAD)
    boundary = re.fullmatch(r"multipart/form-data; boundary=([0-9a-f]{32})", first.headers["content-type"])
    assert boundary is not None
    parts = first.content.split(f"--{boundary[1]}".encode())
    assert b'name="description"\r\n\r\nTea\r\nl \xc3\xa4\r\n' in parts[1]
    assert b'name="focus"\r\n\r\n0.5,-1.0\r\n' in parts[2]
    assert b'filename="media.jpeg"\r\ncontent-type: image/jpeg\r\n\r\n\xff\xd8picture\r\n' in parts[3]
    assert (parts[4], int(first.headers["content-length"])) == (b"--\r\n", len(first.content))
    assert b"description" not in second.content
    assert [one["id"] for one in saved.kept.state["media"]] == ["7", "8"]
    assert len(saved.history) == 3
    assert "transfer-encoding" not in first.headers


async def test_media_are_processed_at_the_same_time() -> None:
    """A run forwards every medium as far as it can: it does not wait for the first before it sends the second."""
    built, saved = bench("mastodon"), Saved()
    built.network.on("POST", UPLOAD, answer(202, {"id": "7"}), answer(202, {"id": "8"}))
    built.network.on("GET", f"{MEDIA}/7", answer(206, {"id": "7"}), ok({"id": "7"}))
    built.network.on("GET", f"{MEDIA}/8", ok({"id": "8"}))
    given = publication("Two", media=(image(0), image(1)))
    assert isinstance(await built.prepare(given, WHO, saved), Pending)
    paths = [request.url.path for request in built.network.requests]
    assert [path.rpartition("/")[2] for path in paths] == ["media", "7", "media", "8"]
    assert isinstance(await built.prepare(given, WHO, saved), Ready)
    assert built.network.requests[-1].url.path.endswith("/7")
    assert len(built.network.requests) == 5


async def test_a_video_is_waited_for() -> None:
    built, saved = bench("mastodon"), Saved()
    built.network.on("POST", UPLOAD, answer(202, {"id": "7", "url": None}))
    built.network.on("GET", f"{MEDIA}/7", answer(206, {"id": "7"}), answer(206, {"id": "7"}), ok({"id": "7"}))
    given = publication("Film", media=(video(bytes=5),))
    waits = []
    for _ in range(2):
        waits.append(await built.prepare(given, WHO, saved))
        built.clock.forward(seconds=30)
    assert [isinstance(one, Pending) and one.after.total_seconds() for one in waits] == [2, 5]
    assert isinstance(await built.prepare(given, WHO, saved), Ready)
    assert len(built.network.sent(UPLOAD)) == 1
    await error_of(built.publish(given, WHO, Saved(saved.history[0])), R.INTERNAL_ERROR, S.NOT_SENT)


@pytest.mark.parametrize(
    ("said", "reason", "effect"),
    [
        (refusal(422, "processing failed"), R.MEDIA_PROCESSING_FAILED, S.REJECTED),
        (GONE, R.MEDIA_PROCESSING_FAILED, S.NOT_SENT),
        (answer(503, "<html>"), R.PROVIDER_OUTAGE, S.UNKNOWN),
        (answer(404, "<html>"), R.PROVIDER_OUTAGE, S.UNKNOWN),
    ],
)
async def test_a_medium_that_is_not_processed(said: httpx.Response, reason: Reason, effect: Effect) -> None:
    built, saved = bench("mastodon"), Saved()
    built.network.on("POST", UPLOAD, answer(202, {"id": "7"})).on("GET", f"{MEDIA}/7", said)
    await error_of(built.prepare(publication("x", media=(video(bytes=5),)), WHO, saved), reason, effect)
    assert bool(saved.kept.state["media"]) is (said is not GONE)


async def test_a_medium_that_takes_too_long_is_given_up() -> None:
    built, saved = bench("mastodon"), Saved()
    built.network.on("POST", UPLOAD, answer(202, {"id": "7"})).on("GET", f"{MEDIA}/7", answer(206, {"id": "7"}))
    given = publication("x", media=(video(bytes=5),))
    await built.prepare(given, WHO, saved)
    built.clock.forward(minutes=16)
    call = built.prepare(given, WHO, saved)
    await error_of(call, R.MEDIA_PROCESSING_TIMEOUT, S.REJECTED)


async def test_a_server_that_fails_on_a_medium_does_so_only_a_few_times() -> None:
    built, saved = bench("mastodon"), Saved()
    built.network.on("POST", UPLOAD, answer(500, {"error": "Error processing thumbnail"}))
    effects = []
    for _ in range(3):
        error = await error_of(built.prepare(PICTURE, WHO, saved))
        effects.append((error.reason, error.effect))
    assert effects == [(R.PROVIDER_OUTAGE, S.UNKNOWN)] * 2 + [(R.MEDIA_PROCESSING_FAILED, S.REJECTED)]


async def test_media_that_may_be_gone_are_sent_again() -> None:
    built, saved = bench("mastodon"), Saved(ready("7", minutes=20 * 60))
    built.network.on("POST", UPLOAD, ok({"id": "8"}))
    await built.prepare(PICTURE, WHO, saved)
    assert [one["id"] for one in saved.kept.state["media"]] == ["8"]


# A refusal of a post whose media may be in a post already


async def refused(
    said: httpx.Response, medium: httpx.Response, *shown: dict[str, Any], who: Any = WHO, failures: int = 0
) -> tuple[Any, Saved, Bench]:
    built, saved = over(said), Saved(ready("7", failures=failures))
    built.network.on("GET", f"{MEDIA}/7", medium)
    listed(built.network, *shown)
    try:
        found: Any = await built.publish(PICTURE, who, saved)
    except Exception as error:
        found = error
    return found, saved, built


OURS = status("118", "Look", media_attachments=[{"id": "7"}])
LOCAL = refusal(422, "Medien wurden nicht gefunden")


@pytest.mark.parametrize("said", [TAKEN, LOCAL])
async def test_a_refusal_because_the_post_is_live_is_a_success(said: httpx.Response) -> None:
    found, saved, built = await refused(said, GONE, status("119", "Other"), OURS)
    assert isinstance(found, Published)
    assert (found.post_id, saved.kept.state["posts"]["post"]["id"]) == ("118", "118")
    assert len(built.network.mutations) == 1


@pytest.mark.parametrize("said", [TAKEN, LOCAL])
async def test_media_that_are_gone_are_uploaded_again_but_not_endlessly(said: httpx.Response) -> None:
    found, saved, _ = await refused(said, GONE)
    assert (found.reason, found.effect) == (R.MEDIA_PROCESSING_FAILED, S.NOT_SENT)
    assert (list(saved.kept.state["media"]), saved.kept.ready) == ([], False)
    found, _, _ = await refused(said, GONE, failures=2)
    assert found.effect is S.REJECTED


async def test_a_refusal_of_free_media_is_believed() -> None:
    found, saved, _ = await refused(LOCAL, ok({"id": "7"}))
    assert (found.reason, found.effect, saved.history) == (R.INVALID_FIELD, S.REJECTED, [])


async def test_a_refusal_that_cannot_be_checked_is_unknown() -> None:
    found, _, _ = await refused(LOCAL, answer(503, "<html>"))
    assert found.effect is S.UNKNOWN


async def test_a_server_that_shares_media_is_believed() -> None:
    found, _, built = await refused(LOCAL, GONE, OURS, who=PLAIN)
    assert found.effect is S.REJECTED
    assert len(built.network.requests) == 1
