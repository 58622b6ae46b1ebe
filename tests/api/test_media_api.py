"""Media: uploaded or fetched from a URL, used in posts, and served to networks under signed URLs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from munadi.db.contents.media import asset_of
from munadi.db.tables import MediaRow
from munadi.domain.key import Scope
from munadi.media.reader import MEDIA_URL_PURPOSE, StoredMedia
from munadi.media.signing import sign_url
from tests.api.harness import ApiHarness
from tests.api.problems import expect_errors, expect_problem
from tests.api.servers import picture
from tests.db.seeding import START

MEDIA = "/v1/media"


def signed_path(api: ApiHarness, digest: str) -> str:
    """The path of a stored file, signed for an hour."""
    key = api.services.keyring.derive(MEDIA_URL_PURPOSE)[0]
    return sign_url("", digest, "a.jpg", START + timedelta(hours=1), key)


@pytest.mark.each_database
async def test_an_upload_is_probed_and_stored(api: ApiHarness) -> None:
    made = await api.upload(picture(64, 48, "PNG"))
    media = made.json()
    assert (made.status_code, made.headers["location"]) == (201, f"{MEDIA}/{media['id']}")
    assert (media["kind"], media["type"], media["width"], media["height"]) == ("image", "image/png", 64, 48)
    assert (media["brandRef"], media["duration"], media["codec"], media["fps"]) == ("acme", None, None, None)
    assert await api.read(f"{MEDIA}/{media['id']}") == media
    [used] = (await api.submit(media=[{"id": media["id"], "alt": "red"}]))["media"]
    assert (used["id"], used["alt"], used["mimeType"]) == (media["id"], "red", "image/png")


@pytest.mark.each_database
async def test_the_same_file_is_the_same_media_within_a_brand(api: ApiHarness) -> None:
    file = api.site.files["/again.jpg"] = api.site.files["/a.jpg"]
    first = (await api.upload(file)).json()
    again = await api.create(MEDIA, {"brandRef": "acme", "url": api.site.url("/a.jpg")})
    used = await api.submit(media=[{"url": api.site.url(path)} for path in ("/a.jpg", "/again.jpg")])
    theirs = (await api.upload(file, brandRef="rival")).json()
    assert [again["id"], *(media["id"] for media in used["media"])] == [first["id"]] * 3
    assert theirs["id"] != first["id"]
    assert await api.count(MediaRow) == 2


@pytest.mark.each_database
async def test_a_url_is_fetched_once_for_all_channels(api: ApiHarness) -> None:
    url = api.site.url("/b.jpg")
    own = {"channel": "bluesky", "media": [{"url": url, "alt": "own"}]}
    made = await api.submit(media=[{"url": url, "alt": "shared"}], channels=[own])
    assert made["media"][0]["alt"] == "shared"
    assert (api.site.requests["/b.jpg"], await api.count(MediaRow)) == (1, 1)


async def test_a_request_without_good_media_is_refused_and_leaves_nothing(api: ApiHarness) -> None:
    nothing = await api.post(MEDIA, data={"brandRef": "acme"}, files={"photo": b"x"})
    assert {error["code"] for error in expect_errors(nothing)} == {"UNKNOWN_FIELD", "MISSING_FIELD"}
    expect_errors(await api.upload(picture(), brandRef="nobody"), ("/brandRef", "BRAND_UNKNOWN"))
    expect_errors(await api.post(MEDIA, {"brandRef": "acme", "url": api.site.url("/x")}), "/url")
    assert (await api.count(MediaRow), api.stored_files()) == (0, [])


@pytest.mark.each_database
async def test_media_without_a_brand_belong_to_every_brand(api: ApiHarness) -> None:
    body, file = {"url": api.site.url("/a.jpg")}, api.site.files["/a.jpg"]
    made, repeated = [await api.post(MEDIA, body, idempotency_key="m1") for _ in range(2)]
    media_id = made.json()["id"]
    assert (made.status_code, made.json()["brandRef"], repeated.content) == (201, None, made.content)
    again = await api.post(MEDIA, files={"file": ("a.jpg", file, "image/jpeg")})
    assert again.json()["id"] == media_id
    for brand_ref in ("acme", "rival"):
        used = await api.submit(brandRef=brand_ref, media=[{"id": media_id}])
        assert [media["id"] for media in used["media"]] == [media_id]
        reader = await api.key(Scope.CONTENTS_READ, brand_ref=brand_ref)
        assert (await api.get(f"{MEDIA}/{media_id}", key=reader)).status_code == 200
    own = (await api.upload(file)).json()
    assert (own["brandRef"], own["id"] == media_id) == ("acme", False)


async def test_media_from_a_key_of_one_brand_belong_to_that_brand(api: ApiHarness) -> None:
    key = await api.key(Scope.CONTENTS_WRITE, brand_ref="rival")
    fetched = await api.create(MEDIA, {"url": api.site.url("/a.jpg")}, key=key)
    uploaded = await api.post(MEDIA, files={"file": ("a.png", picture(9, 9, "PNG"), "image/png")}, key=key)
    assert fetched["brandRef"] == uploaded.json()["brandRef"] == "rival"


@pytest.mark.each_database
async def test_a_repeated_upload_has_the_first_answer(api: ApiHarness) -> None:
    first, again = [await api.upload(picture(), idempotency_key="u1") for _ in range(2)]
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    expect_problem(await api.upload(picture(10, 10), idempotency_key="u1"), 422, "IDEMPOTENCY_KEY_REUSED")


async def test_foreign_media_look_like_unknown_ones(api: ApiHarness) -> None:
    theirs = (await api.upload(picture(), brandRef="rival")).json()["id"]
    expect_errors(await api.try_submit(media=[{"id": theirs}]), ("/media/0/id", "MEDIA_UNKNOWN"))


async def test_a_signed_url_serves_the_file_whole_and_in_ranges(api: ApiHarness) -> None:
    content, services = picture(200, 200), api.services
    media_id = (await api.upload(content)).json()["id"]
    async with services.database.read() as session:
        row = await session.get(MediaRow, media_id)
    assert row is not None
    keys = services.keyring.derive(MEDIA_URL_PURPOSE)
    stored = StoredMedia(services.media_store, services.settings.base_url, keys, api.clock)
    path = stored.public_url(asset_of(row)).removeprefix(services.settings.base_url)
    assert path.endswith(f"/{media_id}.jpg")
    whole = await api.get(path, key="")
    assert (whole.status_code, whole.content) == (200, content)
    assert (whole.headers["content-type"], whole.headers["x-content-type-options"]) == ("image/jpeg", "nosniff")
    part = await api.get(path, key="", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(content)}"
    head = await api.request("HEAD", path, key="")
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(content)), b"")
    outside = await api.get(path, key="", headers={"Range": "bytes=999999-"})
    expect_problem(outside, 416)
    assert outside.headers["content-range"] == f"bytes */{len(content)}"


@pytest.mark.parametrize("change", [("/media/", "/media/0"), (".jpg", ".png"), ("-", "-A")])
async def test_an_altered_or_expired_url_serves_nothing(api: ApiHarness, change: tuple[str, str]) -> None:
    path = signed_path(api, (await api.upload(picture())).json()["sha256"])
    assert (await api.get(path, key="")).status_code == 200
    expect_problem(await api.get(path.replace(*change), key=""), 404)
    api.clock.ahead = timedelta(hours=2)
    expect_problem(await api.get(path, key=""), 404)
