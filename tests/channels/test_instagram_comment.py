"""The first comment: one request, searched for by its words, and never a second time blindly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from munadi.channels.meta.state import Prepared
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Absent, Published, Unknown
from munadi.ports import VisibleStep
from tests.channels.containers import INSTAGRAM, POST, graph_error, known
from tests.channels.making import NOW, Bench, GateThatCounts, Saved, bench, error_of, image, publication
from tests.channels.network import answer, form_of, ok

DRAFT = publication("Hello", media=(image(),), first_comment="Sale: #monsoon")
WHO, READ = INSTAGRAM.account, INSTAGRAM.listed()
COMMENTS = f"/{POST}/comments"
STAGE = VisibleStep(GateThatCounts(), "comment")


def over(posted: Any = None, listed: Any = None) -> Bench:
    built = bench("instagram")
    built.network.on("POST", COMMENTS, posted or ok({"id": "178"}))
    built.network.on("GET", COMMENTS, *(listed or [ok({"data": []})]))
    return built


def said(*texts: Any, after: str | None = None) -> httpx.Response:
    data = [{"id": f"178{index}", "text": text, "timestamp": READ["timestamp"]} for index, text in enumerate(texts)]
    paging = {"cursors": {"after": after}, "next": "https://never.example"} if after else {}
    return ok({"data": data, "paging": paging})


async def comment(built: Bench, saved: Saved, step: Any = STAGE) -> Published:
    found = await built.channel.publish(DRAFT, WHO, saved.handle, saved, step)
    assert isinstance(found, Published)
    return found


async def find(built: Bench, **state: Any) -> Any:
    return await built.channel.find(DRAFT, WHO, known(**({"posts": {"post": POST}} | state)), NOW, "comment")


def test_it_is_the_one_later_step() -> None:
    channel = bench("instagram").channel
    assert channel.steps(DRAFT) == ("comment",)
    assert channel.steps(publication("Hello")) == ()


async def test_it_is_one_gated_request_below_the_post() -> None:
    built, saved, gate = over(), Saved(known(posts={"post": POST})), GateThatCounts()
    found = await comment(built, saved, replace(STAGE, gate=gate))
    (request,) = built.network.requests
    assert (request.method, request.url.path) == ("POST", f"/v26.0{COMMENTS}")
    assert form_of(request) == {"message": "Sale: #monsoon"}
    assert (found.post_id, gate.asked) == ("178", 1)
    kept = Prepared.of(saved.kept)
    assert kept.posts == {"post": POST, "comment": "178"}
    again = await comment(built, saved)
    assert (again.post_id, len(built.network.requests)) == ("178", 1)


@pytest.mark.parametrize("listed", ["not json", {}, {"data": None}])
async def test_what_is_no_list_of_comments_proves_no_absence(listed: Any) -> None:
    assert isinstance(await find(over(listed=[ok(listed)])), Unknown)


async def test_a_closed_gate_lets_nothing_out() -> None:
    built = over()
    late = ChannelError(Reason.WINDOW_MISSED, Effect.NOT_SENT, "the deadline has passed")
    with pytest.raises(ChannelError, match="deadline"):
        await comment(built, Saved(known(posts={"post": POST})), VisibleStep(GateThatCounts(late), "comment"))
    assert built.network.requests == []


async def test_a_post_that_was_found_by_a_search_is_searched_for() -> None:
    built = over()
    built.network.on("GET", INSTAGRAM.make_path, ok({"data": [READ]}))
    saved = Saved(known())
    await comment(built, saved)
    assert saved.kept.state["posts"]["post"] == POST


@pytest.mark.parametrize("listed", [ok({"data": []}), ok({"data": [READ, READ | {"id": "2"}]}), answer(500, "<html>")])
async def test_without_the_posts_id_nothing_is_sent(listed: httpx.Response) -> None:
    built = over()
    built.network.on("GET", INSTAGRAM.make_path, listed)
    error = await error_of(comment(built, Saved(known())))
    assert error.effect is Effect.NOT_SENT
    assert error.retry_after is not None
    assert built.network.mutations == []
    assert isinstance(await find(built, posts={}), Unknown)


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
async def test_what_a_refusal_is_worth(refused: Any, effect: Effect) -> None:
    saved = Saved(known(posts={"post": POST}))
    error = await error_of(comment(over(refused), saved))
    assert error.effect is effect
    assert saved.history == []


@pytest.mark.parametrize(
    ("listed", "wanted"),
    [
        ([said("Sale: #monsoon")], "1780"),
        ([said("Nice!", " Sale:  #monsoon\n")], "1781"),
        ([said("Nice!", after="c"), said("Sale: #monsoon")], "1780"),
        ([said()], Absent),
        ([said("Sale: #monsoon!", "sale", None)], Absent),
        ([said("Nice!", after="c"), said("Great!")], Absent),
        ([said("Sale: #monsoon", "Sale: #monsoon")], Unknown),
        ([said("Nice!", after="c")], Unknown),  # and so on for ever
        ([answer(400, {"error": {"code": 100, "error_subcode": 33}})], Unknown),
        ([answer(500, "<html>")], Unknown),
    ],
)
async def test_it_is_searched_for_by_its_words(listed: list[httpx.Response], wanted: Any) -> None:
    built = over(listed=listed)
    found = await find(built)
    assert built.network.mutations == []
    if isinstance(wanted, str):
        assert isinstance(found, Published)
        assert (found.post_id, found.published_at) == (wanted, NOW)
    else:
        assert isinstance(found, wanted)


async def test_a_comment_on_record_needs_no_look() -> None:
    built = over()
    assert (await find(built, posts={"comment": "178"})).post_id == "178"
    assert built.network.requests == []
