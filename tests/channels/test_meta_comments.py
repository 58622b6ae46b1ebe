"""The first comment at Instagram and Facebook: one request, and a search by its text."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.meta.state import Prepared
from munadi.domain.failure import Effect
from munadi.domain.publication import Absent, Preparation, Unknown
from munadi.ports import PublicationDraft
from tests.channels import facebook_page as facebook
from tests.channels.calls import GateThatCounts, Saved
from tests.channels.containers import INSTAGRAM, ONE, POST, graph_error, known
from tests.channels.making import NOW, Bench, bench, error_of
from tests.channels.network import answer, form_of, ok

WORDS = "Sale: #monsoon"
WHO, READ = INSTAGRAM.account, INSTAGRAM.listed()
DRAFT = ONE.model_copy(update={"first_comment": WORDS})
KNOWN = known(posts={"post": POST})
PAGE = facebook.COMMENTED.model_copy(update={"first_comment": WORDS})
REEL = facebook.REEL.model_copy(update={"first_comment": WORDS})
FEED = facebook.with_photos(post_id=facebook.POST)
COMMENTS = "/comments"


def instagram(posted: Any = None, *listed: Any, posts: Any = None) -> Bench:
    """`listed` are the pages of its comments; `posts` is the account's list."""
    built = bench("instagram")
    built.network.on("POST", COMMENTS, posted or ok({"id": facebook.COMMENT}))
    built.network.on("GET", COMMENTS, *(listed or [ok({"data": []})]))
    built.network.on("GET", INSTAGRAM.make_path, posts or ok({"data": [READ]}))
    return built


def page(posts: tuple[Any, ...] = (facebook.READ,), *listed: Any) -> Bench:
    built = facebook.over(posts=ok({"data": posts}))
    built.network.on("GET", COMMENTS, *(listed or [ok({"data": []})]))
    return built


async def find(built: Bench, given: PublicationDraft = DRAFT, handle: Preparation = KNOWN) -> Any:
    who = WHO if given is DRAFT else facebook.WHO
    found = await built.find(given, who, handle, NOW, "comment")
    assert built.network.mutations == []
    return found


@pytest.mark.parametrize(
    ("built", "given", "handle", "target"),
    [
        (instagram(), DRAFT, KNOWN, POST),
        (instagram(), DRAFT, known(), POST),  # found in the account's list
        (page(), PAGE, FEED, facebook.POST),
        (page(), PAGE, None, facebook.POST),  # found among the Page's posts
        (page(), REEL, facebook.uploaded(finished=True), facebook.VIDEO),
    ],
)
async def test_a_first_comment_is_one_gated_request_below_the_post(
    built: Bench, given: PublicationDraft, handle: Preparation | None, target: str
) -> None:
    saved, gate, who = Saved(handle), GateThatCounts(), WHO if given is DRAFT else facebook.WHO
    assert (await built.publish(given, who, saved, "comment", gate)).post_id == facebook.COMMENT
    (request,) = built.network.mutations
    assert (request.url.path, form_of(request)) == (f"/v26.0/{target}/comments", {"message": WORDS})
    assert gate.asked == 1
    if given is DRAFT:
        assert Prepared.of(saved.kept).posts == {"post": POST, "comment": facebook.COMMENT}
        assert (await find(instagram(), handle=saved.kept)).post_id == facebook.COMMENT


@pytest.mark.parametrize("posts", [ok({"data": []}), ok({"data": [READ, READ | {"id": "2"}]}), answer(500, "<html>")])
async def test_without_the_posts_id_nothing_is_sent(posts: httpx.Response) -> None:
    built = instagram(posts=posts)
    error = await error_of(built.publish(DRAFT, WHO, Saved(known()), "comment"))
    assert (error.effect, error.retry_after) == (Effect.NOT_SENT, timedelta(seconds=30))
    assert isinstance(await find(built, handle=known(posts={})), Unknown)
    built = page(())
    error = await error_of(built.publish(PAGE, facebook.WHO, Saved(), "comment"))
    assert (error.provider_code, error.effect) == ("POST_ID_PENDING", Effect.NOT_SENT)
    assert built.network.mutations == []


