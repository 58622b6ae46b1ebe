"""A video is waited for while that tells something, replaced once when Google failed, and refused when the file did."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.youtube.verdicts import FAILURES, PROCESSING_FAILURES, REJECTIONS
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Handle, Pending, Published, Ready
from tests.channels.making import NOW, Saved, error_of, publication
from tests.channels.network import answer, ok
from tests.channels.scene_youtube import KIDS, VIDEO, VIDEOS, YOUTUBE, listed, resource
from tests.channels.youtube_uploads import ASSET, DRAFT, UPLOAD, WHO, begun, prepare, state, until_ready, uploaded

LATER = publication("Monsoon", at=NOW + timedelta(hours=1), media=(ASSET,), options=KIDS)
PROCESSING = listed(resource("private", "uploaded"))
NOTE = "YouTube is processing the video"


def failed(**status: Any) -> httpx.Response:
    return listed(resource("private", **status))


def unprocessed(reason: str, status: str = "failed") -> httpx.Response:
    details = {"processingStatus": status, "processingFailureReason": reason}
    return listed({**resource("private", "uploaded"), "processingDetails": details})


@pytest.mark.parametrize(("minutes", "wait"), [(0, 5), (0.9, 5), (1, 30), (9.9, 30), (10, 120), (600, 120)], ids=str)
async def test_an_older_video_is_polled_less_often(minutes: float, wait: int) -> None:
    built, _ = begun()
    built.network.on("GET", VIDEOS, PROCESSING)
    saved = uploaded(minutes)
    assert await prepare(built, saved, LATER) == Pending(after=timedelta(seconds=wait), note=NOTE)
    assert dict(built.network.requests[0].url.params) == {"part": "status,processingDetails", "id": VIDEO}


@pytest.mark.parametrize(
    "shown",
    [
        listed(resource("private")),
        listed({**resource("private", "uploaded"), "processingDetails": {"processingStatus": "succeeded"}}),
        listed(resource("public", "uploaded")),
    ],
    ids=["processed", "succeeded", "visible"],
)
async def test_a_processed_video_is_ready(shown: httpx.Response) -> None:
    built, _ = begun()
    built.network.on("GET", VIDEOS, shown)
    saved = uploaded(0)
    assert await prepare(built, saved, LATER) == Ready()
    assert saved.kept.ready
    assert saved.kept.expires_at is None


@pytest.mark.parametrize(
    ("uploaded_ago", "due_in", "wait"),
    [(60, 0.05, 3), (60, 0, None), (9.9, 0, 6), (10, 0, None), (0, -5, 5), (10, 60, 120)],
    ids=["until the slot", "at the slot", "patience left", "patience gone", "just uploaded", "an hour to go"],
)
async def test_no_slot_is_missed_for_a_slow_video(uploaded_ago: float, due_in: float, wait: float | None) -> None:
    built, _ = begun()
    built.network.on("GET", VIDEOS, PROCESSING)
    given = publication("x", at=NOW + timedelta(minutes=due_in), media=(ASSET,), options=KIDS)
    found = await prepare(built, uploaded(uploaded_ago), given)
    assert found == (Ready() if wait is None else Pending(after=timedelta(seconds=wait), note=NOTE))


RENEWED = {name for table in (FAILURES, PROCESSING_FAILURES) for name, verdict in table.items() if verdict.renew}


@pytest.mark.parametrize("code", [*FAILURES, "neverSeenBefore"])
async def test_every_failure_has_its_verdict(code: str) -> None:
    built, sessions = begun()
    built.network.on("GET", VIDEOS, failed(upload="failed", failureReason=code))
    built.network.on("DELETE", VIDEOS, answer(204))
    if code in RENEWED or code not in FAILURES:
        assert isinstance(await prepare(built, uploaded(1)), Pending)
        assert built.network.mutations[-1].method == "DELETE"
        return
    error = await error_of(prepare(built, uploaded(1)))
    assert (error.reason, error.effect) == (Reason.MEDIA_PROCESSING_FAILED, Effect.REJECTED)
    assert error.provider_code == code
    assert VIDEO in error.message
    assert sessions.stored == {}


@pytest.mark.parametrize("code", [*REJECTIONS, "neverSeenBefore"])
async def test_every_rejection_has_its_reason_and_is_final(code: str) -> None:
    built, _ = begun()
    built.network.on("GET", VIDEOS, failed(upload="rejected", rejectionReason=code))
    error = await error_of(prepare(built, uploaded(1)))
    expected = {
        "duplicate": Reason.DUPLICATE_CONTENT,
        "length": Reason.MEDIA_VALIDATION_FAILED,
        "uploaderAccountSuspended": Reason.ACCOUNT_RESTRICTED,
        "uploaderAccountClosed": Reason.ACCOUNT_RESTRICTED,
    }.get(code, Reason.CONTENT_POLICY)
    assert (error.reason, error.effect) == (expected, Effect.REJECTED)
    assert built.network.mutations == []


@pytest.mark.parametrize("code", PROCESSING_FAILURES)
@pytest.mark.parametrize("status", ["failed", "terminated"])
async def test_what_google_failed_at_is_uploaded_again_a_few_times(code: str, status: str) -> None:
    built, sessions = begun(chunks_per_run=9)
    built.network.on("GET", VIDEOS, unprocessed(code, status)).on("DELETE", VIDEOS, answer(204))
    saved = uploaded(1)
    error = await error_of(until_ready(built, saved, runs=20))
    assert (error.reason, error.effect) == (Reason.MEDIA_PROCESSING_FAILED, Effect.REJECTED)
    assert len(sessions.stored) == 2
    assert [one.url.params["id"] for one in built.network.sent(VIDEOS) if one.method == "DELETE"] == [VIDEO] * 2


async def test_a_dead_video_that_cannot_be_removed_does_not_stop_the_post() -> None:
    built, sessions = begun(chunks_per_run=9)
    built.network.on("GET", VIDEOS, unprocessed("other"), listed(resource("private")))
    built.network.on("DELETE", VIDEOS, answer(403, "<html>"))
    saved = uploaded(1)
    await until_ready(built, saved)
    assert len(sessions.stored) == 1
    assert state(saved).renewals == 1


@pytest.mark.parametrize(
    "shown", [listed(), ok({"kind": "youtube#videoListResponse"}), listed({**resource(), "id": "another"})]
)
async def test_a_new_video_may_not_be_listed_yet(shown: httpx.Response) -> None:
    built, _ = begun()
    built.network.on("GET", VIDEOS, shown)
    assert await prepare(built, uploaded(1.9)) == Pending(
        after=timedelta(seconds=5), note="the uploaded video is not listed"
    )


async def test_a_deleted_video_is_uploaded_again_a_few_times() -> None:
    for shown in (listed(), failed(upload="deleted")):
        built, sessions = begun(chunks_per_run=9)
        built.network.on("GET", VIDEOS, shown, listed(resource("private"))).on("DELETE", VIDEOS, answer(404))
        await until_ready(built, uploaded(5))
        assert len(sessions.stored) == 1
    built, _ = begun()
    built.network.on("GET", VIDEOS, listed())
    error = await error_of(prepare(built, uploaded(5, renewals=2)))
    assert (error.reason, error.effect) == (Reason.MEDIA_PROCESSING_FAILED, Effect.REJECTED)


async def test_a_read_that_fails_leaves_everything_as_it_is() -> None:
    built, _ = begun()
    built.network.on("GET", VIDEOS, answer(503, "<html>"))
    saved = uploaded(1)
    before = saved.handle
    error = await error_of(prepare(built, saved))
    assert error.reason is Reason.PROVIDER_OUTAGE
    assert saved.handle == before


@pytest.mark.parametrize(
    ("handle", "shown", "expected"),
    [
        (None, listed(), Pending(after=timedelta(0), note="to be prepared")),
        (YOUTUBE.handle, PROCESSING, Pending(after=timedelta(minutes=2), note=NOTE)),
        (YOUTUBE.handle, listed(resource("private")), Ready()),
        (
            YOUTUBE.handle,
            listed(resource("unlisted")),
            Published(post_id=VIDEO, url=f"https://www.youtube.com/watch?v={VIDEO}"),
        ),
    ],
)
async def test_check_reports_how_far_it_is(handle: Handle | None, shown: httpx.Response, expected: Any) -> None:
    built, _ = begun()
    built.network.on("GET", VIDEOS, shown)
    assert await built.channel.check(DRAFT, WHO, handle) == expected


@pytest.mark.parametrize("shown", [listed(), failed(upload="failed", failureReason="codec")])
async def test_check_raises_what_is_dead_and_makes_nothing(shown: httpx.Response) -> None:
    built, _ = begun()
    built.network.on("GET", VIDEOS, shown)
    await error_of(built.channel.check(DRAFT, WHO, YOUTUBE.handle))
    assert built.network.mutations == []


@pytest.mark.parametrize(
    ("handle", "shown", "deleted"),
    [
        (YOUTUBE.handle, listed(resource("private")), [VIDEO]),
        (YOUTUBE.handle, listed(resource("public")), []),
        (YOUTUBE.handle, listed(), []),
        (Handle(draft_version=1), listed(resource("private")), []),
    ],
    ids=["private", "public", "gone", "none"],
)
async def test_only_a_private_leftover_is_deleted(handle: Handle, shown: httpx.Response, deleted: list[str]) -> None:
    built, _ = begun()
    built.network.on("GET", VIDEOS, shown).on("DELETE", VIDEOS, answer(204))
    await built.channel.discard(WHO, handle)
    assert [one.url.params["id"] for one in built.network.mutations] == deleted


async def test_a_whole_preparation_is_one_upload_and_one_look() -> None:
    built, _ = begun(chunks_per_run=9)
    assert isinstance(await prepare(built, Saved()), Ready)
    assert [one.method for one in built.network.requests] == ["POST", "PUT", "PUT", "PUT", "PUT", "GET"]
    assert len(built.network.sent(UPLOAD)) == 5
