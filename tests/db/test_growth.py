"""No hot statement reads more because more posts are stored, and no list leaves any out. `make drills` has the large
version, with times."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from munadi.db.contents.content_filter import ContentFilter
from munadi.db.contents.publications import PublicationFilter, list_publications
from munadi.db.contents.queries import list_contents
from munadi.db.events.log import events_after
from munadi.db.migrate import upgrade
from munadi.db.session import Database
from munadi.db.webhooks.delivery_log import DeliveryFilter, DeliveryLog
from munadi.domain.webhook import DeliveryStatus
from tests.support.growth import measured, slower
from tools.growth import texts
from tools.growth.filler import fill
from tools.growth.rows import BIG, EMPTY_CHANNEL, QUIET, RARE_CHANNEL, RARE_TYPE, account_of, posts

pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("growth")]
SIZES = (5_000, 20_000)
# With so few posts a server would rather read them all. What is tested is that there is an index to read.
BY_INDEX = "?options=-c%20enable_seqscan%3Doff%20-c%20enable_hashjoin%3Doff%20-c%20enable_mergejoin%3Doff"
Row = Mapping[str, Any]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The URLs of two databases, the second with four times as many posts."""
    if request.param == "sqlite":
        folder: Path = tmp_path_factory.mktemp("growth")
        urls = [f"sqlite+aiosqlite:///{folder / str(size)}.db" for size in SIZES]
    else:
        server = request.getfixturevalue("complete_postgres")
        urls = [server.create_database() for _ in SIZES]
    for url, size in zip(urls, SIZES, strict=True):
        upgrade(url)
        fill(url, size)
    return urls


async def test_hot_statements_read_no_more_from_more_posts(filled: list[str]) -> None:
    way = BY_INDEX if filled[0].startswith("postgresql") else ""
    small, large = [await measured(url + way, runs=1) for url in filled]
    assert slower(small, large) == []


@pytest.fixture
async def database(filled: list[str]) -> AsyncIterator[Database]:
    """The smaller one of the two."""
    opened = Database(filled[0])
    yield opened
    await opened.close()


@cache
def _rows() -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for table, values in posts(SIZES[0]):
        found.setdefault(table, []).append(values)
    return found


def _posts(wanted: Callable[[Row, Row, str], bool]) -> list[str]:
    """The ids of the posts that fulfil a condition on their row, their publication and their text, newest first."""
    rows = _rows()
    several = zip(rows["contents"], rows["publications"], rows["drafts"], strict=True)
    found = [post for post, publication, draft in several if wanted(post, publication, draft["source"]["text"])]
    return [post["id"] for post in sorted(found, key=lambda post: (post["created_at"], post["id"]), reverse=True)]


async def _pages(read: Callable[[Any], Awaitable[tuple[list[str], Any]]]) -> list[str]:
    """The ids of all pages. `read` returns those of the page behind a place, and the next place."""
    found: list[str] = []
    place: Any = None
    for _ in range(1_000):
        ids, place = await read(place)
        found += ids
        if place is None:
            return found
    raise AssertionError("the list has no end")


