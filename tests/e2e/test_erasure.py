"""A brand is filled with marks and erased. Then every place where Munadi and Temporal write is searched for them.

Its owner connects beside the owner of another brand, each through an app of their own, on pages of their own look.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.async_api import Browser

from tests.e2e.tenants import Tenant, connect_side_by_side
from tests.e2e.test_secrets import dump, histories, written
from tests.harness.brand import Brand, until
from tests.harness.inbox import Inbox
from tests.harness.stack import Stack

MARK = "zqxmark"
ERASED = Tenant("marked", f"{MARK}-look", "#0b5fff", "rgb(11, 95, 255)")
STAYS = Tenant("other", "kept-look", "#ffd400", "rgb(255, 212, 0)")
GRACE = {"MUNADI_RELAY__ERASURE_GRACE": "1"}


def places_with_marks(folder: Path, *marks: str, **more: bytes) -> list[str]:
    """The files of Munadi and Temporal, and what is given, that have one of the marks."""
    everywhere = written(folder, {"sandbox", "sandbox.log", "keys", "failpoints"}) | more
    assert {"data/temporal.db", "data/logs/worker.log", "data/logs/api.log"} <= set(everywhere)
    wanted = [mark.encode() for mark in (MARK, *marks)]
    return sorted(name for name, content in everywhere.items() if any(mark in content for mark in wanted))


async def request_erasure(brand: Brand, path: str, confirm: str) -> str:
    """The id of a new erasure."""
    answer = await brand.api.delete(path, params={"confirm": confirm})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def wait_for_end(brand: Brand, erasure_id: str, within: float = 60) -> dict[str, Any]:
    """The erasure once it has ended."""

    async def is_done() -> dict[str, Any] | None:
        found: dict[str, Any] = (await brand.api.get(f"/v1/erasures/{erasure_id}")).json()
        return found if found["status"] == "done" else None

    found: dict[str, Any] = await until(is_done, within)
    return found


def marked_picture() -> bytes:
    """A PNG whose bytes have the mark."""
    out, about = BytesIO(), PngInfo()
    about.add_text("Comment", f"{MARK}-bytes", zip=False)
    Image.new("RGB", (400, 400), "teal").save(out, "PNG", pnginfo=about)
    return out.getvalue()


async def fill(brand: Brand) -> list[dict[str, Any]]:
    """Marks in everything that a brand can have; its posts, of which one is due in a month."""
    api, ref = brand.api, brand.ref
    await api.patch(f"/v1/brands/{ref}", json={"name": f"{MARK}-name"})
    key = await api.post("/v1/keys", json={"name": f"{MARK}-key", "brandRef": ref, "scopes": ["contents:write"]})
    assert key.status_code == 201, key.text
    media = await brand.upload(marked_picture(), f"{MARK}-file.png", alt=f"{MARK}-alt")
    fields = {"clientRef": f"{MARK}-ref", "metadata": {"who": f"{MARK}-metadata"}, "media": [media]}
    draft = {"brandRef": ref, "text": f"{MARK}-draft", "channels": ["bluesky"]}
    assert (await api.post("/v1/drafts", json=draft)).status_code == 201
    both = ["bluesky", {"channel": "mastodon", "text": f"{MARK}-other", "firstComment": f"{MARK}-comment"}]
    posts = [await brand.submit(f"{MARK}-text {number}", channels=both, seconds=1, **fields) for number in range(5)]
    posts.append(await brand.submit(f"{MARK}-later", channels=both, seconds=86_400 * 30, **fields))
    posts.append(await brand.submit(f"{MARK}-soon", seconds=20))
    edited = await api.patch(
        f"/v1/contents/{posts[5]['id']}", json={"text": f"{MARK}-edited"}, headers={"If-Match": '"1"'}
    )
    assert edited.status_code == 200, edited.text
    repeated = {"brandRef": ref, "text": f"{MARK}-once", "channels": ["bluesky"]}
    headers = {"Idempotency-Key": f"{MARK}-idempotency"}
    assert (await api.post("/v1/contents", json=repeated, headers=headers)).status_code == 202
    for post in posts[:5]:
        await brand.published(post["id"])
    return posts


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.faults)])
async def test_nothing_of_an_erased_brand_is_left(
    tmp_path: Path, kind: str, create_database: Callable[[], str], browser: Browser
) -> None:
    url = create_database() if kind == "postgresql" else None
    env = GRACE | ({"MUNADI_DATABASE_URL": url} if url else {})
    stack = Stack(tmp_path, env)
    async with stack, stack.client() as api, stack.sandbox() as sandbox:
        brand = await Brand.create(api, sandbox, "marked", "bluesky", "mastodon")
        other = await Brand.create(api, sandbox, "other", "bluesky")
        kept = await other.published((await other.submit("kept-text", seconds=1))["id"])
        about = {"description": f"{MARK}-endpoint", "headers": {"X-Mark": f"{MARK}-header"}}
        async with Inbox().listening(api, brandRef="marked", **about) as inbox, Inbox().listening(api) as all_brands:
            posts = await fill(brand)
            await connect_side_by_side(api, sandbox, browser, ERASED, STAYS)
            assert places_with_marks(tmp_path)
            erasure = await wait_for_end(brand, await request_erasure(brand, "/v1/brands/marked", "marked"))
        assert inbox.events
        assert all_brands.events
        assert not inbox.failures
        assert erasure["counts"]["posts"] == 8
        assert (await api.get("/v1/brands/marked")).status_code == 404
        assert (await api.get("/v1/brands/other/branding")).json()["name"] == STAYS.name
        audited = (await api.get("/v1/audit", params={"action": "branding.set"})).json()["data"]
        assert [(each["brandRef"], each["target"]) for each in audited] == [("other", "other"), ("marked", "marked")]
        assert (await api.get(f"/v1/contents/{posts[0]['id']}")).status_code == 404
        assert (await api.get(f"/v1/contents/{kept['id']}")).json()["text"] == "kept-text"
        assert len(await brand.posts(f"{MARK}-text 1")) == 1  # what is live stays
        assert not await brand.posts(f"{MARK}-soon")
        running = places_with_marks(tmp_path, histories=await histories(stack))
    stopped = places_with_marks(tmp_path, dump=dump(url) if url is not None else b"")
    assert (running, stopped) == ([], [])