@pytest.mark.parametrize(
    ("refused", "effect"),
    [
        (graph_error(10), Effect.REJECTED),
        (graph_error(100), Effect.REJECTED),
        (graph_error(100, 33), Effect.UNKNOWN),  # a media that is seconds old may seem to be missing
        (graph_error(2), Effect.UNKNOWN),
        (graph_error(4), Effect.NOT_SENT),
        (graph_error(190), Effect.NOT_SENT),
        (httpx.ReadTimeout("slow"), Effect.UNKNOWN),
    ],
)
async def test_what_a_refusal_proves(refused: Any, effect: Effect) -> None:
    saved = Saved(KNOWN)
    assert (await error_of(instagram(refused).publish(DRAFT, WHO, saved, "comment"))).effect is effect
    assert saved.history == []


def media(*texts: Any, after: str | None = None) -> httpx.Response:
    """A list of comments of Instagram, which may continue."""
    data = [{"id": f"178{index}", "text": text, "timestamp": READ["timestamp"]} for index, text in enumerate(texts)]
    return ok({"data": data, "paging": {"cursors": {"after": after}, "next": "https://never.example"} if after else {}})


OURS: dict[str, Any] = {"message": WORDS, "created_time": facebook.TIME, "from": {"id": facebook.PAGE}}
EARLIER = (NOW - timedelta(hours=1)).isoformat()


def feed(*changes: Any) -> httpx.Response:
    """A list of comments of Facebook: changes of our own, or rows that are no comments."""
    rows = [{"id": f"178{index}"} | OURS | row if isinstance(row, dict) else row for index, row in enumerate(changes)]
    return ok({"data": rows})


FOUND: list[tuple[list[httpx.Response], Any]] = [  # Instagram's lists; the id of the comment, or what is known of it
    ([media(WORDS)], "1780"),
    ([media("Nice!", " Sale:  #monsoon\n")], "1781"),
    ([media("Nice!", after="c"), media(WORDS)], "1780"),
    ([media()], Absent),
    ([media(f"{WORDS}!", "sale", None)], Absent),
    ([media("Nice!", after="c"), media("Great!")], Absent),
    ([media(WORDS, WORDS)], Unknown),
    ([media("Nice!", after="c")], Unknown),  # a list without end
    *(([ok(odd)], Unknown) for odd in ("not json", {}, {"data": None})),
    ([graph_error(100, 33)], Unknown),
    ([answer(500, "<html>")], Unknown),
]
FOUND_AT_FACEBOOK: list[tuple[httpx.Response, Any]] = [
    (feed({}), "1780"),
    (feed({"from": None}), "1780"),
    (feed(), Absent),
    (feed({"from": {"id": "7"}}), Absent),
    (feed({"message": "Other"}), Absent),
    (feed({"created_time": EARLIER}), Absent),
    (feed(None, {"message": None}), Absent),
    (feed({}, {}), Unknown),
    (ok({}), Unknown),
]


@pytest.mark.parametrize(
    ("built", "given", "handle", "wanted"),
    [
        *((instagram(None, *listed), DRAFT, KNOWN, wanted) for listed, wanted in FOUND),
        *((page((), listed), PAGE, FEED, wanted) for listed, wanted in FOUND_AT_FACEBOOK),
    ],
)
async def test_a_first_comment_is_found_by_its_text(
    built: Bench, given: PublicationDraft, handle: Preparation, wanted: Any
) -> None:
    found = await find(built, given, handle)
    if isinstance(wanted, str):
        assert (found.post_id, found.published_at) == (wanted, NOW)
    else:
        assert isinstance(found, wanted)
