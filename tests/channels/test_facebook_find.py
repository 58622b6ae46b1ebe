"""What check and find say of a video by its id, and the first comment, which is a step of its own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Handle, Pending, Published, Ready, Unknown
from munadi.ports import PublicationDraft
from tests.channels.facebook_posts import (
    DEAD,
    DRAFT,
    FILM,
    LIVE,
    ON_ITS_WAY,
    PHOTOS,
    POST,
    PUBLISHING,
    REEL,
    SCHEDULED,
    TEXT,
    VIDEO,
    WAITING,
    WHO,
    error,
    over,
    phases,
    uploaded,
    with_photos,
)
from tests.channels.making import NOW, error_of
from tests.channels.network import answer, ok


@pytest.mark.parametrize("status", [WAITING, PUBLISHING, DRAFT, ON_ITS_WAY, SCHEDULED])
async def test_check_waits_after_the_finish_whatever_it_is_called(status: httpx.Response) -> None:
    found = await over(status=status).channel.check(REEL, WHO, uploaded(finished=True))
    assert isinstance(found, Pending)


@pytest.mark.parametrize(("age", "wait"), [(0, 5), (60, 15), (600, 60)])
async def test_check_polls_less_often_the_longer_it_takes(age: int, wait: int) -> None:
    built = over(status=PUBLISHING)
    built.clock.forward(seconds=age)
    found = await built.channel.check(REEL, WHO, uploaded(finished=True))
    assert isinstance(found, Pending)
    assert found.after == timedelta(seconds=wait)


async def test_check_of_a_video_that_facebook_gave_up() -> None:
    error = await error_of(over(status=DEAD).channel.check(REEL, WHO, uploaded(finished=True)))
    assert (error.reason, error.effect) == (Reason.MEDIA_PROCESSING_FAILED, Effect.REJECTED)


@pytest.mark.parametrize(
    ("given", "handle", "wanted"),
    [
        (REEL, None, Pending(after=timedelta(0), note="to be prepared")),
        (REEL, uploaded(), Ready(expires_at=NOW + timedelta(hours=23))),
        (TEXT, None, Ready()),
        (PHOTOS, with_photos(), Ready(expires_at=NOW + timedelta(hours=23))),
    ],
)
async def test_check_before_the_visible_call(
    given: PublicationDraft, handle: Handle | None, wanted: Pending | Ready
) -> None:
    assert await over(status=WAITING).channel.check(given, WHO, handle) == wanted


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        (LIVE, Published),
        (WAITING, Absent),
        (DRAFT, Absent),
        (DEAD, Absent),
        (PUBLISHING, Unknown),
        (ON_ITS_WAY, Unknown),
        (SCHEDULED, Unknown),
        (phases("new_word", "new_word"), Unknown),
        (error(100, 33), Unknown),
        (answer(500, "<html>"), Unknown),
    ],
)
@pytest.mark.parametrize("given", [REEL, FILM], ids=["reel", "video"])
async def test_find_by_the_videos_id(given: PublicationDraft, status: httpx.Response, wanted: type) -> None:
    built = over(status=status)
    found = await built.channel.find(given, WHO, uploaded(), NOW)
    assert isinstance(found, wanted)
    assert built.network.mutations == []


@pytest.mark.parametrize(("published", "wanted"), [(True, Published), (False, Absent), ("yes", Absent)])
async def test_a_video_without_phases_is_live_when_it_says_so(published: Any, wanted: type) -> None:
    status = ok({"status": {"video_status": "ready"}, "published": published})
    assert isinstance(await over(status=status).channel.find(FILM, WHO, uploaded(), NOW), wanted)


async def test_find_with_the_posts_id_known_needs_no_search() -> None:
    built = over()
    assert isinstance(await built.channel.find(TEXT, WHO, with_photos(post_id=POST), NOW), Published)
    assert [request.url.path for request in built.network.requests] == [f"/v26.0/{POST}"]


@pytest.mark.parametrize("said", ["not json", {}, {"id": VIDEO}])
async def test_a_status_that_is_none_says_nothing_of_a_reel(said: Any) -> None:
    built = over(status=ok(said))
    assert isinstance(await built.channel.find(REEL, WHO, uploaded(), NOW), Unknown)
