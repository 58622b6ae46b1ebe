"""Finding the post of a container: it must be the only one that fits in text, kind and time.

Instagram and Threads, after a lost answer or a restored database.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from munadi.domain.publication import Absent, Published, Unknown
from munadi.ports import PublicationDraft
from tests.channels.containers import (
    FILM,
    INSTAGRAM,
    ONE,
    PAIR,
    POST,
    THREADS,
    ContainerNetwork,
    at,
    codes,
    graph_error,
    known,
    networks,
)
from tests.channels.making import NOW, image, publication
from tests.channels.network import answer, ok

SECOND = timedelta(seconds=1)
OTHER_ID = "2"


@pytest.mark.parametrize(
    ("on", "status", "listed", "wanted"),
    [
        *((INSTAGRAM, status, 1, Absent) for status in ("FINISHED", "ERROR", "EXPIRED")),
        (THREADS, "FINISHED", 1, Absent),
        *((on, status, 1, Unknown) for on in (INSTAGRAM, THREADS) for status in ("IN_PROGRESS", "NEW_WORD")),
        *((on, "PUBLISHED", listed, Published) for on in (INSTAGRAM, THREADS) for listed in (0, 1)),
        # for a dead container the profile's list decides
        (THREADS, "ERROR", 0, Absent),
        (THREADS, "EXPIRED", 0, Absent),
        (THREADS, "EXPIRED", 1, Published),
        (THREADS, "EXPIRED", 2, Unknown),
        (THREADS, graph_error(100, 33), 0, Absent),
        (THREADS, graph_error(100, 33), 1, Published),
        (THREADS, graph_error(10), 1, Unknown),
    ],
)
async def test_find_by_the_containers_status(on: ContainerNetwork, status: Any, listed: int, wanted: type) -> None:
    built = on.ready(status=status, listed=[on.listed(id=str(index)) for index in range(listed)])
    assert isinstance(await on.find(built, handle=known()), wanted)


@pytest.mark.parametrize("listed", [answer(500, "<html>"), ok("not json"), ok({}), ok({"data": None})])
async def test_a_list_that_cannot_be_read_proves_neither_absence_nor_an_id(listed: Any) -> None:
    assert isinstance(await THREADS.find(THREADS.ready(status="EXPIRED", listed=listed), handle=known()), Unknown)
    for on in (INSTAGRAM, THREADS):
        found = await on.find(on.ready(status="PUBLISHED", listed=listed), handle=known())
        assert isinstance(found, Published)
        assert found.post_id is None


@networks
async def test_find_with_a_known_id_needs_no_search(on: ContainerNetwork) -> None:
    built = on.ready()
    assert isinstance(await on.find(built, handle=known(posts={"post": POST})), Published)
    assert [request.url.path for request in built.network.requests] == [f"/{on.version}/{POST}"]


EARLY = at(NOW - SECOND)
LISTS: list[tuple[list[Any], bool]] = [  # the changes of each listed post; whether ours is found among them
    ([{}], True),
    ([{"text": "  Hello \n"}], True),
    ([{"id": "1", "text": "Other"}, {}], True),
    ([{"id": "1", "timestamp": EARLY}, {}], True),
    ([{"id": "1", "media_type": "VIDEO"}, {}], True),
    ([], False),
    ([{"text": "Other"}], False),
    ([{"text": None}], False),
    ([{"media_type": "VIDEO"}], False),
    ([{"timestamp": EARLY}], False),
    ([{"timestamp": None}], False),
    ([{}, {"id": OTHER_ID}], False),
]


@networks
@pytest.mark.parametrize(("changes", "bound"), LISTS, ids=str)
async def test_a_post_is_found_only_if_it_is_the_only_one_that_fits(
    on: ContainerNetwork, changes: list[Any], bound: bool
) -> None:
    built = on.ready(
        status="PUBLISHED", listed=["nonsense", {on.text: "Hello"}, *(on.listed(**one) for one in changes)]
    )
    found = await on.find(built, handle=known(), since=NOW + 0.4 * SECOND)
    assert found.post_id == (POST if bound else None)
    assert codes(found) == ([] if bound else ["POST_ID_PENDING"])


CHILDREN = {"data": [{"id": "1"}, {"id": "2"}]}
TRIPLE = publication("Hello", media=(image(0), image(1), image(2)))
HELLO = publication("Hello")


@pytest.mark.parametrize(
    ("on", "given", "kind", "changes", "bound"),
    [
        (INSTAGRAM, ONE, 0, {"media_product_type": None}, True),
        (INSTAGRAM, ONE, 0, {"media_product_type": "REELS"}, False),
        (INSTAGRAM, FILM, 1, {}, True),
        (INSTAGRAM, PAIR, 2, {}, True),
        (THREADS, HELLO, 0, {"media_type": None}, True),
        (THREADS, HELLO, 0, {"media_type": "TEXT"}, True),
        (THREADS, HELLO, 0, {"media_type": "TEXT_POST"}, True),
        (THREADS, HELLO, 0, {}, False),
        (THREADS, FILM, 1, {}, True),
        (THREADS, FILM, 0, {}, False),
        (THREADS, PAIR, 2, {}, True),
        (THREADS, PAIR, 2, {"children": CHILDREN}, True),
        (THREADS, TRIPLE, 2, {"children": CHILDREN}, False),
    ],
)
async def test_kinds_read_back_under_the_networks_names(
    on: ContainerNetwork, given: PublicationDraft, kind: int, changes: dict[str, Any], bound: bool
) -> None:
    built = on.ready(status="PUBLISHED", listed=[on.listed(kind, **changes)])
    assert (await on.find(built, given, known())).post_id == (POST if bound else None)


async def test_instagram_lists_stories_apart_and_without_a_caption() -> None:
    given = publication(media=(image(),), options={"kind": "story"})
    built = INSTAGRAM.ready(status="PUBLISHED")
    story = INSTAGRAM.listed(text=None, media_product_type="STORY")
    built.network.on("GET", f"/{INSTAGRAM.account.external_id}/stories", ok({"data": [story]}))
    assert (await INSTAGRAM.find(built, given, known())).post_id == POST


@networks
async def test_the_list_is_read_from_a_minute_before(on: ContainerNetwork) -> None:
    built = on.ready(status="PUBLISHED")
    await on.find(built, handle=known())
    (request,) = built.network.sent(on.make_path)
    assert request.url.params["since"] == str(int(NOW.timestamp()) - 60)


@networks
async def test_without_a_container_the_profiles_posts_decide(on: ContainerNetwork) -> None:
    """After a restore the post may be live although the database has no record of it."""
    for listed, wanted in (
        ([on.listed(timestamp=at(NOW - 30 * SECOND))], Published),
        ([], Absent),
        ([on.listed(), on.listed(id=OTHER_ID)], Unknown),
    ):
        assert isinstance(await on.find(on.ready(listed=listed)), wanted)
    earlier = [on.listed(timestamp=at(NOW - 600 * SECOND))]
    assert isinstance(await on.find(on.ready(listed=earlier), since=ONE.created_at), Absent)
