"""Media: taken in by upload or URL, named in contents, and served to networks under signed URLs."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from munadi.db.contents.media import asset_of
from munadi.db.tables import MediaRow
from munadi.domain.key import Scope
from munadi.media.reader import MEDIA_URL_PURPOSE, StoredMedia
from munadi.media.signing import sign_url
from tests.api.desk import START, Desk, picture
from tests.api.test_bad_input import errors_of


async def upload(desk: Desk, content: bytes, headers: dict[str, str] | None = None, **form: str) -> httpx.Response:
    files = {"file": ("a.png", content, "image/png")}
    return await desk.client.post("/v1/media", files=files, data={"brandRef": "acme"} | form, headers=headers or {})


async def test_an_upload_is_probed_and_kept(desk: Desk) -> None:
    made = await upload(desk, picture(64, 48, "PNG"))
    assert made.status_code == 201
    media = made.json()
    assert (media["kind"], media["type"], media["width"], media["height"]) == ("image", "image/png", 64, 48)
    assert (media["brandRef"], media["duration"], media["codec"], media["fps"]) == ("acme", None, None, None)
    assert made.headers["location"] == f"/v1/media/{media['id']}"
    assert (await desk.client.get(f"/v1/media/{media['id']}")).json() == media
    content = await desk.accept(media=[{"id": media["id"], "alt": "red"}])
    assert [(each["id"], each["alt"], each["mimeType"]) for each in content["media"]] == [
        (media["id"], "red", "image/png")
    ]


async def test_the_same_file_again_is_the_same_media_within_a_brand(desk: Desk) -> None:
    desk.site.files["/again.jpg"] = desk.site.files["/a.jpg"]
    first = await upload(desk, desk.site.files["/a.jpg"])
    again = await desk.client.post("/v1/media", json={"brandRef": "acme", "url": desk.site.url("/a.jpg")})
    used = await desk.accept(media=[{"url": desk.site.url("/a.jpg")}, {"url": desk.site.url("/again.jpg")}])
    theirs = await upload(desk, desk.site.files["/a.jpg"], brandRef="rival")
    assert again.json()["id"] == first.json()["id"]
    assert [media["id"] for media in used["media"]] == [first.json()["id"]] * 2
    assert theirs.json()["id"] != first.json()["id"]
    assert await desk.count(MediaRow) == 2


async def test_one_url_is_fetched_once_for_all_channels(desk: Desk) -> None:
    url = desk.site.url("/b.jpg")
    made = await desk.accept(
        media=[{"url": url, "alt": "shared"}], channels=[{"channel": "bluesky", "media": [{"url": url, "alt": "own"}]}]
    )
    assert desk.site.asked["/b.jpg"] == 1
    assert made["media"][0]["alt"] == "shared"
    assert await desk.count(MediaRow) == 1


async def test_what_is_no_media_is_refused_and_leaves_nothing(small_desk: Desk) -> None:
    for content, code in (
        (b"", "MEDIA_EMPTY"),
        (b"words", "MEDIA_TYPE_UNSUPPORTED"),
        (picture()[:200], "MEDIA_CORRUPT"),
    ):
        errors = errors_of(await upload(small_desk, content))
        assert [(error["pointer"], error["code"]) for error in errors] == [("/file", code)]
    nothing = await small_desk.client.post("/v1/media", data={"brandRef": "acme"}, files={"photo": b"x"})
    assert {error["code"] for error in errors_of(nothing)} == {"UNKNOWN_FIELD", "MISSING_FIELD"}
    assert errors_of(await upload(small_desk, picture(), brandRef="nobody"))[0]["code"] == "BRAND_UNKNOWN"
    gone = await small_desk.client.post("/v1/media", json={"brandRef": "acme", "url": small_desk.site.url("/x")})
    assert [error["pointer"] for error in errors_of(gone)] == ["/url"]
    assert await small_desk.count(MediaRow) == 0
    assert [path for path in (small_desk.folder / "media").rglob("*") if path.is_file()] == []


async def test_a_media_without_a_brand_is_every_brands(desk: Desk) -> None:
    body, key = {"url": desk.site.url("/a.jpg")}, {"Idempotency-Key": "m1"}
    made = await desk.client.post("/v1/media", json=body, headers=key)
    assert (made.status_code, made.json()["brandRef"]) == (201, None)
    assert (await desk.client.post("/v1/media", json=body, headers=key)).content == made.content
    again = await desk.client.post("/v1/media", files={"file": ("a.jpg", desk.site.files["/a.jpg"], "image/jpeg")})
    media_id = again.json()["id"]
    assert media_id == made.json()["id"]
    for brand_ref in ("acme", "rival"):
        used = await desk.accept(brandRef=brand_ref, media=[{"id": media_id}])
        assert [media["id"] for media in used["media"]] == [media_id]
        reader = await desk.key(Scope.CONTENTS_READ, brand_ref=brand_ref)
        assert (await desk.client.get(f"/v1/media/{media_id}", headers=reader)).status_code == 200
    own = await upload(desk, desk.site.files["/a.jpg"])
    assert (own.json()["brandRef"], own.json()["id"] == media_id) == ("acme", False)


async def test_what_a_key_of_one_brand_uploads_is_that_brands(small_desk: Desk) -> None:
    body = {"url": small_desk.site.url("/a.jpg")}
    key = await small_desk.key(Scope.CONTENTS_WRITE, brand_ref="rival")
    assert (await small_desk.client.post("/v1/media", json=body, headers=key)).json()["brandRef"] == "rival"
    files = {"file": ("a.png", picture(9, 9, "PNG"), "image/png")}
    assert (await small_desk.client.post("/v1/media", files=files, headers=key)).json()["brandRef"] == "rival"


async def test_an_upload_is_repeated_safely(desk: Desk) -> None:
    key = {"Idempotency-Key": "u1"}
    first, again = await upload(desk, picture(), key), await upload(desk, picture(), key)
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    other = await upload(desk, picture(10, 10), key)
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


async def test_anothers_media_are_like_unknown_ones(desk: Desk) -> None:
    theirs = (await upload(desk, picture(), brandRef="rival")).json()["id"]
    key = await desk.key(Scope.CONTENTS_READ, brand_ref="acme")
    errors_of(await desk.client.get(f"/v1/media/{theirs}", headers=key), 404)
    body = desk.content(media=[{"id": theirs}])
    assert [error["code"] for error in errors_of(await desk.client.post("/v1/contents", json=body))] == [
        "MEDIA_UNKNOWN"
    ]


async def test_a_signed_url_serves_the_file_whole_and_in_ranges(small_desk: Desk) -> None:
    content = picture(200, 200)
    media_id = (await upload(small_desk, content)).json()["id"]
    services = small_desk.services
    async with services.database.read() as session:
        row = await session.get(MediaRow, media_id)
    assert row is not None
    keys = services.keyring.derive(MEDIA_URL_PURPOSE)
    url = StoredMedia(services.media_store, services.settings.base_url, keys, small_desk.clock).public_url(
        asset_of(row)
    )
    path = url.removeprefix(services.settings.base_url)
    assert path.endswith(f"/{media_id}.jpg")
    anonymous = {"Authorization": ""}
    whole = await small_desk.client.get(path, headers=anonymous)
    assert (whole.status_code, whole.content) == (200, content)
    assert whole.headers["content-type"] == "image/jpeg"
    assert whole.headers["x-content-type-options"] == "nosniff"
    part = await small_desk.client.get(path, headers=anonymous | {"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(content)}"
    head = await small_desk.client.head(path, headers=anonymous)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(content)), b"")
    outside = await small_desk.client.get(path, headers=anonymous | {"Range": "bytes=999999-"})
    errors_of(outside, 416)
    assert outside.headers["content-range"] == f"bytes */{len(content)}"


@pytest.mark.parametrize("change", [("/media/", "/media/0"), (".jpg", ".png"), ("-", "-A")])
async def test_an_altered_or_expired_url_serves_nothing(small_desk: Desk, change: tuple[str, str]) -> None:
    digest = (await upload(small_desk, picture())).json()["sha256"]
    key = small_desk.services.keyring.derive(MEDIA_URL_PURPOSE)[0]
    path = sign_url("", digest, "a.jpg", START + timedelta(hours=1), key)
    assert (await small_desk.client.get(path)).status_code == 200
    errors_of(await small_desk.client.get(path.replace(*change)), 404)
    small_desk.clock.ahead = timedelta(hours=2)
    errors_of(await small_desk.client.get(path), 404)
