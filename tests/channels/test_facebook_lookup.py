"""A feed post or story is bound only when exactly one fits; what might be ours is never called absent."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from munadi.channels.facebook.spec import SPEC
from munadi.channels.facebook.wire import read_story, same_text
from munadi.channels.text import collapsed
from munadi.domain.publication import Absent, Handle, Published, Unknown
from munadi.ports import PublicationDraft
from tests.channels.facebook_posts import with_photos
from tests.channels.making import NOW, Bench, account, bench, image, publication, video
from tests.channels.network import ok

PAGE = "100000000000001"
WHO = account("facebook", PAGE)
TEXT = publication("Hello")
LINK = publication("Hello", link="https://acme.example/sale")
PHOTO = publication("Hello", media=(image(),))
VIDEO = publication("Hello", media=(video(bytes=5000),))
HANDLE = Handle(draft_version=1, state={"photos": [{"id": "p1", "made_at": NOW.isoformat()}]}, ready=True)


def post(name: str = "1", minutes: float = 0, **fields: Any) -> dict[str, Any]:
    at = (NOW + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S+0000")
    return {"id": f"{PAGE}_{name}", "message": "Hello", "created_time": at, **fields}


def attached(kind: str, *ids: str, url: str = "https://www.facebook.com/photo") -> dict[str, Any]:
    parts = [{"media_type": kind, "target": {"id": one}, "url": url} for one in ids]
    if len(parts) == 1:
        return {"data": parts}
    return {"data": [{"media_type": "album", "target": {"id": "album"}, "subattachments": {"data": parts}}]}


def card(url: str, unshimmed: str | None = None) -> dict[str, Any]:
    return {"data": [{"media_type": "link", "url": url, "unshimmed_url": unshimmed, "target": {"url": url}}]}


def over(*posts: Any) -> Bench:
    built = bench("facebook")
    built.network.on("GET", f"/{PAGE}/published_posts", ok({"data": list(posts)}))
    return built


CASES: dict[str, tuple[PublicationDraft, Handle | None, list[Any], type]] = {
    "one": (TEXT, None, [post()], Published),
    "none": (TEXT, None, [], Absent),
    "two": (TEXT, None, [post("1"), post("2")], Unknown),
    "another text": (TEXT, None, [post(message="Hello!")], Absent),
    "a minute before": (TEXT, None, [post(minutes=-1)], Published),
    "older": (TEXT, None, [post(minutes=-1.1)], Absent),
    "unpublished": (TEXT, None, [post(is_published=False)], Absent),
    "without a time": (TEXT, None, [{"id": "1", "message": "Hello"}], Absent),
    "not a post": (TEXT, None, [None, "x", {"message": "Hello"}], Absent),
    "spaces": (publication("Hello \r\n\n there "), None, [post(message="Hello\nthere")], Published),
    "a mention": (publication("With @[123] today"), None, [post(message="With Acme Shop today")], Published),
    "a photo with our text": (TEXT, None, [post(attachments=attached("photo", "p9"))], Absent),
    "a card in our text": (TEXT, None, [post(attachments=card("https://acme.example/"))], Published),
    "our link": (LINK, None, [post(attachments=card("https://acme.example/sale"))], Published),
    "our link with a slash": (LINK, None, [post(attachments=card("https://acme.example/sale/"))], Published),
    "our link behind a shim": (LINK, None, [post(attachments=card("https://l.facebook.com/l.php?u=x",
     "https://acme.example/sale"))], Published),
    "link unread": (LINK, None, [post()], Published),
    "another link": (LINK, None, [post(attachments=card("https://acme.example/other"))], Unknown),
    "our link among two": (LINK, None, [post("1", attachments=card("https://acme.example/other")), post("2",
     attachments=card("https://acme.example/sale"))], Published),
    "our photo": (PHOTO, HANDLE, [post(attachments=attached("photo", "p1"))], Published),
    "our photo in an album": (PHOTO, HANDLE, [post(attachments=attached("photo", "p0", "p1"))], Published),
    "our photo with another text": (PHOTO, HANDLE, [post(message="Hi", attachments=attached("photo", "p1"))],
     Published),
    "our photo among two": (PHOTO, HANDLE, [post("1", attachments=attached("photo", "p1")), post("2",
     attachments=attached("photo", "p9"))], Published),
    "another photo": (PHOTO, HANDLE, [post(attachments=attached("photo", "p9"))], Absent),
    "photo unread": (PHOTO, HANDLE, [post()], Published),
    "a photo, ours not on record": (PHOTO, None, [post(attachments=attached("photo", "p9"))], Published),
    "a video not on record": (VIDEO, None, [post(attachments=attached("video", "v1"))], Published),
    "a video not on record nor there": (VIDEO, None, [], Absent),
}  # fmt: skip


@pytest.mark.parametrize(("given", "handle", "posts", "wanted"), CASES.values(), ids=CASES)
async def test_which_post_is_ours(
    given: PublicationDraft, handle: Handle | None, posts: list[Any], wanted: type
) -> None:
    built = over(*posts)
    found = await built.channel.find(given, WHO, handle, NOW)
    assert isinstance(found, wanted)
    assert built.network.mutations == []


async def test_what_is_found_has_its_id_address_and_time() -> None:
    found = await over(post(permalink_url="https://www.facebook.com/x")).channel.find(TEXT, WHO, None, NOW)
    alike = {"post_id": f"{PAGE}_1", "url": "https://www.facebook.com/x", "published_at": NOW, "by_likeness": True}
    assert found == Published.model_validate(alike)
    found = await over(post()).channel.find(TEXT, WHO, None, NOW)
    assert isinstance(found, Published)
    assert found.url == f"https://www.facebook.com/{PAGE}_1"


async def test_the_list_is_asked_for_from_a_minute_before() -> None:
    built = over()
    await built.channel.find(TEXT, WHO, None, NOW + timedelta(minutes=5))
    params = built.network.requests[0].url.params
    assert params["since"] == str(int((NOW + timedelta(minutes=4)).timestamp()))
    assert params["limit"] == "100"


async def test_nothing_from_before_it_was_due_is_bound() -> None:
    built = over(post(minutes=-30))
    assert await built.channel.find(TEXT, WHO, None, NOW - timedelta(hours=1)) == Absent()


def page(after: str | None, *posts: Any) -> httpx.Response:
    paging = {"cursors": {"after": after}, "next": "https://graph.facebook.com/…"} if after else {}
    return ok({"data": list(posts), "paging": paging})


async def test_every_page_is_read() -> None:
    built = bench("facebook")
    built.network.on("GET", f"/{PAGE}/published_posts", page("a"), page("b", post("1")), page(None, post("2")))
    assert isinstance(await built.channel.find(TEXT, WHO, None, NOW), Unknown)
    assert [request.url.params.get("after") for request in built.network.requests] == [None, "a", "b"]


async def test_a_list_without_end_proves_no_absence() -> None:
    built = bench("facebook")
    built.network.on("GET", f"/{PAGE}/published_posts", page("again"))
    assert isinstance(await built.channel.find(TEXT, WHO, None, NOW), Unknown)
    assert len(built.network.requests) == 5


async def test_a_list_without_data_proves_no_absence() -> None:
    built = bench("facebook")
    built.network.on("GET", f"/{PAGE}/published_posts", ok({}))
    assert isinstance(await built.channel.find(TEXT, WHO, None, NOW), Unknown)


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("Hello", "Hello", True),
        ("Hello", "hello", False),
        ("Hello", "Hello there", False),
        ("", "", True),
        ("", "x", False),
        ("Cafe\u0301", "Caf\u00e9", True),
        ("a.b", "axb", False),
        ("@[1]", "Acme", True),
        ("@[1]", "", False),
        ("By @[1], with @[2]!", "By Acme, with Other Page!", True),
        ("By @[1]", "By", False),
    ],
)
def test_the_same_text_as_facebook_shows_it(ours: str, theirs: str, same: bool) -> None:
    assert same_text(ours, theirs) is same


@given(
    st.lists(st.sampled_from(["a", "b", "ab", " ", "@[1]", "@[", "]", "@[2]", "e\u0301", "\n"])).map("".join),
    st.lists(st.sampled_from(["a", "b", " ", "Acme", "@[", "]", "\u00e9"])).map("".join),
)
@settings(max_examples=400, deadline=None)
def test_it_is_the_same_as_any_name_in_place_of_a_mention(ours: str, theirs: str) -> None:
    """The rule as an expression, which takes exponential time."""
    parts = [re.escape(collapsed(part)) for part in re.split(r"@\[[^\[\]]+\]", ours)]
    assert same_text(ours, theirs) is (re.fullmatch(".+?".join(parts), collapsed(theirs)) is not None)


STORY = publication("", media=(image(),), options={"kind": "story"})
EARLIER, LATER = NOW - timedelta(hours=2), NOW + timedelta(seconds=1)


def seconds(at: datetime) -> str:
    return str(int(at.timestamp()))


def row(at: Any, media_id: str = "p9") -> dict[str, Any]:
    return {"post_id": 1234, "media_id": media_id, "media_type": "photo", "creation_time": at, "status": "PUBLISHED"}


@pytest.mark.parametrize("given", [seconds(NOW), int(NOW.timestamp()), NOW.strftime("%Y-%m-%dT%H:%M:%S+0000")])
def test_a_storys_time_is_read_in_every_shape(given: Any) -> None:
    story = read_story(row(given))
    assert story is not None
    assert (story.id, story.created_at) == ("1234", NOW)


@pytest.mark.parametrize("given", [None, "soon", [], "0", ""])
def test_a_time_that_is_none_is_not_guessed(given: Any) -> None:
    story = read_story(row(given))
    assert story is not None
    assert story.created_at is None


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([], Absent),
        ([row(seconds(EARLIER))], Absent),  # another one, from before ours was due
        ([row(seconds(LATER))], Unknown),
        ([row(None)], Unknown),
        ([row(seconds(LATER), "p1")], Published),
        ([row(seconds(LATER), "p1"), row(seconds(LATER), "p2")], Unknown),
    ],
)
async def test_what_a_list_proves(rows: list[dict[str, Any]], found: type) -> None:
    built = bench("facebook")
    built.network.on("GET", f"/{PAGE}/stories", ok({"data": rows}))
    assert isinstance(await built.channel.find(STORY, WHO, with_photos(), NOW), found)


@pytest.mark.parametrize(("hours", "found"), [(22, Absent), (24, Unknown)])
async def test_after_a_day_an_empty_list_proves_nothing(hours: int, found: type) -> None:
    built = bench("facebook")
    built.network.on("GET", f"/{PAGE}/stories", ok({"data": []}))
    built.clock.forward(hours=hours)
    assert isinstance(await built.channel.find(STORY, WHO, with_photos(), NOW), found)


def test_a_lost_post_is_sent_again_within_85_seconds() -> None:
    """A post may be missing from a list for 30 seconds (docs/networks/facebook.md)."""
    assert SPEC.absence_window >= timedelta(seconds=30)
    assert SPEC.publish_deadline + SPEC.margin + SPEC.absence_window <= timedelta(seconds=85)
