"""Which media a live container became: one that fits in text, kind and time, or nobody says. Never the latest."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from munadi.domain.publication import Absent, Published, Unknown
from munadi.ports import PublicationDraft
from tests.channels.instagram.test_publish import DRAFT, IG, READ, WHO, handle, over
from tests.channels.making import NOW, image, publication, video
from tests.channels.network import answer, ok


def at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")


def media(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in (READ | changes).items() if value is not None}


async def find(listed: list[Any], given: PublicationDraft = DRAFT, known: Any = None) -> Any:
    built = over(status="PUBLISHED", listed=ok({"data": listed}))
    return await built.channel.find(given, WHO, handle() if known is None else None, NOW + timedelta(milliseconds=400))


@pytest.mark.parametrize(
    ("listed", "bound"),
    [
        ([media()], True),
        ([media(caption="  Hello \n")], True),
        ([media(media_product_type=None)], True),
        ([media(id="1", caption="Other"), media()], True),
        ([media(id="1", timestamp=at(NOW - timedelta(seconds=1))), media()], True),
        ([], False),
        ([media(caption="Other")], False),
        ([media(caption=None)], False),
        ([media(media_type="VIDEO")], False),
        ([media(media_product_type="REELS")], False),
        ([media(timestamp=at(NOW - timedelta(seconds=1)))], False),
        ([media(timestamp=None)], False),
        ([media(), media(id="2")], False),
        (["nonsense", {"caption": "Hello"}], False),
    ],
)
async def test_exactly_one_that_fits_is_bound(listed: list[Any], bound: bool) -> None:
    found = await find(listed)
    assert isinstance(found, Published)
    assert found.post_id == (READ["id"] if bound else None)
    assert [warning.code for warning in found.warnings] == ([] if bound else ["POST_ID_PENDING"])


@pytest.mark.parametrize(
    ("given", "media_type", "product_type"),
    [
        (publication("Hello", media=(video(),)), "VIDEO", "REELS"),
        (publication("Hello", media=(image(0), image(1))), "CAROUSEL_ALBUM", "FEED"),
    ],
)
async def test_kinds_read_back_under_other_names(given: PublicationDraft, media_type: str, product_type: str) -> None:
    found = await find([media(), media(id="2", media_type=media_type, media_product_type=product_type)], given)
    assert isinstance(found, Published)
    assert found.post_id == "2"


async def test_stories_have_a_list_of_their_own_and_no_caption() -> None:
    given = publication(media=(image(),), options={"kind": "story"})
    built = over(status="PUBLISHED")
    story = media(caption=None, media_product_type="STORY")
    built.network.on("GET", f"/{IG}/stories", ok({"data": [story]}))
    found = await built.channel.find(given, WHO, handle(), NOW)
    assert isinstance(found, Published)
    assert found.post_id == READ["id"]


async def test_the_list_is_asked_from_a_minute_before() -> None:
    built = over(status="PUBLISHED")
    await built.channel.find(DRAFT, WHO, handle(), NOW)
    (request,) = built.network.sent(f"/{IG}/media")
    assert request.url.params["since"] == str(int(NOW.timestamp()) - 60)


async def test_a_live_post_whose_list_cannot_be_read_is_live() -> None:
    built = over(status="PUBLISHED", listed=answer(500, "<html>"))
    found = await built.channel.find(DRAFT, WHO, handle(), NOW)
    assert isinstance(found, Published)
    assert found.post_id is None


async def test_what_stood_there_before_it_was_due_is_another_post() -> None:
    earlier = ok({"data": [media(timestamp=at(NOW - timedelta(minutes=10)))]})
    built = over(listed=earlier)
    assert await built.channel.find(DRAFT, WHO, None, DRAFT.created_at) == Absent()


async def test_without_a_container_the_accounts_media_decide() -> None:
    """As after a restored database: the post may be there although nothing is on record."""
    found = await find([media(timestamp=at(NOW - timedelta(seconds=30)))], known=False)
    assert isinstance(found, Published)
    assert await find([], known=False) == Absent()
    assert isinstance(await find([media(), media(id="2")], known=False), Unknown)
