"""Which Threads post a container became: one that fits in text, kind and time, or nobody says. Never the latest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from munadi.domain.publication import Absent, Published, Unknown
from munadi.ports import PublicationDraft
from tests.channels.making import NOW, image, publication, video
from tests.channels.network import answer, ok
from tests.channels.test_threads_publish import DRAFT, ID, POST, READ, WHO, at, codes, graph_error, handle, over


@pytest.mark.parametrize(
    ("status", "listed", "wanted"),
    [
        ("FINISHED", [READ], Absent),
        ("IN_PROGRESS", [READ], Unknown),
        ("NEW_WORD", [READ], Unknown),
        ("PUBLISHED", [READ], Published),
        ("PUBLISHED", [], Published),
        # a dead container leaves the profile's own list to decide
        ("ERROR", [], Absent),
        ("EXPIRED", [], Absent),
        ("EXPIRED", [READ], Published),
        ("EXPIRED", [READ, READ | {"id": "2"}], Unknown),
        (graph_error(100, 33), [], Absent),
        (graph_error(100, 33), [READ], Published),
        (graph_error(10), [READ], Unknown),
    ],
)
async def test_find_by_the_containers_status(status: Any, listed: list[Any], wanted: type) -> None:
    built = over(status=status, listed=ok({"data": listed}))
    assert isinstance(await built.channel.find(DRAFT, WHO, handle(), NOW), wanted)
    assert built.network.mutations == []


async def test_a_dead_container_and_a_list_that_cannot_be_read_cannot_tell() -> None:
    built = over(status="EXPIRED", listed=answer(500, "<html>"))
    assert isinstance(await built.channel.find(DRAFT, WHO, handle(), NOW), Unknown)


@pytest.mark.parametrize("listed", ["not json", {}, {"data": None}])
async def test_what_is_no_list_of_posts_proves_no_absence(listed: Any) -> None:
    built = over(status="EXPIRED", listed=ok(listed))
    assert isinstance(await built.channel.find(DRAFT, WHO, handle(), NOW), Unknown)


async def find(listed: list[Any], given: PublicationDraft = DRAFT, known: Any = True) -> Any:
    built = over(status="PUBLISHED", listed=ok({"data": listed}))
    since = NOW + timedelta(milliseconds=400)
    return await built.channel.find(given, WHO, handle() if known else None, since)


def post(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in (READ | changes).items() if value is not None}


@pytest.mark.parametrize(
    ("listed", "bound"),
    [
        ([post()], True),
        ([post(text="  Hello \n")], True),
        ([post(media_type=None)], True),
        ([post(media_type="TEXT")], True),
        ([post(id="1", text="Other"), post()], True),
        ([post(id="1", timestamp=at(NOW - timedelta(seconds=1))), post()], True),
        ([], False),
        ([post(text="Other")], False),
        ([post(text=None)], False),
        ([post(media_type="IMAGE")], False),
        ([post(timestamp=at(NOW - timedelta(seconds=1)))], False),
        ([post(timestamp=None)], False),
        ([post(), post(id="2")], False),
        (["nonsense", {"text": "Hello"}], False),
    ],
)
async def test_exactly_one_that_fits_is_bound(listed: list[Any], bound: bool) -> None:
    found = await find(listed)
    assert found.post_id == (POST if bound else None)
    assert codes(found) == ([] if bound else ["POST_ID_PENDING"])


CHILDREN = {"data": [{"id": "1"}, {"id": "2"}]}


@pytest.mark.parametrize(
    ("given", "changes", "bound"),
    [
        (publication("Hello", media=(image(),)), {"media_type": "IMAGE"}, True),
        (publication("Hello", media=(video(),)), {"media_type": "VIDEO"}, True),
        (publication("Hello", media=(video(),)), {"media_type": "IMAGE"}, False),
        (publication("Hello", media=(image(0), image(1))), {"media_type": "CAROUSEL_ALBUM"}, True),
        (
            publication("Hello", media=(image(0), image(1))),
            {"media_type": "CAROUSEL_ALBUM", "children": CHILDREN},
            True,
        ),
        (
            publication("Hello", media=(image(0), image(1), image(2))),
            {"media_type": "CAROUSEL_ALBUM", "children": CHILDREN},
            False,
        ),
    ],
)
async def test_kinds_read_back_under_their_names(given: PublicationDraft, changes: dict[str, Any], bound: bool) -> None:
    assert (await find([post(**changes)], given)).post_id == (POST if bound else None)


async def test_the_list_is_asked_from_a_minute_before() -> None:
    built = over(status="PUBLISHED")
    await built.channel.find(DRAFT, WHO, handle(), NOW)
    (request,) = built.network.sent(f"/{ID}/threads")
    assert request.url.params["since"] == str(int(NOW.timestamp()) - 60)


async def test_what_stood_there_before_it_was_due_is_another_post() -> None:
    earlier = ok({"data": [post(timestamp=at(NOW - timedelta(minutes=10)))]})
    assert await over(listed=earlier).channel.find(DRAFT, WHO, None, DRAFT.created_at) == Absent()


async def test_without_a_container_the_profiles_posts_decide() -> None:
    """As after a restored database: the post may be there although nothing is on record."""
    assert isinstance(await find([post(timestamp=at(NOW - timedelta(seconds=30)))], known=False), Published)
    assert await find([], known=False) == Absent()
    assert isinstance(await find([post(), post(id="2")], known=False), Unknown)
