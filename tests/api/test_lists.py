"""Lists of publications and media, and posts by their ids: filters, pages, and what a brand's key may see."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.ids import Prefix
from munadi.domain.key import Scope
from munadi.domain.publication import PublicationStatus
from tests.api.harness import ApiHarness, later
from tests.api.problems import expect_errors, expect_problem
from tests.api.servers import picture
from tests.db.query_plans import plan_of

pytestmark = pytest.mark.each_database
PUBLICATIONS, MEDIA, CONTENTS = "/v1/publications", "/v1/media", "/v1/contents"


async def pages_of(api: ApiHarness, path: str, **query: Any) -> list[list[str]]:
    """The ids of every page of a list."""
    pages = []
    while query.get("cursor", "") is not None:
        page = await api.read(path, params=query)
        pages.append([each["id"] for each in page["data"]])
        query["cursor"] = page["nextCursor"]
    return pages


async def test_publications_are_listed_in_pages_with_their_posts(api: ApiHarness) -> None:
    threads = await api.add_account(ChannelName.THREADS)
    channels = ["bluesky", {"channel": "threads", "accountId": threads}]
    made = [await api.submit(text=f"post {number}", channels=channels) for number in range(3)]
    pages = await pages_of(api, PUBLICATIONS, limit=2)
    newest_first = sorted(made, key=lambda content: content["id"], reverse=True)
    assert [each for page in pages for each in page] == [
        publication["id"] for content in newest_first for publication in content["publications"]
    ]
    assert [len(page) for page in pages] == [2, 2, 2]
    [first, *_] = await api.read_list(PUBLICATIONS)
    own = newest_first[0]["publications"][0]
    assert first == own | {"contentId": newest_first[0]["id"], "brandRef": "acme"}


async def test_every_filter_narrows_the_list_of_publications(api: ApiHarness) -> None:
    threads = await api.add_account(ChannelName.THREADS)
    one = await api.submit(scheduledAt=later(days=1))
    two = await api.submit(scheduledAt=later(days=2), channels=[{"channel": "threads", "accountId": threads}])
    three = await api.submit(brandRef="rival", scheduledAt=later(days=3))
    await api.move(one["id"], PublicationStatus.QUEUED, PublicationStatus.FAILED)
    await api.change(three["id"], "cancel")
    for query, expected in (
        ({"brandRef": "acme"}, [two, one]),
        ({"channel": "threads"}, [two]),
        ({"accountId": threads}, [two]),
        ({"accountId": threads, "channel": "bluesky"}, []),
        ({"status": ["failed", "canceled"]}, [three, one]),
        ({"since": later(days=2)}, [three, two]),
        ({"since": later(days=1), "until": later(days=2)}, [one]),
    ):
        found = await api.read_list(PUBLICATIONS, params=query)
        assert {each["contentId"] for each in found} == {content["id"] for content in expected}, query


async def test_a_brands_key_lists_its_own(api: ApiHarness) -> None:
    ours, theirs = await api.submit(), await api.submit(brandRef="rival")
    uploads = [(await api.upload(picture(), brandRef=brand)).json() for brand in ("acme", "rival")]
    shared = (await api.post(MEDIA, files={"file": ("a.png", picture(9, 9), "image/png")})).json()
    key = await api.key(Scope.CONTENTS_READ, brand_ref="acme")
    assert [each["contentId"] for each in await api.read_list(PUBLICATIONS, key=key)] == [ours["id"]]
    assert await api.read_list(MEDIA, key=key) == uploads[:1]
    both = {"id": [ours["id"], theirs["id"]]}
    assert [each["id"] for each in await api.read_list(CONTENTS, key=key, params=both)] == [ours["id"]]
    for path in (PUBLICATIONS, MEDIA, CONTENTS):
        expect_problem(await api.get(path, key=key, params={"brandRef": "rival"}), 404, "NOT_FOUND")
    assert await api.read_list(MEDIA) == [shared, *reversed(uploads)]
    assert await api.read_list(MEDIA, params={"brandRef": "rival"}) == uploads[1:]


async def test_media_are_listed_in_pages_newest_first(api: ApiHarness) -> None:
    made = [(await api.upload(picture(8 + number, 8))).json()["id"] for number in range(3)]
    assert await pages_of(api, MEDIA, limit=2) == [made[:0:-1], made[:1]]


async def test_posts_are_read_by_id_in_one_page(api: ApiHarness) -> None:
    made = [(await api.submit(text=f"post {number}"))["id"] for number in range(22)]
    unknown = f"{Prefix.CONTENT.value}_{'0' * 26}"
    page = await api.read(CONTENTS, params={"id": [*made[:21], unknown]})
    assert ({each["id"] for each in page["data"]}, page["nextCursor"]) == (set(made[:21]), None)
    assert [each["id"] for each in await api.read_list(CONTENTS, params={"id": made[21], "status": "failed"})] == []


async def test_what_cannot_be_listed_is_a_problem(api: ApiHarness) -> None:
    many = {"id": [f"{Prefix.CONTENT.value}_{number:026d}" for number in range(101)]}
    [error] = expect_errors(await api.get(CONTENTS, params=many), "?id")
    assert (error["limit"], error["actual"]) == (100, 101)
    expect_errors(await api.get(CONTENTS, params={"id": "cnt_1"}), "?id/0")
    expect_errors(await api.get(PUBLICATIONS, params={"status": "lost"}), "?status/0")
    expect_errors(await api.get(PUBLICATIONS, params={"since": "yesterday"}), "?since")
    await api.submit()
    await api.submit()
    of_posts = (await api.read(CONTENTS, params={"limit": 1}))["nextCursor"]
    for path, cursor in ((PUBLICATIONS, "x"), (PUBLICATIONS, of_posts), (MEDIA, "!")):
        expect_errors(await api.get(path, params={"cursor": cursor}), ("?cursor", "CURSOR_INVALID"))


@pytest.mark.each_database(False)
async def test_a_page_is_read_by_an_index(api: ApiHarness) -> None:
    account = (await api.submit())["publications"][0]["accountId"]
    for path, word, index in (
        (f"{PUBLICATIONS}?brandRef=acme", "publications.id", "contents_by_brand"),
        (f"{PUBLICATIONS}?status=failed", "FROM publications", "publications_by_status"),
        (f"{PUBLICATIONS}?status=failed&brandRef=acme", "FROM publications", "publications_by_status"),
        (f"{PUBLICATIONS}?channel=bluesky", "publications.id", "publications_by_channel_and_age"),
        (f"{MEDIA}?brandRef=acme", "FROM media", "media_by_brand"),
    ):
        plan = "\n".join(await plan_of(api.services.database, api.get(path), word))
        assert index in plan, plan
        assert "SCAN publications" not in plan, plan
    of_account = f"{PUBLICATIONS}?accountId={account}&status=failed"
    plan = "\n".join(await plan_of(api.services.database, api.get(of_account), "FROM publications"))
    assert "publications_by_account" in plan, plan
    by_id = f"{CONTENTS}?id={Prefix.CONTENT.value}_{'0' * 26}"
    plan = "\n".join(await plan_of(api.services.database, api.get(by_id), "FROM contents"))
    assert "SCAN" not in plan, plan
