"""How a brand looks on the pages for owners and reviewers: what may be set, who loads the logo, what keeps its file."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image

from api.pages import HEADERS
from munadi.db.tables import BrandingRow, BrandRow
from munadi.domain.key import Scope
from munadi.publishing.unused_media import delete_unused
from tests.api.dashboard import SITE
from tests.api.harness import ApiHarness, later
from tests.api.markup import faults
from tests.api.owner import create_link, path_of
from tests.api.problems import expect_errors, expect_problem
from tests.api.servers import picture
from tests.api.test_approvals import propose
from tests.api.test_review_links import make_link, reviewer_of

PATH = "/v1/brands/acme/branding"
LOOK = {"name": "Acme & Söhne", "colour": "#FFD400", "supportUrl": "mailto:help@acme.example"}
MIB = 1 << 20


def moving() -> bytes:
    buffer, frames = io.BytesIO(), [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


async def logo(api: ApiHarness, content: bytes | None = None, **options: Any) -> str:
    answer = await api.upload(content or picture(200, 80, "PNG"), **options)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def put(api: ApiHarness, body: dict[str, Any], brand: str = "acme", key: str | None = None) -> httpx.Response:
    return await api.request("PUT", f"/v1/brands/{brand}/branding", body, key=key)


async def dressed(api: ApiHarness, **changes: Any) -> dict[str, Any]:
    answer = await put(api, LOOK | {"logoMediaId": await logo(api)} | changes)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def stranger(api: ApiHarness) -> httpx.AsyncClient:
    """A browser without key and cookies."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=api.app), base_url=SITE)


@pytest.mark.each_database
async def test_a_look_is_set_read_replaced_and_removed(api: ApiHarness) -> None:
    expect_problem(await api.get(PATH), 404, "NOT_FOUND")
    expect_problem(await api.delete(PATH), 404, "NOT_FOUND")
    made = await dressed(api)
    assert (made["name"], made["colour"], made["textOnColour"]) == ("Acme & Söhne", "#ffd400", "#000000")
    assert (made["brandRef"], made["supportUrl"]) == ("acme", "mailto:help@acme.example")
    assert await api.read(PATH) == made
    again = (await put(api, LOOK | {"logoMediaId": made["logoMediaId"]})).json()
    assert again == made  # the same look keeps its addresses
    api.clock.ahead = timedelta(minutes=1)
    other = (await put(api, {"name": "Acme"})).json()
    assert [other[name] for name in ("logoMediaId", "logoUrl", "colour", "textOnColour", "supportUrl")] == [None] * 5
    assert other["createdAt"] == made["createdAt"] < other["updatedAt"]
    assert await api.count(BrandingRow) == 1
    assert (await api.delete(PATH)).status_code == 204
    expect_problem(await api.get(PATH), 404, "NOT_FOUND")
    audited = [each["action"] for each in await api.read_list("/v1/audit?target=acme")]
    assert sorted(audited) == ["branding.removed", *["branding.set"] * 3]


MALFORMED: tuple[tuple[str, Any], ...] = (
    ("name", ""),
    ("name", "   "),
    ("name", "x" * 81),
    ("name", "two\nlines"),
    ("name", "turned \u202e around"),
    ("name", 7),
    ("colour", "red"),
    ("colour", "#abc"),
    ("colour", "#12345g"),
    ("colour", "#123456\n"),
    ("colour", "#123456;}body{display:none"),
    ("supportUrl", "http://acme.example/help"),
    ("supportUrl", "javascript:alert(1)"),
    ("supportUrl", "https://user:word@acme.example"),
    ("supportUrl", "https://"),
    ("supportUrl", "mailto:help@acme.example?bcc=all@acme.example"),
    ("supportUrl", "mailto:help@acme.example,all@acme.example"),
    ("supportUrl", "https://acme.example/" + "x" * 500),
    ("logoMediaId", "med_nonsense"),
    ("logoMediaId", "../../etc/passwd"),
    ("logoMediaId", "x" * 41),
)


