"""What holds for the containers of Instagram and Threads beside their cases: states, reads, and what is saved first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from munadi.channels.meta.state import Container, Prepared
from munadi.channels.meta.wire import PostRead, read_post
from munadi.channels.threads.errors import FAILED_CONTAINERS
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.media import MediaAsset
from munadi.domain.publication import Preparation
from tests.channels.calls import Saved
from tests.channels.case import state
from tests.channels.case_run import until_sent
from tests.channels.cases import instagram, threads
from tests.channels.cases.containers import DEAD, NOT_FETCHED
from tests.channels.containers import INSTAGRAM, ONE, THREADS, ContainerNetwork, at, graph_error, known
from tests.channels.making import NOW, error_of, image, publication

networks = pytest.mark.parametrize("on", [INSTAGRAM, THREADS], ids=["instagram", "threads"])


def test_every_error_of_a_failed_container_of_threads_has_a_row() -> None:
    known = {message for on, _, message, *_ in DEAD if on is THREADS} | {message for _, message in NOT_FETCHED}
    assert FAILED_CONTAINERS.keys() <= known


@networks
async def test_the_id_is_saved_before_the_address_is_read(on: ContainerNetwork) -> None:
    built, seen = on.publishing.bench(), list[int]()

    class Watched(Saved):
        async def write(self, handle: Preparation) -> None:
            seen.append(len(built.network.requests))

    await built.publish(ONE, on.account, Watched(known()))
    assert seen == [1]


@networks
async def test_a_failed_rendition_ends_the_preparation(on: ContainerNetwork) -> None:
    built = on.making.bench()

    async def refuse(*_: object, **__: object) -> MediaAsset:
        raise ChannelError(Reason.MEDIA_VALIDATION_FAILED, Effect.REJECTED, "it has transparency")

    built.media.rendition = refuse  # type: ignore[method-assign]
    error = await error_of(built.prepare(publication("Hello", media=(image(mime_type="image/webp"),)), on.account))
    assert error.message == "it has transparency"
    assert built.network.requests == []


async def test_a_step_of_threads_continues_from_every_saved_state() -> None:
    whole, saved = threads.NET.bench(), Saved(state(**threads.AFTER))
    await until_sent(whole, threads.NET, threads.CHAIN, saved, "part-2")
    for handle in saved.history:
        built = threads.NET.bench()
        found = await until_sent(built, threads.NET, threads.CHAIN, Saved(handle), "part-2")
        assert built.network.sent(THREADS.make_path) == []
        assert len(built.network.sent(THREADS.publish_path)) == (0 if "part-2" in handle.state["posts"] else 1)
        assert found.post_id == "p1"


@pytest.mark.parametrize(
    ("ages", "total", "frees_in"),
    [
        ([23, 5, 1], 3, 60),  # the oldest is a day old in an hour
        ([23, 5, 1], 2, 19 * 60),  # two of them must expire
        ([1 / 3], 1, 24 * 60 - 20),
    ],
)
async def test_the_hold_of_a_quota_ends_when_one_more_post_may_be_published(
    ages: list[float], total: int, frees_in: float
) -> None:
    built = INSTAGRAM.publishing.bench({INSTAGRAM.publish: graph_error(9, 2207042)})
    limit = instagram.posted([timedelta(hours=age) for age in ages], total)
    built.network.on("GET", "/content_publishing_limit", limit)
    call = built.publish(ONE, INSTAGRAM.account, Saved(known()))
    error = await error_of(call, Reason.DAILY_CAP_REACHED, Effect.NOT_SENT)
    assert error.retry_after is not None
    assert timedelta(minutes=-2) <= error.retry_after - timedelta(minutes=frees_in) <= timedelta(minutes=15)
    assert f"{len(ages)} of {total} posts" in error.message
    assert len(built.network.sent("/content_publishing_limit")) <= 10
    assert len(built.network.mutations) == 1


def test_a_preparation_expires_with_its_first_container_and_replies_do_not_count() -> None:
    post = Container(id="c1", created_at=NOW, code="FINISHED")
    later = Container(id="c2", created_at=NOW + timedelta(hours=1))
    reply = Container(id="c3", created_at=NOW - timedelta(hours=9))
    known = Prepared(containers={"0": post, "post": later, "comment": reply})
    assert known.expires_at == NOW + timedelta(hours=24)
    assert Prepared(containers={"comment": reply}).expires_at is None
    assert known.without("post") == Prepared()
    assert set(known.without("comment").containers) == {"0", "post"}


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        *((odd, None) for odd in (None, [], "x", {}, {"id": None}, {"id": ""}, {"text": "Hi"}, {"caption": "Hi"})),
        ({"id": 18, "caption": "Hi", "timestamp": at(NOW), "new": 1}, PostRead(id="18", text="Hi", timestamp=NOW)),
        ({"id": 18, "text": "Hi", "children": {"data": [{"id": "1"}]}}, PostRead(id="18", text="Hi", children=1)),
        ({"id": "18", "text": 5, "permalink": 7, "children": [1]}, PostRead(id="18")),
        *(({"id": "18", "timestamp": odd}, PostRead(id="18")) for odd in (None, 7, "soon", "2026-12-01T09:00:00")),
    ],
)
def test_a_post_is_read_leniently(fields: Any, wanted: PostRead | None) -> None:
    assert read_post(fields) == wanted
