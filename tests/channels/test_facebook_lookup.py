"""A feed post, story or video is found only if exactly one fits. A post that may be ours is not called absent."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from munadi.channels.facebook.wire import read_story, same_text
from munadi.channels.text import collapsed
from munadi.domain.publication import Absent, Preparation, Published, Unknown
from munadi.ports import PublicationDraft
from tests.channels import facebook_page as page
from tests.channels.containers import at, graph_error
from tests.channels.making import NOW, Bench, bench, image, publication
from tests.channels.network import answer, ok

TEXT, LINK, PHOTO, FILM = page.TEXT, page.LINK, page.PHOTO, page.FILM
HANDLE = Preparation(draft_version=1, state={"photos": [{"id": "p1", "made_at": NOW.isoformat()}]}, ready=True)
SALE = "https://acme.example/sale"


def post(name: str = "1", minutes: float = 0, **fields: Any) -> dict[str, Any]:
    time = at(NOW + timedelta(minutes=minutes))
    return {"id": f"{page.PAGE}_{name}", "message": "Hello", "created_time": time, **fields}


def attached(kind: str, *ids: str) -> dict[str, Any]:
    """A photo or video, or an album of several."""
    parts = [{"media_type": kind, "target": {"id": one}, "url": "https://www.facebook.com/photo"} for one in ids]
    album = {"media_type": "album", "target": {"id": "album"}, "subattachments": {"data": parts}}
    return {"attachments": {"data": parts if len(parts) == 1 else [album]}}


def card(url: str, unshimmed: str | None = None) -> dict[str, Any]:
    shown = {"media_type": "link", "url": url, "unshimmed_url": unshimmed, "target": {"url": url}}
    return {"attachments": {"data": [shown]}}


def over(*posts: Any) -> Bench:
    return page.over(posts=ok({"data": list(posts)}))


OTHER = card("https://acme.example/other")
CASES: dict[str, tuple[PublicationDraft, Preparation | None, list[Any], type]] = {
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
    "a photo with our text": (TEXT, None, [post(**attached("photo", "p9"))], Absent),
    "a card in our text": (TEXT, None, [post(**card("https://acme.example/"))], Published),
    "our link": (LINK, None, [post(**card(SALE))], Published),
    "our link with a slash": (LINK, None, [post(**card(f"{SALE}/"))], Published),
    "our link behind a shim": (LINK, None, [post(**card("https://l.facebook.com/l.php?u=x", SALE))], Published),
    "link unread": (LINK, None, [post()], Published),
    "another link": (LINK, None, [post(**OTHER)], Unknown),
    "our link among two": (LINK, None, [post("1", **OTHER), post("2", **card(SALE))], Published),
    "our photo": (PHOTO, HANDLE, [post(**attached("photo", "p1"))], Published),
    "our photo in an album": (PHOTO, HANDLE, [post(**attached("photo", "p0", "p1"))], Published),
    "our photo, other text": (PHOTO, HANDLE, [post(message="Hi", **attached("photo", "p1"))], Published),
    "our photo among two": (PHOTO, HANDLE, [post("1", **attached("photo", "p1")), post("2", **attached("photo", "p9"))],
                            Published),
    "another photo": (PHOTO, HANDLE, [post(**attached("photo", "p9"))], Absent),
    "photo unread": (PHOTO, HANDLE, [post()], Published),
    "a photo, ours not on record": (PHOTO, None, [post(**attached("photo", "p9"))], Published),
    "a video not on record": (FILM, None, [post(**attached("video", "v1"))], Published),
    "a video not on record nor there": (FILM, None, [], Absent),
}  # fmt: skip


@pytest.mark.parametrize(("draft", "handle", "posts", "wanted"), CASES.values(), ids=CASES)
async def test_which_post_is_ours(
    draft: PublicationDraft, handle: Preparation | None, posts: list[Any], wanted: type
) -> None:
    assert isinstance(await page.find(over(*posts), draft, handle), wanted)


@pytest.mark.parametrize("address", ["https://www.facebook.com/x", None])
async def test_what_is_found_has_its_id_address_and_time(address: str | None) -> None:
    post_id = f"{page.PAGE}_1"
    url = address or f"https://www.facebook.com/{post_id}"
    found = await page.find(over(post(permalink_url=address)), TEXT)
    assert found == Published(post_id=post_id, url=url, published_at=NOW).alike()


async def test_the_list_is_read_from_a_minute_before_and_from_when_the_post_was_due() -> None:
    built = over()
    await page.find(built, TEXT, minutes=5)
    params = built.network.requests[0].url.params
    assert (params["since"], params["limit"]) == (seconds(NOW + timedelta(minutes=4)), "100")
    assert isinstance(await page.find(over(post(minutes=-30)), TEXT, minutes=-60), Absent)


def listed(after: str | None, *posts: Any) -> httpx.Response:
    paging = {"cursors": {"after": after}, "next": "https://graph.facebook.com/…"} if after else {}
    return ok({"data": list(posts), "paging": paging})


@pytest.mark.parametrize(
    ("lists", "read"),
    [
        ([listed("a"), listed("b", post("1")), listed(None, post("2"))], [None, "a", "b"]),  # two of them
        ([listed("again")], [None, *["again"] * 4]),  # a list without end proves no absence
        ([ok({})], [None]),  # nor does one without data
    ],
)
async def test_every_page_of_the_list_is_read(lists: list[httpx.Response], read: list[str | None]) -> None:
    built = over()
    built.network.on("GET", f"/{page.PAGE}/published_posts", *lists)
    assert isinstance(await page.find(built, TEXT), Unknown)
    assert [request.url.params.get("after") for request in built.network.requests] == read


async def test_with_a_known_post_id_nothing_is_searched() -> None:
    built = over()
    assert isinstance(await page.find(built, TEXT, page.with_photos(post_id=page.POST)), Published)
    assert [request.url.path for request in built.network.requests] == [f"/v26.0/{page.POST}"]


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        (page.LIVE, Published),
        *((status, Absent) for status in (page.WAITING, page.DRAFT, page.DEAD)),
        *((status, Unknown) for status in (page.PUBLISHING, page.ON_ITS_WAY, page.SCHEDULED)),
        (page.phases("new_word", "new_word"), Unknown),
        *((refused, Unknown) for refused in (graph_error(100, 33), answer(500, "<html>"))),
        *((ok(body), Unknown) for body in ("not json", {}, {"id": page.VIDEO})),
        # without phases it is live when it says so
        *((ok({"status": {"video_status": "ready"}, "published": published}), wanted)
          for published, wanted in ((True, Published), (False, Absent), ("yes", Absent))),
    ],
)  # fmt: skip
@pytest.mark.parametrize("draft", [page.REEL, FILM], ids=["reel", "video"])
async def test_a_video_is_found_by_its_id(draft: PublicationDraft, status: httpx.Response, wanted: type) -> None:
    assert isinstance(await page.find(page.over(status=status), draft, page.uploaded()), wanted)


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
def test_a_mention_matches_any_name(ours: str, theirs: str) -> None:
    """Compared with a regular expression for the same rule, which takes exponential time."""
    parts = [re.escape(collapsed(part)) for part in re.split(r"@\[[^\[\]]+\]", ours)]
    assert same_text(ours, theirs) is (re.fullmatch(".+?".join(parts), collapsed(theirs)) is not None)


STORY = publication("", media=(image(),), options={"kind": "story"})


def seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def row(time: Any, media_id: str = "p9") -> dict[str, Any]:
    return {"post_id": 1234, "media_id": media_id, "media_type": "photo", "creation_time": time, "status": "PUBLISHED"}


@pytest.mark.parametrize(
    ("time", "wanted"),
    [
        *((shape, NOW) for shape in (seconds(NOW), int(NOW.timestamp()), at(NOW))),
        *((odd, None) for odd in (None, "soon", [], "0", "")),
    ],
)
def test_the_time_of_a_story_is_read_in_every_shape_and_never_guessed(time: Any, wanted: datetime | None) -> None:
    story = read_story(row(time))
    assert story is not None
    assert (story.id, story.created_at) == ("1234", wanted)


LATER = seconds(NOW + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("rows", "hours", "wanted"),
    [
        ([], 0, Absent),
        ([], 22, Absent),
        ([], 24, Unknown),  # after a day an empty list proves nothing
        ([row(seconds(NOW - timedelta(hours=2)))], 0, Absent),  # another one, from before ours was due
        ([row(LATER)], 0, Unknown),
        ([row(None)], 0, Unknown),
        ([row(LATER, "p1")], 0, Published),
        ([row(LATER, "p1"), row(LATER, "p2")], 0, Unknown),
    ],
)
async def test_what_a_list_of_stories_proves(rows: list[dict[str, Any]], hours: int, wanted: type) -> None:
    built = bench("facebook")
    built.network.on("GET", f"/{page.PAGE}/stories", ok({"data": rows}))
    built.clock.forward(hours=hours)
    assert isinstance(await page.find(built, STORY, page.with_photos()), wanted)


def test_a_lost_post_is_searched_until_every_list_would_show_it() -> None:
    """A post may be missing from a list for 30 seconds (docs/networks/facebook.md)."""
    assert bench("facebook").channel.spec.absence_window >= timedelta(seconds=30)
