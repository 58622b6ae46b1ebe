"""Drafts and stored files have pages: people open, copy and delete them, each key its own."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

from munadi.domain.key import Scope
from munadi.domain.publication import PublicationStatus
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.servers import picture
from tests.api.test_dashboard_posts import READ, expect_words

S = PublicationStatus


def row_of(page: str, row_id: str) -> str:
    """A row of a list, by what it is about."""
    found = re.search(rf'<li class="row[^"]*" id="{row_id}">(.*?)\n  </li>', page, re.S)
    assert found is not None, page
    return unescape(found[1])


async def draft(api: ApiHarness, **content: Any) -> dict[str, Any]:
    return await api.create("/v1/drafts", {"brandRef": "acme", **content})


async def test_drafts_are_counted_opened_copied_and_deleted(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    assert "No drafts" in await dashboard.page("/drafts")
    whole = await draft(api, text="It's <b>half</b>", channels=["bluesky", {"channel": "threads"}, 7])
    bare = await draft(api, channels=None)
    page = await dashboard.page("/drafts")
    assert faults(page) == []
    row = row_of(page, whole["id"])
    expect_words(row, f"/compose?brandRef=acme&draft={whole['id']}", "Bluesky", "Threads", "not finished")
    expect_words(row_of(page, bare["id"]), "(no text)")
    assert '<span class="count">2</span>' in await dashboard.page("/contents")
    assert '<span class="count">' not in await dashboard.page("/contents?brandRef=rival")
    body = json.loads(re.search(r"data-body='([^']+)'", row)[1])  # type: ignore[index]
    copied = await dashboard.act("POST", "/v1/drafts", body, headers={"Idempotency-Key": "copy"})
    assert (copied.status_code, copied.json()["content"]) == (201, whole["content"])
    assert 'data-then="/compose?brandRef=acme&draft={id}"' in row
    assert f'data-action="DELETE /v1/drafts/{whole["id"]}"' in row
    assert (await dashboard.act("DELETE", f"/v1/drafts/{whole['id']}")).status_code == 204
    page = await dashboard.page("/drafts?brandRef=acme")
    assert (whole["id"] in page, copied.json()["id"] in page) == (False, True)


async def test_drafts_and_files_are_those_of_the_key_and_the_brand(api: ApiHarness) -> None:
    made, file = await draft(api, text="Secret plan"), await api.uploaded()
    async with api.dashboard(await api.key(*READ, brand_ref="rival")) as rival:
        for path in ("/drafts", "/drafts?brandRef=acme", "/media", "/media?brandRef=acme"):
            page = await rival.page(path)
            assert not [each for each in (made["id"], file["id"], "Secret") if each in page], path
    async with api.dashboard(await api.key(*READ)) as reader:
        for path, found in (("/drafts", made["id"]), ("/media", file["id"])):
            page = await reader.page(path)
            assert (found in page, "data-action" in page) == (True, False)
        assert file["id"] not in await reader.page("/media?brandRef=rival")


async def test_files_are_shown_with_what_uses_them(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    assert "No files" in await dashboard.page("/media")
    api.site.files["/summer%20sale.jpg"] = picture(640, 320)
    fetched = await api.create("/v1/media", {"brandRef": "acme", "url": api.site.url("/summer%20sale.jpg")})
    free = await api.uploaded(picture(30, 30))
    posts = [await api.submit(text=f"Sale <{number}>", media=[{"id": fetched["id"]}]) for number in range(4)]
    unfinished = await draft(api, text="Half", media=[{"id": free["id"]}])
    page = await dashboard.page("/media")
    assert faults(page) == []
    row = row_of(page, fetched["id"])
    expect_words(row, "summer sale.jpg", "image, 640 × 320", f"/thumbnails/{fetched['id']}", "Sale <3>", "and others")
    assert f"/contents/{posts[0]['id']}" not in row, "the newest three"
    expect_words(row_of(page, free["id"]), "a.png", "a draft", f"/compose?draft={unfinished['id']}")
    assert (await dashboard.act("DELETE", f"/v1/media/{free['id']}")).status_code == 409
    assert (await dashboard.act("DELETE", f"/v1/drafts/{unfinished['id']}")).status_code == 204
    expect_words(row_of(await dashboard.page("/media"), free["id"]), "Not used")
    assert (await dashboard.act("DELETE", f"/v1/media/{free['id']}")).status_code == 204
    assert free["id"] not in await dashboard.page("/media")


async def test_a_file_has_its_own_name_else_that_of_its_kind(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    api.site.files["/"] = picture(32, 32)
    bare = await api.create("/v1/media", {"brandRef": "acme", "url": api.site.url("/")})
    named = (await api.upload(picture(31, 31), name="Umbrellas & more.jpg")).json()
    page = await dashboard.page("/media")
    expect_words(row_of(page, named["id"]), "Umbrellas & more.jpg", "image, 31 × 31")
    expect_words(row_of(page, bare["id"]), "JPEG picture")


async def test_a_file_that_is_needed_names_what_needs_it_and_asks_nothing(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    file = await api.uploaded()
    needs = await api.submit(text="Still <to> come", media=[{"id": file["id"]}])
    for number in range(4):
        over = await api.submit(text=f"Over {number}", media=[{"id": file["id"]}])
        assert (await api.post(f"/v1/contents/{over['id']}/cancel")).status_code == 200
    page = await dashboard.page("/media")
    assert faults(page) == []
    row = row_of(page, file["id"])
    assert f"DELETE /v1/media/{file['id']}" not in row
    needed = row.partition('class="change needed"')[2]
    expect_words(needed, "can’t be deleted yet", f'href="/contents/{needs["id"]}"', "Still <to> come")
    assert ("Over" in needed, "and others" in needed) == (False, False), "these need it no longer"
    assert (await dashboard.act("DELETE", f"/v1/media/{file['id']}")).status_code == 409, "the API says the same"
    assert (await api.post(f"/v1/contents/{needs['id']}/cancel")).status_code == 200
    row = row_of(await dashboard.page("/media"), file["id"])
    assert (f"DELETE /v1/media/{file['id']}" in row, "needed" in row) == (True, False)


async def test_the_files_page_costs_the_same_however_much_is_stored(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    async def statements() -> int:
        with api.statements() as seen:
            await dashboard.page("/media")
        return len([each for each in seen if "media" in each])

    await dashboard.page("/media")
    for size in (10, 11):
        await api.submit(media=[await api.uploaded(picture(size, 10))])
    few = await statements()
    for size in range(12, 20):
        await api.submit(media=[await api.uploaded(picture(size, 10))])
    assert await statements() == few


async def test_a_key_without_posts_sees_neither(api: ApiHarness) -> None:
    async with api.dashboard(await api.key(Scope.ACCOUNTS_READ)) as other:
        for path in ("/drafts", "/media"):
            assert (await other.get(path)).status_code == 403
