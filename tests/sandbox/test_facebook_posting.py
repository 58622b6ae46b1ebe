"""Posts, photos, comments and lists of the emulated Facebook Pages."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import MediaSite, Sandbox, picture

PAGE, TOKEN, PERSON = "100000000000001", "EAAsandboxMunadiPageToken", "EAAsandboxMunadiUserToken"
DAY = 86_400


class Facebook:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def call(self, method: str, path: str, token: str = TOKEN, **rest: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}"}
        return self.sandbox.http.request(method, f"/facebook/graph/v26.0/{path}", headers=headers, **rest)

    def get(self, path: str, token: str = TOKEN, **query: Any) -> Any:
        return self.call("GET", path, token, params=query).json()

    def post(self, path: str, token: str = TOKEN, **form: Any) -> httpx.Response:
        return self.call("POST", path, token, data=form)

    def feed(self, **form: Any) -> str:
        answer = self.post(f"{PAGE}/feed", **form)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])


@pytest.fixture
def facebook(sandbox: Sandbox) -> Facebook:
    for kind in ("reel", "video", "publish", "index"):
        sandbox.control("PUT", "/delays", {"channel": "facebook", "kind": kind, "seconds": 0})
    return Facebook(sandbox)


def code(answer: Any) -> tuple[int, int | None]:
    error = answer.json()["error"]
    return error["code"], error.get("error_subcode")


def test_a_post_reads_back_in_the_answer_and_after_it(sandbox: Sandbox, facebook: Facebook) -> None:
    answer = facebook.post(f"{PAGE}/feed", message="sea", fields="id,permalink_url").json()
    assert answer["id"].startswith(f"{PAGE}_")
    (seen,) = sandbox.posts("facebook")
    assert (seen["id"], seen["url"], seen["text"]) == (answer["id"], answer["permalink_url"], "sea")
    read = facebook.get(answer["id"], fields="message,created_time,is_published,permalink_url")
    assert (read["message"], read["is_published"], read["permalink_url"]) == ("sea", True, answer["permalink_url"])
    followed = sandbox.http.get(read["permalink_url"])
    assert followed.headers["location"].endswith(f"/?post={answer['id']}")


@pytest.mark.parametrize("style", ["json", "indexed"])
def test_unpublished_photos_are_attached(sandbox: Sandbox, facebook: Facebook, site: MediaSite, style: str) -> None:
    photos = [
        facebook.post(f"{PAGE}/photos", url=site.image(), published="false", alt_text_custom=alt).json()["id"]
        for alt in ("one", "two")
    ]
    assert sandbox.posts("facebook") == []
    attached = [{"media_fbid": photo} for photo in photos]
    form = {f"attached_media[{index}]": json.dumps(one) for index, one in enumerate(attached)}
    post = facebook.feed(message="two", **({"attached_media": json.dumps(attached)} if style == "json" else form))
    (seen,) = sandbox.posts("facebook")
    assert ([media["alt"] for media in seen["media"]], seen["kind"]) == (["one", "two"], "album")
    read = facebook.get(post, fields="attachments{media_type,subattachments{target{id}}}")["attachments"]["data"]
    assert [one["target"]["id"] for one in read[0]["subattachments"]["data"]] == photos
    assert code(facebook.post(f"{PAGE}/feed", attached_media=json.dumps(attached))) == (100, None)


def test_an_unpublished_photo_expires_after_a_day(sandbox: Sandbox, facebook: Facebook, site: MediaSite) -> None:
    photo = facebook.post(f"{PAGE}/photos", url=site.image(), published="false").json()["id"]
    sandbox.control("POST", "/clock", {"advanceSeconds": DAY})
    assert code(facebook.post(f"{PAGE}/feed", attached_media=json.dumps([{"media_fbid": photo}]))) == (100, None)


def test_a_photo_may_come_as_bytes_and_be_a_post_at_once(sandbox: Sandbox, facebook: Facebook) -> None:
    files = {"source": ("a.png", picture((60, 40)), "image/png")}
    answer = facebook.call("POST", f"{PAGE}/photos", data={"caption": "here"}, files=files).json()
    (seen,) = sandbox.posts("facebook")
    assert (seen["id"], seen["text"], seen["media"][0]["width"]) == (answer["post_id"], "here", 60)


@pytest.mark.parametrize(
    ("body", "error"),
    [(None, (324, None)), (b"<html>", (324, None)), (picture((9, 9)) + b"\0" * 4 * 1024 * 1024, (1366046, None))],
)
def test_a_bad_photo(facebook: Facebook, site: MediaSite, body: bytes | None, error: tuple[int, int | None]) -> None:
    site.files.pop("/bad.png", None)
    url = site.put("bad.png", body, "image/png") if body else site.image().replace("a.jpg", "bad.png")
    assert code(facebook.post(f"{PAGE}/photos", url=url, published="false")) == error


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, (100, None)),
        ({"message": " "}, (100, None)),
        ({"message": "x" * 63_207}, (100, None)),
        ({"link": "https://www.facebook.com/acme"}, (1609008, None)),
        ({"link": "not a link"}, (100, None)),
        ({"attached_media": "[1]"}, (100, None)),
        ({"message": "x", "published": "false", "scheduled_publish_time": "1"}, (100, None)),
    ],
)
def test_an_invalid_post_is_refused(
    sandbox: Sandbox, facebook: Facebook, form: dict[str, str], error: tuple[int, int | None]
) -> None:
    assert code(facebook.post(f"{PAGE}/feed", **form)) == error
    assert sandbox.posts("facebook") == []


def test_an_unreadable_link_is_readable_once_it_was_scraped(sandbox: Sandbox, facebook: Facebook) -> None:
    sandbox.control("PUT", "/switches", {"channel": "facebook", "kind": "unreadableLinks", "enabled": True})
    link = "https://acme.example/sale"
    assert code(facebook.post(f"{PAGE}/feed", link=link)) == (1609005, None)
    assert facebook.post("", id=link, scrape="true").status_code == 200
    post = facebook.feed(link=link)
    (attachment,) = facebook.get(post, fields="attachments")["attachments"]["data"]
    assert attachment["unshimmed_url"] == link


def test_the_same_text_twice_in_a_row_is_a_duplicate(sandbox: Sandbox, facebook: Facebook) -> None:
    facebook.feed(message="sea")
    assert code(facebook.post(f"{PAGE}/feed", message="sea")) == (506, None)
    facebook.feed(message="sky")
    facebook.feed(message="sea")
    assert len(sandbox.posts("facebook")) == 3


def test_a_scheduled_post_becomes_visible_at_its_time(sandbox: Sandbox, facebook: Facebook) -> None:
    at = _now(sandbox) + 3_600
    post = facebook.feed(message="later", published="false", scheduled_publish_time=str(at))
    assert sandbox.posts("facebook") == []
    assert [found["id"] for found in facebook.get(f"{PAGE}/scheduled_posts")["data"]] == [post]
    sandbox.control("POST", "/clock", {"advanceSeconds": 3_700})
    assert [seen["id"] for seen in sandbox.posts("facebook")] == [post]


def test_lists_are_newest_first_in_pages_and_a_little_late(sandbox: Sandbox, facebook: Facebook) -> None:
    made = []
    for text in ("one", "two", "three"):
        made.append(facebook.feed(message=text))
        sandbox.control("POST", "/clock", {"advanceSeconds": 100})
    newest = facebook.get(f"{PAGE}/published_posts", limit=2)
    assert [post["id"] for post in newest["data"]] == [made[2], made[1]]
    assert "access_token" not in newest["paging"]["next"]
    rest = facebook.get(f"{PAGE}/published_posts", after=newest["paging"]["cursors"]["after"])
    assert ([post["id"] for post in rest["data"]], "next" in rest["paging"]) == ([made[0]], False)
    since = _now(sandbox) - 150
    assert [post["id"] for post in facebook.get(f"{PAGE}/posts", since=since)["data"]] == [made[2]]
    sandbox.control("PUT", "/delays", {"channel": "facebook", "kind": "index", "seconds": 60})
    post = facebook.feed(message="four")
    assert post not in [found["id"] for found in facebook.get(f"{PAGE}/published_posts")["data"]]
    assert facebook.get(post, fields="message")["message"] == "four"


def test_comments_are_kept_with_their_post(sandbox: Sandbox, facebook: Facebook) -> None:
    post = facebook.feed(message="sea")
    comment = facebook.post(f"{post}/comments", message="first").json()["id"]
    (listed,) = facebook.get(f"{post}/comments", fields="id,message,from{id}")["data"]
    assert (listed["id"], listed["message"], listed["from"]["id"]) == (comment, "first", PAGE)
    assert sandbox.posts("facebook")[0]["comments"] == ["first"]
    assert code(facebook.post("1_1/comments", message="x")) == (100, 33)


def test_a_persons_token_may_not_act_for_a_page(facebook: Facebook) -> None:
    refused = facebook.post(f"{PAGE}/feed", PERSON, message="x")
    assert (refused.status_code, code(refused)) == (403, (200, None))


def test_unknown_objects_and_fields_have_their_codes_and_all_answers_the_usage(facebook: Facebook) -> None:
    missing = facebook.call("GET", f"{PAGE}_1")
    assert code(missing) == (100, 33)
    assert {"x-app-usage", "x-business-use-case-usage"} <= set(missing.headers)
    assert code(facebook.call("GET", f"{PAGE}/posts", params={"fields": "birthday"})) == (100, None)


def _now(sandbox: Sandbox) -> int:
    return int(datetime.fromisoformat(sandbox.control("GET", "/clock")["now"]).timestamp())
