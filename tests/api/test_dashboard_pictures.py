"""Thumbnails of posts for those who may see them, marks of networks, initials, and the state in the header."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from api.dashboard.icons import first_file
from api.process.temporal_watch import TemporalWatch
from munadi.domain.key import Scope
from munadi.media.thumbnail import SIDE
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.servers import picture
from tests.db.seeding import START

READ = (Scope.CONTENTS_READ, Scope.ACCOUNTS_READ)


class Watch(TemporalWatch):
    """A Temporal that answers, or does not."""

    def __init__(self, *, up: bool) -> None:
        super().__init__()
        self.up = up
        self.down_since = None if up else START

    async def is_up(self, services: Any) -> bool:
        return self.up


async def with_picture(api: ApiHarness, **fields: Any) -> dict[str, Any]:
    api.site.files["/p.jpg"] = picture(640, 320)
    media = [{"url": api.site.url("/p.jpg"), "alt": "A <b>teal</b> umbrella"}]
    return await api.submit(text="Umbrellas", media=media, **fields)


async def test_lists_show_the_first_picture_of_a_post(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    content = await with_picture(api)
    wanted = (
        f'src="/thumbnails/{content["media"][0]["id"]}" alt="A &lt;b&gt;teal&lt;/b&gt; umbrella" width="48" height="48"'
    )
    for path in ("/contents", f"/calendar?brandRef=acme&date={content['scheduledAt'][:10]}"):
        page = await dashboard.page(path)
        assert wanted in page, path
        assert '<use href="#network-bluesky"/>' in page, path
    await api.submit(text="Only words")
    assert (await dashboard.page("/contents")).count('class="thumbnail"') == 1


async def test_a_thumbnail_is_small_and_for_those_who_may_see_it(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    address = f"/thumbnails/{(await with_picture(api))['media'][0]['id']}"
    shown = await dashboard.get(address)
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
    assert shown.headers["cache-control"].startswith("private")
    assert Image.open(io.BytesIO(shown.content)).size == (SIDE, SIDE // 2)
    async with api.dashboard(await api.key(*READ, brand_ref="rival")) as rival:
        assert (await rival.get(address)).headers["content-type"] == "image/svg+xml"
    async with api.dashboard() as nobody:
        assert (await nobody.get(address)).status_code == 303
    gone = await dashboard.get("/thumbnails/med_nothing")
    assert gone.headers["content-type"] == "image/svg+xml", "a drawing, no broken picture"


async def test_thumbnails_are_part_of_their_page_and_cost_no_calls(api: ApiHarness) -> None:
    address = f"/thumbnails/{(await with_picture(api))['media'][0]['id']}"
    async with api.dashboard(await api.key(*READ, brand_ref="acme")) as acme:
        await acme.page("/contents")
        before = (await api.usage())["apiCalls"]["used"]
        for _ in range(5):
            assert (await acme.get(address)).status_code == 200
        # The reading of the usage itself.
        assert (await api.usage())["apiCalls"]["used"] == before + 1


@pytest.mark.parametrize(
    ("media", "found"),
    [
        ([{"id": "v", "kind": "video"}, {"id": "i", "kind": "image", "alt": "x"}], {"id": "i", "alt": "x"}),
        ([{"id": "v", "kind": "video", "alt": None}], {"id": "v", "alt": ""}),
        # What a draft may have, which is saved as it is.
        ([{"url": "https://cdn.example/a.jpg"}, {"id": "m"}], {"id": "m", "alt": ""}),
        ([{"id": 7}, "words", None], None),
        ("words", None),
        (None, None),
    ],
)
def test_the_file_that_stands_for_a_post(media: Any, found: dict[str, str] | None) -> None:
    assert first_file(media) == found


async def test_accounts_have_initials(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    page = await dashboard.page("/accounts?brandRef=acme")
    assert page.count('<span class="avatar tint-') >= 1
    assert 'class="avatar tint-' in await dashboard.page("/compose?brandRef=acme")


async def test_the_header_says_when_temporal_does_not_answer(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    for up in (True, False):
        api.app.state.temporal_watch = Watch(up=up)
        page = await dashboard.page("/contents")
        assert ("Degraded<" in page) is not up
        words = ("does not answer", "What to do", "munadi doctor", f"{START:%d %b %Y, %H:%M:%S}".lstrip("0"))
        assert [each for each in words if (each in page) is up] == []
        assert f'<span class="version">{api.app.version}</span>' in page


async def test_pages_ask_temporal_at_most_every_few_seconds(api: ApiHarness) -> None:
    watch = TemporalWatch()
    assert await watch.is_up(api.services) is (api.services.temporal is not None)
    watch._last = True
    assert await watch.is_up(api.services), "the last result is fresh"