BUSY = account_of(BIG, "bluesky")
LISTS: dict[str, tuple[dict[str, Any], Callable[[Row, Row, str], bool]]] = {
    "a brand": ({"brand_ref": QUIET}, lambda post, _, __: post["brand_ref"] == QUIET),
    "two statuses": (
        {"statuses": ["publishing", "failed"], "brand_ref": BIG},
        lambda post, _, __: post["status"] in ("publishing", "failed") and post["brand_ref"] == BIG,
    ),
    "a usual and a rare status": (
        {"statuses": ["published", "publishing"]},
        lambda post, _, __: post["status"] in ("published", "publishing"),
    ),
    "a channel": ({"channel": RARE_CHANNEL}, lambda _, publication, __: publication["channel"] == RARE_CHANNEL),
    "a channel of a brand": (
        {"channel": "x", "brand_ref": BIG},
        lambda post, publication, __: publication["channel"] == "x" and post["brand_ref"] == BIG,
    ),
    "a channel that a brand has no account of": ({"channel": "youtube", "brand_ref": BIG}, lambda *_: False),
    "a channel without posts": ({"channel": EMPTY_CHANNEL}, lambda *_: False),
    "an account and a status": (
        {"account_id": BUSY, "statuses": ["canceled"]},
        lambda post, publication, __: publication["account_id"] == BUSY and post["status"] == "canceled",
    ),
    "an account and a channel that is not its own": ({"account_id": BUSY, "channel": "x"}, lambda *_: False),
    "dismissed failures of a brand": (
        {"dismissed": True, "brand_ref": BIG},
        lambda post, _, __: post["dismissed_at"] is not None and post["brand_ref"] == BIG,
    ),
    "proposals of a brand": (
        {"proposed": ["requested", "declined"], "brand_ref": BIG},
        lambda post, _, __: post["proposed_as"] is not None and post["brand_ref"] == BIG,
    ),
    "a rare word": ({"words": texts.RARE.upper()}, lambda _, __, text: texts.RARE in text),
    "a frequent word": ({"words": texts.FREQUENT}, lambda _, __, text: texts.FREQUENT in text),
    "a campaign": ({"words": texts.CAMPAIGN}, lambda _, __, text: texts.CAMPAIGN in text),
    "two letters": ({"words": "ff"}, lambda _, __, text: "ff" in text),
    "one emoji": ({"words": "🎉"}, lambda _, __, text: "🎉" in text),
    "a frequent word in a brand": (
        {"words": texts.FREQUENT, "brand_ref": QUIET},
        lambda post, _, text: texts.FREQUENT in text and post["brand_ref"] == QUIET,
    ),
}


@pytest.mark.parametrize("name", LISTS)
async def test_the_pages_of_a_list_have_each_post_once(database: Database, name: str) -> None:
    wanted, is_wanted = LISTS[name]

    async def read(place: Any) -> tuple[list[str], Any]:
        async with database.read() as session:
            views, last = await list_contents(session, ContentFilter(**wanted, before=place), 90)
        return [view.id for view in views], last

    expected = _posts(is_wanted)
    assert await _pages(read) == expected
    assert expected or wanted.get("channel"), "nothing is tested"


@pytest.mark.parametrize(
    "name", [name for name, (wanted, _) in LISTS.items() if "statuses" in wanted or "channel" in wanted]
)
async def test_the_pages_of_publications_have_each_once(database: Database, name: str) -> None:
    wanted, is_wanted = LISTS[name]

    async def read(place: Any) -> tuple[list[str], Any]:
        async with database.read() as session:
            found, last = await list_publications(session, PublicationFilter(**wanted, after=place), 90)
        return [post.id for post, _ in found], last

    def of_publication(post: Row, publication: Row, text: str) -> bool:
        return is_wanted({**post, "status": publication["status"]}, publication, text)

    assert await _pages(read) == _posts(of_publication)


@pytest.mark.parametrize(
    "wanted", [{}, {"brand_ref": QUIET}, {"status": DeliveryStatus.EXHAUSTED}, {"status": DeliveryStatus.DELIVERED}]
)
async def test_the_pages_of_deliveries_have_each_once(database: Database, wanted: dict[str, Any]) -> None:
    log = DeliveryLog(database)

    async def read(place: Any) -> tuple[list[str], Any]:
        views, last = await log.list(DeliveryFilter(**wanted), limit=100, before=place)
        return [view.id for view in views], last

    brands = {row["id"]: row["brand_ref"] for row in _rows()["contents"]}
    expected = [
        row["id"]
        for row in _rows()["deliveries"]
        if wanted.get("status", row["status"]) == row["status"]
        and wanted.get("brand_ref", brands[row["content_id"]]) == brands[row["content_id"]]
    ]
    assert await _pages(read) == sorted(expected, reverse=True)


@pytest.mark.parametrize("types", [[RARE_TYPE], [RARE_TYPE, "content.publish.failed"], ["content.queued", RARE_TYPE]])
async def test_the_pages_of_events_have_each_once(database: Database, types: list[str]) -> None:
    async def read(place: Any) -> tuple[list[str], Any]:
        async with database.read() as session:
            rows, has_more = await events_after(session, place or 0, limit=100, types=types, brand_ref=BIG)
        return [row.id for row in rows], rows[-1].position if has_more else None

    wanted = [row for row in _rows()["events"] if row["type"] in types and row["brand_ref"] == BIG]
    assert await _pages(read) == [row["id"] for row in sorted(wanted, key=lambda row: row["position"])]
