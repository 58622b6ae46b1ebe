"""What only the emulated Facebook Pages have: photos, links, duplicates and lists."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from tests.sandbox.conftest import Client, MediaSite, Sandbox, picture, refusal

PAGE, PERSON_TOKEN = "100000000000001", "EAAsandboxMunadiUserToken"


class Facebook(Client):
    channel, base, token = "facebook", "/facebook/graph/v26.0", "EAAsandboxMunadiPageToken"

    def feed(self, **form: Any) -> str:
        answer = self.post(f"{PAGE}/feed", **form)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def photo(self, url: str, **form: Any) -> str:
        return str(self.post(f"{PAGE}/photos", url=url, published="false", **form).json()["id"])

    def listed(self, edge: str, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(f"{PAGE}/{edge}", **query).json()["data"]
        return found

    def now(self) -> int:
        return int(datetime.fromisoformat(self.sandbox.control("GET", "/clock")["now"]).timestamp())


@pytest.fixture
def facebook(sandbox: Sandbox) -> Facebook:
    return Facebook(sandbox)


@pytest.mark.parametrize("style", ["json", "indexed"])
def test_unpublished_photos_are_attached(facebook: Facebook, site: MediaSite, style: str) -> None:
    photos = [facebook.photo(site.image(), alt_text_custom=alt) for alt in ("one", "two")]
    assert facebook.posts() == []
    attached = [{"media_fbid": photo} for photo in photos]
    form = {f"attached_media[{index}]": json.dumps(one) for index, one in enumerate(attached)}
    post = facebook.feed(message="two", **({"attached_media": json.dumps(attached)} if style == "json" else form))
    (seen,) = facebook.posts()
    assert ([media["alt"] for media in seen["media"]], seen["kind"]) == (["one", "two"], "album")
    read = facebook.get(post, fields="attachments{media_type,subattachments{target{id}}}").json()["attachments"]["data"]
    assert [one["target"]["id"] for one in read[0]["subattachments"]["data"]] == photos
    assert refusal(facebook.post(f"{PAGE}/feed", attached_media=json.dumps(attached))) == (100, None)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, (100, None)),
        ({"message": " "}, (100, None)),
        ({"message": "x" * 63_207}, (100, None)),
        ({"link": "https://www.facebook.com/acme"}, (1609008, None)),
        ({"link": "not a link"}, (100, None)),
        ({"attached_media": "[1]"}, (100, None)),
        ({"message": "x", "published": "false"}, (100, None)),
    ],
)
def test_an_invalid_post_is_refused(facebook: Facebook, form: dict[str, str], error: tuple[int, int | None]) -> None:
    assert refusal(facebook.post(f"{PAGE}/feed", **form)) == error
    assert facebook.posts() == []


def test_the_same_text_twice_in_a_row_is_a_duplicate(facebook: Facebook) -> None:
    facebook.feed(message="sea")
    assert refusal(facebook.post(f"{PAGE}/feed", message="sea")) == (506, None)
    facebook.feed(message="sky")
    facebook.feed(message="sea")
    assert len(facebook.posts()) == 3


def test_lists_are_newest_first_in_pages_and_a_little_late(facebook: Facebook) -> None:
    made = []
    for text in ("one", "two", "three"):
        made.append(facebook.feed(message=text))
        facebook.sandbox.advance(100)
    newest = facebook.get(f"{PAGE}/published_posts", limit=2, access_token=facebook.token).json()
    assert [post["id"] for post in newest["data"]] == [made[2], made[1]]
    assert "access_token" not in newest["paging"]["next"]
    rest = facebook.get(f"{PAGE}/published_posts", after=newest["paging"]["cursors"]["after"]).json()
    assert ([post["id"] for post in rest["data"]], "next" in rest["paging"]) == ([made[0]], False)
    assert [post["id"] for post in facebook.listed("posts", since=facebook.now() - 150)] == [made[2]]
    facebook.set(index=60)
    post = facebook.feed(message="four")
    assert post not in [found["id"] for found in facebook.listed("published_posts")]
    assert facebook.get(post, fields="message").json()["message"] == "four"


def test_a_persons_token_may_not_act_for_a_page(facebook: Facebook) -> None:
    refused = facebook.post(f"{PAGE}/feed", PERSON_TOKEN, message="x")
    assert (refused.status_code, refusal(refused)) == (403, (200, None))


def test_unknown_objects_and_fields_have_their_codes_and_all_answers_the_usage(facebook: Facebook) -> None:
    missing = facebook.get(f"{PAGE}_1")
    assert refusal(missing) == (100, 33)
    assert {"x-app-usage", "x-business-use-case-usage"} <= set(missing.headers)
    assert refusal(facebook.get(facebook.feed(message="x"), fields="birthday")) == (100, None)


def test_a_photo_may_have_four_megabytes(facebook: Facebook, site: MediaSite) -> None:
    url = site.put("large.png", picture((9, 9)) + b"\0" * 4 * 1024 * 1024, "image/png")
    assert refusal(facebook.post(f"{PAGE}/photos", url=url, published="false")) == (1366046, None)