async def test_a_malformed_look_names_the_field_and_changes_nothing(api: ApiHarness) -> None:
    for field, value in MALFORMED:
        expect_errors(await put(api, LOOK | {field: value}), f"/{field}")
    expect_problem(await api.get(PATH), 404, "NOT_FOUND")


NO_LOGOS: tuple[tuple[bytes, str, float | str | None], ...] = (
    (picture(64, 64, "GIF"), "LOGO_TYPE", "image/png, image/jpeg, image/webp"),
    (moving(), "LOGO_ANIMATED", None),
    (picture(2049, 40, "PNG"), "LOGO_DIMENSIONS", "16 to 2048"),
    (picture(200, 15, "PNG"), "LOGO_DIMENSIONS", "16 to 2048"),
    (picture(64, 64, "PNG") + b"\0" * MIB, "LOGO_TOO_LARGE", MIB),
)


async def test_what_cannot_be_a_logo_is_refused_with_its_limit(api: ApiHarness) -> None:
    for content, code, limit in NO_LOGOS:
        (error,) = expect_errors(await put(api, {"logoMediaId": await logo(api, content)}), ("/logoMediaId", code))
        assert (error["limit"], error["rule"]) == (limit, code.lower())


async def test_a_drawing_with_scripts_is_no_media_and_a_foreign_picture_no_logo(api: ApiHarness) -> None:
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    assert (await api.upload(drawing, name="logo.svg")).status_code == 422
    foreign = await logo(api, brandRef="rival")
    expect_errors(await put(api, {"logoMediaId": foreign}), ("/logoMediaId", "MEDIA_UNKNOWN"))


async def test_a_key_dresses_its_own_brands_alone(api: ApiHarness) -> None:
    key = await api.key(Scope.BRANDS_WRITE, brand_ref="acme")
    assert (await put(api, LOOK, key=key)).status_code == 200
    expect_problem(await put(api, LOOK, "rival", key=key), 404, "NOT_FOUND")
    expect_problem(await put(api, LOOK, key=await api.key(Scope.ACCOUNTS_WRITE)), 403, "SCOPE_MISSING")
    assert (await api.get(PATH, key=await api.key(Scope.CONTENTS_READ, brand_ref="acme"))).status_code == 200


async def test_anybody_loads_the_logo_and_nothing_in_it_runs(api: ApiHarness) -> None:
    made = await dressed(api)
    async with stranger(api) as browser:
        address = urlsplit(made["logoUrl"]).path
        shown = await browser.get(address)
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")
        assert shown.content == picture(200, 80, "PNG")
        assert shown.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert "public" in shown.headers["cache-control"]
        assert "set-cookie" not in shown.headers
        assert (await browser.head(address)).headers["content-length"] == shown.headers["content-length"]
        style = await browser.get(address.replace("logo", "style.css"))
        assert (style.headers["content-type"], "--fill: #ffd400" in style.text) == ("text/css; charset=utf-8", True)
        await put(api, LOOK)  # another look has other addresses, so browsers may keep them
        for name in ("logo", "style.css", "preview.css"):
            expect_problem(await browser.get(address.replace("logo", name)), 404, "NOT_FOUND")


async def test_the_file_of_a_logo_stays_while_it_is_shown(api: ApiHarness) -> None:
    made = await dressed(api)
    media, clock, database = made["logoMediaId"], api.services.clock, api.services.database
    await logo(api, picture(10, 10))
    api.clock.ahead = timedelta(days=400)
    assert await delete_unused(database, clock, clock.now(), 1.0) == 1  # the other file
    (error,) = expect_errors(await api.delete(f"/v1/media/{media}"), ("", "MEDIA_IN_USE"), status=409)
    assert error["actual"].startswith("bdg_")
    async with api.dashboard(api.admin_key) as browser:
        assert 'href="/brands/acme"' in (await browser.get("/media?brandRef=acme")).text
    assert (await api.delete(PATH)).status_code == 204
    assert await delete_unused(database, clock, clock.now(), 1.0) == 1
    expect_problem(await api.get(f"/v1/media/{media}"), 404, "NOT_FOUND")


