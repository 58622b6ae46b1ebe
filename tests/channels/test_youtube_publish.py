"""The visible call is one update of the whole status. The video's status shows whether it was made."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from munadi.channels.youtube.state import Prepared
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Handle, Published, Unknown
from tests.channels.calls import Saved
from tests.channels.making import NOW, Bench, bench, error_of
from tests.channels.network import answer, ok
from tests.channels.scene_youtube import UPLOADS, VIDEO, VIDEOS, YOUTUBE, listed, refusal, resource
from tests.channels.youtube_uploads import DRAFT, PLAYLIST, WHO, upload_entry

HANDLE = YOUTUBE.handle
URL = f"https://www.youtube.com/watch?v={VIDEO}"


def given(**options: Any) -> Any:
    return DRAFT.model_copy(update={"options": {"madeForKids": False, **options}})


def updating(*answers: httpx.Response | Exception) -> Bench:
    """A channel whose update of a video is answered so."""
    built = bench("youtube")
    built.network.on("PUT", VIDEOS, *answers)
    return built


@pytest.mark.parametrize("privacy", ["public", "unlisted"])
async def test_the_update_carries_the_whole_status(privacy: str) -> None:
    status = {
        "privacyStatus": privacy,
        "license": "creativeCommon",
        "embeddable": False,
        "publicStatsViewable": False,
        "containsSyntheticMedia": True,
    }
    built = updating(ok(resource(privacy)))
    found = await built.publish(given(**status, madeForKids=True), WHO, Saved(HANDLE))
    (request,) = built.network.requests
    assert dict(request.url.params) == {"part": "status"}
    assert json.loads(request.content) == {"id": VIDEO, "status": {**status, "selfDeclaredMadeForKids": True}}
    assert found == Published(post_id=VIDEO, url=URL, published_at=NOW)


async def test_a_video_that_shall_be_private_is_published() -> None:
    built = updating()
    found = await built.publish(given(privacyStatus="private"), WHO, Saved(HANDLE))
    assert found == Published(post_id=VIDEO, url=URL, published_at=NOW)
    assert built.network.requests == []


async def test_a_video_that_youtube_keeps_private_is_not_published() -> None:
    call = updating(ok(resource("private"))).publish(given(), WHO, Saved(HANDLE))
    await error_of(call, Reason.APP_NOT_APPROVED, Effect.REJECTED, "kept private")


@pytest.mark.parametrize("code", ["videoNotFound", "notFound"])
async def test_a_video_that_is_gone_is_uploaded_again_a_few_times(code: str) -> None:
    saved, built = Saved(HANDLE), updating(refusal(404, code))
    await error_of(built.publish(given(), WHO, saved), Reason.MEDIA_PROCESSING_FAILED, Effect.NOT_SENT)
    state = Prepared.model_validate(saved.kept.state).model_dump(exclude_defaults=True)
    assert (state, saved.kept.ready) == ({"renewals": 1}, False)
    often = Saved(Handle(draft_version=1, state={"video_id": VIDEO, "renewals": 2}, ready=True))
    await error_of(built.publish(given(), WHO, often), effect=Effect.REJECTED)


async def test_a_404_of_another_server_proves_nothing() -> None:
    saved = Saved(HANDLE)
    await error_of(updating(answer(404, "<html>")).publish(given(), WHO, saved), effect=Effect.UNKNOWN)
    assert saved.history == []


async def test_publishing_again_is_the_same_request() -> None:
    built, saved = updating(httpx.ReadTimeout("slow"), ok(resource("public"))), Saved(HANDLE)
    await error_of(built.publish(DRAFT, WHO, saved), effect=Effect.UNKNOWN)
    await built.publish(DRAFT, WHO, saved)
    first, second = built.network.requests
    assert (first.url, first.content) == (second.url, second.content)


LIVE = Published(post_id=VIDEO, url=URL)


@pytest.mark.parametrize(
    ("shown", "target", "expected"),
    [
        (listed(resource("public")), "public", LIVE),
        (listed(resource("unlisted")), "public", LIVE),
        (listed(resource("public")), "unlisted", LIVE),
        (listed(resource("private")), "public", Absent(by_key=True)),
        (listed(resource("private")), "unlisted", Absent(by_key=True)),
        (listed(resource("private")), "private", LIVE),
        (listed({"id": VIDEO}), "public", Absent(by_key=True)),
    ],
)
async def test_the_videos_status_shows_whether_it_is_published(
    shown: httpx.Response, target: str, expected: Any
) -> None:
    built = bench("youtube")
    built.network.on("GET", VIDEOS, shown)
    assert await built.find(given(privacyStatus=target), WHO, HANDLE, NOW) == expected


async def test_a_deleted_video_may_have_been_visible() -> None:
    built = bench("youtube")
    built.network.on("GET", VIDEOS, listed())
    found = await built.find(DRAFT, WHO, HANDLE, NOW)
    assert isinstance(found, Unknown)
    assert "gone" in found.note


@pytest.mark.parametrize(
    ("listing", "shown", "expected"),
    [
        ([upload_entry()], [resource("public")], LIVE.alike()),
        ([upload_entry()], [resource("private")], Absent()),
        ([upload_entry(minutes=-2)], [resource("public")], Absent()),
        ([upload_entry(title="Another")], [resource("public")], Absent()),
        ([], [], Absent()),
        ([upload_entry()], [], Absent()),
    ],
    ids=["live", "private", "earlier", "another", "none", "gone"],
)
async def test_without_a_recorded_video_the_uploads_are_searched(
    listing: list[Any], shown: list[dict[str, Any]], expected: Any
) -> None:
    built = bench("youtube")
    built.network.on("GET", PLAYLIST, ok({"items": listing})).on("GET", VIDEOS, listed(*shown))
    assert await built.find(DRAFT, WHO, None, NOW) == expected


async def test_several_that_fit_are_not_confused() -> None:
    built = bench("youtube")
    built.network.on("GET", PLAYLIST, ok({"items": [upload_entry(), upload_entry("other")]}))
    built.network.on("GET", VIDEOS, listed(resource("public"), {**resource("public"), "id": "other"}))
    found = await built.find(DRAFT, WHO, None, NOW)
    assert isinstance(found, Unknown)
    assert "2 videos" in found.note


async def test_the_uploads_list_is_the_channels_where_none_was_noted() -> None:
    built = bench("youtube")
    built.network.on("GET", PLAYLIST, ok({"items": []}))
    await built.find(DRAFT, WHO.model_copy(update={"facts": {}}), None, NOW)
    assert built.network.requests[0].url.params["playlistId"] == UPLOADS
