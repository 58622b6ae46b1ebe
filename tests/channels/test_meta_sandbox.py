"""Every kind of post at Facebook, Instagram and Threads as the sandbox shows it, and a chain whose answers are lost."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.domain.failure import Effect
from munadi.domain.publication import Published
from tests.channels.calls import Saved
from tests.channels.connected import new
from tests.channels.making import error_of
from tests.channels.meta_posts import QUOTED, Shown, posts, view
from tests.channels.sandbox import Acme, at

ROWS = [
    *((network, shown) for network in ("facebook", "instagram", "threads") for shown in posts(network)),
    *(("instagram page", shown) for shown in posts("instagram")[:1]),
]


@pytest.mark.parametrize(("acme", "shown"), ROWS, indirect=["acme"], ids=[f"{name} {row.name}" for name, row in ROWS])
async def test_a_post_is_shown_as_intended(acme: Acme, shown: Shown) -> None:
    given = await shown.given(acme)
    assert acme.channel.validate(given, acme.account) == []
    found = await acme.post(given)
    post = view(acme.posts[-1])
    assert post["id"] == found.post_id
    if post["shown"].get("quote_post_id") == acme.posts[0]["id"]:
        post["shown"]["quote_post_id"] = QUOTED
    assert {name: post[name] for name in shown.seen} == shown.seen


# Facebook


# Instagram


# Threads


LOST: list[dict[str, Any]] = [
    *({"mode": f"accept_then_{how}"} for how in ("reset", "502", "504", "half_body")),
    {"mode": "live_but_error", "error": {"code": 10}, "status": 500},
    {"mode": "live_but_error", "error": {"code": 4, "subcode": 2207051}},
]


@at("threads")
@pytest.mark.parametrize("plan", [None, *LOST], ids=str)
async def test_a_chain_and_a_first_comment_also_when_an_answer_was_lost(acme: Acme, plan: Any) -> None:
    given, saved = new("one", parts=("two", "three"), first_comment="by the way"), Saved()
    await acme.post(given, saved)
    if plan:
        acme.plant("threads_publish", **plan)
        assert (await error_of(acme.finish(given, saved, "part-2"))).effect is Effect.UNKNOWN
        assert isinstance(await acme.find(given, saved, "part-2"), Published)
    ids = [(await acme.finish(given, saved, name)).post_id for name in acme.channel.steps(given)[bool(plan) :]]
    root, *replies = acme.posts
    assert [reply["text"] for reply in replies] == root["comments"] == ["two", "three", "by the way"]
    made = [reply["id"] for reply in replies]
    assert made[bool(plan) :] == ids
    assert [reply["raw"]["reply_to"] for reply in replies] == [root["id"], made[0], root["id"]]