async def shown_to_an_owner(api: ApiHarness, path: str, status: int = 200) -> str:
    async with stranger(api) as browser:
        page = await browser.get(path)
    assert page.status_code == status, page.text
    policy = page.headers["content-security-policy"]
    assert policy.startswith(HEADERS["Content-Security-Policy"])
    assert "unsafe" not in policy
    assert faults(page.text) == []
    return page.text


@pytest.mark.fake_network
async def test_an_owner_sees_whose_page_it_is_and_until_when_its_link_works(api: ApiHarness) -> None:
    await api.patch("/v1/brands/acme", {"timezone": "Asia/Kolkata"})
    link = await create_link(api, expiresAt=later(days=6))
    plain = await shown_to_an_owner(api, path_of(link))
    assert '<span dir="auto">Munadi</span>' in plain
    api.services.settings.operator_name = "Ops GmbH"
    made = await dressed(api)
    page = await shown_to_an_owner(api, path_of(link))
    assert "<strong>Acme &amp; Söhne</strong> asks to publish" in page
    assert f'<img src="{urlsplit(made["logoUrl"]).path}" alt="" width="200" height="80">' in page
    assert "/style.css" in page
    assert '<a href="mailto:help@acme.example" rel="noopener noreferrer">help@acme.example</a>' in page
    assert f"This page is on {urlsplit(api.services.settings.base_url).netloc}, which Ops GmbH operates." in page
    assert "This link works until 7 Dec 2026, 14:30 (Asia/Kolkata)." in page
    assert "Munadi" not in page
    api.clock.ahead = timedelta(days=7)
    assert "Acme &amp; Söhne" in await shown_to_an_owner(api, path_of(link), 410)
    assert "Acme &amp; Söhne" not in await shown_to_an_owner(api, "/connect/nonsense", 410)


async def test_a_reviewer_sees_the_look_of_the_brand_also_afterwards(api: ApiHarness) -> None:
    await dressed(api, name=None)
    await api.patch("/v1/brands/acme", {"name": "Acme Stores"})
    link = await make_link(api, await propose(api, scheduledAt=later(hours=1)))
    async with reviewer_of(api, link) as reviewer:
        shown = (await reviewer.page()).text
        assert faults(shown) == []
        assert "<strong>Acme Stores</strong> asks you to read" in shown
        assert "This link works until 4 Dec 2026" in shown
        for page in (shown, (await reviewer.decide("approve")).text, (await reviewer.page()).text):
            assert '<span dir="auto">Acme Stores</span>' in page
            assert "help@acme.example" in page


async def test_a_brand_that_is_being_erased_has_no_look(api: ApiHarness) -> None:
    made = await dressed(api)
    async with api.services.database.write() as session:
        row = await session.get(BrandRow, "acme")
        assert row is not None
        row.erasing_at = api.clock.now()
    expect_problem(await put(api, LOOK), 404, "NOT_FOUND")
    async with stranger(api) as browser:
        expect_problem(await browser.get(urlsplit(made["logoUrl"]).path), 404, "NOT_FOUND")
    assert await api.services.brandings.shown("acme") is None


async def test_a_link_that_would_live_too_long_is_refused_with_the_limit(api: ApiHarness) -> None:
    for expires in (later(days=8), later(seconds=-1)):
        refused = await api.post("/v1/brands/acme/accounts/connect", {"channel": "bluesky", "expiresAt": expires})
        (error,) = expect_errors(refused, ("/expiresAt", "TIME_OUT_OF_RANGE"))
        assert (error["rule"], error["limit"]) == ("time_out_of_range", "P7D")
