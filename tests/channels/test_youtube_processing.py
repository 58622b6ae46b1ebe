"""A video is polled while it is processed, replaced after an error of Google, and refused after one of the file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.youtube.verdicts import FAILURES, PROCESSING_FAILURES, REJECTIONS
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Handle, Pending, Published, Ready
from munadi.ports import PublicationDraft
from tests.channels.making import NOW, error_of, publication
from tests.channels.network import answer, ok
from tests.channels.scene_youtube import KIDS, VIDEO, VIDEOS, YOUTUBE, listed, resource
from tests.channels.youtube_uploads import ASSET, DRAFT, WHO, YouTubeInMemory, uploaded

NOTE = "YouTube is processing the video"
PROCESSING = resource("private", "uploaded")


def due(minutes: float) -> PublicationDraft:
    return publication("Monsoon", at=NOW + timedelta(minutes=minutes), media=(ASSET,), options=KIDS)


def showing(
    *resources: dict[str, Any], known: Handle | None = None, deleting: httpx.Response | None = None
) -> YouTubeInMemory:
    """A video that was uploaded, and what YouTube shows of it."""
    youtube = YouTubeInMemory(known or uploaded(1), chunks_per_run=9)
    youtube.shows(*resources)
    youtube.network.on("DELETE", VIDEOS, deleting or answer(204))
    return youtube


def unprocessed(reason: str, status: str = "failed") -> dict[str, Any]:
    details = {"processingStatus": status, "processingFailureReason": reason}
    return {**PROCESSING, "processingDetails": details}


@pytest.mark.parametrize(("minutes", "wait"), [(0, 5), (0.9, 5), (1, 30), (9.9, 30), (10, 120), (600, 120)], ids=str)
async def test_an_older_video_is_polled_less_often(minutes: float, wait: int) -> None:
    youtube = showing(PROCESSING, known=uploaded(minutes))
    assert await youtube.prepare(due(60)) == Pending(after=timedelta(seconds=wait), note=NOTE)
    assert dict(youtube.network.requests[0].url.params) == {"part": "status,processingDetails", "id": VIDEO}


@pytest.mark.parametrize(
    "shown",
    [
        resource("private"),
        {**PROCESSING, "processingDetails": {"processingStatus": "succeeded"}},
        resource("public", "uploaded"),
    ],
    ids=["processed", "succeeded", "visible"],
)
async def test_a_processed_video_is_ready(shown: dict[str, Any]) -> None:
    youtube = showing(shown, known=uploaded(0))
    assert await youtube.prepare(due(60)) == Ready()
    assert (youtube.saved.kept.ready, youtube.saved.kept.expires_at) == (True, None)


@pytest.mark.parametrize(
    ("uploaded_ago", "due_in", "wait"),
    [(60, 0.05, 3), (60, 0, None), (9.9, 0, 6), (10, 0, None), (0, -5, 5), (10, 60, 120)],
    ids=["until the slot", "at the slot", "patience left", "patience gone", "just uploaded", "an hour to go"],
)
async def test_no_slot_is_missed_for_a_slow_video(uploaded_ago: float, due_in: float, wait: float | None) -> None:
    found = await showing(PROCESSING, known=uploaded(uploaded_ago)).prepare(due(due_in))
    assert found == (Ready() if wait is None else Pending(after=timedelta(seconds=wait), note=NOTE))


RENEWED = {name for table in (FAILURES, PROCESSING_FAILURES) for name, verdict in table.items() if verdict.renew}


@pytest.mark.parametrize("code", [*FAILURES, "neverSeenBefore"])
async def test_every_failure_has_its_consequence(code: str) -> None:
    youtube = showing(resource("private", upload="failed", failureReason=code))
    if code in RENEWED or code not in FAILURES:
        assert isinstance(await youtube.prepare(), Pending)
        assert youtube.deleted == [VIDEO]
        return
    error = await error_of(youtube.prepare(), Reason.MEDIA_PROCESSING_FAILED, Effect.REJECTED, code)
    assert VIDEO in error.message
    assert youtube.stored == {}


@pytest.mark.parametrize("code", [*REJECTIONS, "neverSeenBefore"])
async def test_every_rejection_has_its_reason_and_is_final(code: str) -> None:
    youtube = showing(resource("private", upload="rejected", rejectionReason=code))
    expected = {
        "duplicate": Reason.DUPLICATE_CONTENT,
        "length": Reason.MEDIA_VALIDATION_FAILED,
        "uploaderAccountSuspended": Reason.ACCOUNT_RESTRICTED,
        "uploaderAccountClosed": Reason.ACCOUNT_RESTRICTED,
    }.get(code, Reason.CONTENT_POLICY)
    await error_of(youtube.prepare(), expected, Effect.REJECTED)
    assert youtube.network.mutations == []


@pytest.mark.parametrize("code", PROCESSING_FAILURES)
@pytest.mark.parametrize("status", ["failed", "terminated"])
async def test_after_an_error_of_google_the_video_is_uploaded_again_a_few_times(code: str, status: str) -> None:
    youtube = showing(unprocessed(code, status))
    await error_of(youtube.until_ready(runs=20), Reason.MEDIA_PROCESSING_FAILED, Effect.REJECTED)
    assert (len(youtube.stored), youtube.deleted) == (2, [VIDEO] * 2)


async def test_a_dead_video_that_cannot_be_removed_does_not_stop_the_post() -> None:
    youtube = showing(deleting=answer(403, "<html>"))
    youtube.network.on("GET", VIDEOS, listed(unprocessed("other")), listed(resource("private")))
    await youtube.until_ready()
    assert (len(youtube.stored), youtube.state.renewals) == (1, 1)


@pytest.mark.parametrize(
    "shown", [listed(), ok({"kind": "youtube#videoListResponse"}), listed({**resource(), "id": "another"})]
)
async def test_a_new_video_may_not_be_listed_yet(shown: httpx.Response) -> None:
    youtube = showing(known=uploaded(1.9))
    youtube.network.on("GET", VIDEOS, shown)
    expected = Pending(after=timedelta(seconds=5), note="the uploaded video is not listed")
    assert await youtube.prepare() == expected


@pytest.mark.parametrize("shown", [[], [resource("private", upload="deleted")]], ids=["not listed", "deleted"])
async def test_a_deleted_video_is_uploaded_again_a_few_times(shown: list[dict[str, Any]]) -> None:
    youtube = showing(known=uploaded(5), deleting=answer(404))
    youtube.network.on("GET", VIDEOS, listed(*shown), listed(resource("private")))
    await youtube.until_ready()
    assert len(youtube.stored) == 1
    often = showing(*shown, known=uploaded(5, renewals=2), deleting=answer(404))
    await error_of(often.prepare(), Reason.MEDIA_PROCESSING_FAILED, Effect.REJECTED)


async def test_a_failed_read_changes_nothing() -> None:
    youtube = showing()
    youtube.network.on("GET", VIDEOS, answer(503, "<html>"))
    await error_of(youtube.prepare(), Reason.PROVIDER_OUTAGE)
    assert youtube.saved.history == []


@pytest.mark.parametrize(
    ("handle", "shown", "expected"),
    [
        (None, [], Pending(after=timedelta(0), note="to be prepared")),
        (YOUTUBE.handle, [PROCESSING], Pending(after=timedelta(minutes=2), note=NOTE)),
        (YOUTUBE.handle, [resource("private")], Ready()),
        (
            YOUTUBE.handle,
            [resource("unlisted")],
            Published(post_id=VIDEO, url=f"https://www.youtube.com/watch?v={VIDEO}"),
        ),
    ],
)
async def test_check_reports_the_progress(handle: Handle | None, shown: list[Any], expected: Any) -> None:
    assert await showing(*shown).bench.check(DRAFT, WHO, handle) == expected


@pytest.mark.parametrize("shown", [[], [resource("private", upload="failed", failureReason="codec")]])
async def test_check_reports_a_dead_video_and_uploads_nothing(shown: list[dict[str, Any]]) -> None:
    youtube = showing(*shown)
    await error_of(youtube.bench.check(DRAFT, WHO, YOUTUBE.handle))
    assert youtube.network.mutations == []
