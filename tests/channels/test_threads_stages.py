"""The later parts of a thread and the first comment are replies. Each step creates its own container."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
import pytest

from munadi.channels.meta.state import Prepared
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Absent, Preparation, Published, Unknown
from tests.channels.calls import GateThatCounts, Saved
from tests.channels.containers import THREADS, at, graph_error
from tests.channels.making import NOW, Bench, bench, error_of, image, publication
from tests.channels.network import form_of, ok

WHO = THREADS.account
ID = WHO.external_id
CHAIN = publication(
    "one", media=(image(),), parts=("two", "three"), first_comment="by the way", options={"topicTag": "Sale"}
)
CREATE, PUBLISH, STAMP = THREADS.make_path, THREADS.publish_path, at(NOW)


def after_the_post(**state: Any) -> Preparation:
    post = {"id": "c0", "created_at": NOW.isoformat(), "code": "PUBLISHED", "media_type": "IMAGE"}
    return Preparation(
        draft_version=1, state={"containers": {"post": post}, "posts": {"post": "p0"}} | state, ready=True
    )


def numbered(name: str) -> Callable[[httpx.Request], httpx.Response]:
    numbers = count(1)
    return lambda _: ok({"id": f"{name}{next(numbers)}"})


def over(status: str = "FINISHED") -> Bench:
    """Containers are c1, c2…, posts p1, p2…; every container reads as `status`."""
    built = bench("threads")
    built.network.on("POST", CREATE, numbered("c")).on("POST", PUBLISH, numbered("p"))
    built.network.on("GET", f"/{ID}/replies", ok({"data": []})).on("GET", f"/{ID}/threads", ok({"data": []}))
    for number in range(9):
        read = {"id": f"p{number}", "permalink": f"https://x.example/p{number}", "timestamp": STAMP}
        built.network.on("GET", f"/v1.0/p{number}", ok(read))
    built.network.on("GET", "", ok({"status": status}))
    return built


async def take(built: Bench, saved: Saved, name: str, gate: GateThatCounts | None = None) -> Published:
    found = await built.publish(CHAIN, WHO, saved, name, gate)
    assert isinstance(found, Published)
    return found


async def take_until_done(built: Bench, saved: Saved, name: str) -> Published:
    for _ in range(4):
        try:
            return await take(built, saved, name)
        except ChannelError as error:
            if error.effect is not Effect.NOT_SENT or error.retry_after is None:
                raise
            built.clock.forward(seconds=error.retry_after.total_seconds())
    raise AssertionError("a step has four tries")


def sent(built: Bench, path: str) -> list[dict[str, str]]:
    return [form_of(request) for request in built.network.sent(path) if request.method == "POST"]


async def test_each_part_answers_the_one_before_and_the_comment_the_post() -> None:
    """This holds also if Threads does not find the first container at once."""
    built, saved = over(), Saved(after_the_post())
    built.network.on("POST", PUBLISH, graph_error(24, 4279009), numbered("p"))
    for name in built.channel.steps(CHAIN):
        found = await take_until_done(built, saved, name)
        assert found.url is not None
    assert sent(built, CREATE) == [
        {"media_type": "TEXT", "text": "two", "reply_to_id": "p0"},
        {"media_type": "TEXT", "text": "three", "reply_to_id": "p1"},
        {"media_type": "TEXT", "text": "by the way", "reply_to_id": "p0"},
    ]
    assert sent(built, PUBLISH) == [{"creation_id": f"c{number}"} for number in (1, 1, 2, 3)]
    assert Prepared.of(saved.handle).posts == {"post": "p0", "part-2": "p1", "part-3": "p2", "comment": "p3"}


async def test_a_step_with_an_unfinished_container_is_not_sent() -> None:
    """The channel does not sleep, and a Pending would count as an accepted reply."""
    built, saved, gate = over("IN_PROGRESS"), Saved(after_the_post()), GateThatCounts()
    waits = []
    for _ in range(4):
        error = await error_of(take(built, saved, "part-2", gate))
        assert (error.reason, error.effect) == (Reason.PROVIDER_OUTAGE, Effect.NOT_SENT)
        assert error.retry_after is not None
        waits.append(error.retry_after.total_seconds())
        built.clock.forward(seconds=waits[-1])
    assert waits == [2, 10, 30, 30]
    assert len(sent(built, CREATE)) == 1
    assert sent(built, PUBLISH) == []
    assert gate.asked == 0
    built.network.on("GET", "", ok({"status": "FINISHED"}))
    await take(built, saved, "part-2", gate)
    assert gate.asked == 1


async def test_a_step_continues_from_every_saved_state() -> None:
    whole, saved = over(), Saved(after_the_post())
    await take_until_done(whole, saved, "part-2")
    for known in saved.history:
        built, again = over(), Saved(known)
        found = await take_until_done(built, again, "part-2")
        assert sent(built, CREATE) == []
        assert len(sent(built, PUBLISH)) == (0 if "part-2" in known.state["posts"] else 1)
        assert found.post_id == "p1"


async def test_an_id_that_was_found_by_a_search_is_looked_up_again() -> None:
    """After a reconcile the handle has the container but not the post's id."""
    built, saved = over(), Saved(after_the_post(posts={}))
    read = {"id": "p8", "text": "one", "timestamp": STAMP, "media_type": "IMAGE", "permalink": "x"}
    built.network.on("GET", f"/{ID}/threads", ok({"data": [read]}))
    await take_until_done(built, saved, "part-2")
    assert sent(built, CREATE)[0]["reply_to_id"] == "p8"
    assert Prepared.of(saved.handle).posts["post"] == "p8"


async def test_without_the_parents_id_no_container_is_created() -> None:
    built, saved = over(), Saved(after_the_post(posts={}))
    error = await error_of(take(built, saved, "part-2"))
    assert (error.provider_code, error.effect) == ("PARENT_UNKNOWN", Effect.NOT_SENT)
    assert error.retry_after == timedelta(seconds=5)
    assert built.network.mutations == []


@pytest.mark.parametrize(
    ("status", "listed", "wanted"),
    [
        ("FINISHED", [], Absent),
        ("IN_PROGRESS", [], Unknown),
        ("PUBLISHED", ["two"], Published),
        ("EXPIRED", [], Absent),
        ("EXPIRED", ["two"], Published),
        ("EXPIRED", ["two", "two"], Unknown),
        ("EXPIRED", ["three"], Absent),
        (None, [], Absent),  # it was never begun
    ],
)
async def test_a_step_is_found_among_the_replies(status: str | None, listed: list[str], wanted: type) -> None:
    built = over(status or "")
    rows = [
        {"id": f"r{index}", "text": text, "timestamp": STAMP, "media_type": "TEXT_POST"}
        for index, text in enumerate(listed)
    ]
    built.network.on("GET", f"/{ID}/replies", ok({"data": rows}))
    container = {"id": "c1", "created_at": NOW.isoformat(), "code": "FINISHED"}
    known = after_the_post(containers={"part-2": container} if status else {})
    found = await built.find(CHAIN, WHO, known, NOW, "part-2")
    assert isinstance(found, wanted)
    assert built.network.mutations == []
