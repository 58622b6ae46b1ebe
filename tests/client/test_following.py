"""Following a post to its end, by its events or by waiting."""

import asyncio
from pathlib import Path

import httpx
import pytest

from api.http.waiting import ContentWaits
from munadi.client import AsyncClient, NotEnded, NotReachable, ProblemError
from tests.api.harness import open_api
from tests.client.conftest import Answer, Serve, Server

UNCHANGED = httpx.Response(304)
NOTHING = {"data": [], "nextCursor": None}


def content(status: str, etag: str | None = None) -> httpx.Response:
    """A post; without an ETag as from a server, or through a proxy, at which nothing can be waited for."""
    return httpx.Response(200, json={"id": "cnt_1", "status": status}, headers={"etag": etag} if etag else {})


def unchanged(request: httpx.Request) -> httpx.Response:
    """A post that never changes, as the API answers it."""
    return UNCHANGED if "if-none-match" in request.headers else content("queued", '"1-a"')


def asked_to_wait(server: Server) -> list[tuple[str | None, str | None]]:
    """How long each read of the post waits, and for a change of what."""
    reads = [each for each in server.requests if not each.url.path.endswith("/events")]
    return [(each.url.params.get("wait"), each.headers.get("if-none-match")) for each in reads]


def test_follow_reads_every_page_and_ends_with_the_post(serve: Serve) -> None:
    events = [{"id": f"evt_{number}", "sequence": number, "position": 10 * number} for number in (1, 2, 3)]
    server = serve(
        content("queued"),
        httpx.Response(200, json={"data": events[:1], "nextCursor": "10"}),
        httpx.Response(200, json={"data": events[1:2], "nextCursor": None}),
        content("published"),
        httpx.Response(200, json={"data": events[2:], "nextCursor": None}),
    )
    followed = server.ask(lambda c: _listed(c.contents.follow("cnt_1")))
    assert [each["id"] for each in followed] == ["evt_1", "evt_2", "evt_3"]
    asked = [request.url.params.get("after") for request in server.requests if request.url.path.endswith("/events")]
    assert asked == ["0", "10", "20"]


@pytest.mark.parametrize("end", ["published", "partially_published", "failed", "unconfirmed", "canceled"])
def test_wait_ends_with_the_post(serve: Serve, end: str) -> None:
    server = serve(content("accepted"), content("publishing"), content(end))
    assert server.ask(lambda c: c.contents.wait("cnt_1"))["status"] == end
    assert len(server.requests) == 3


def test_wait_polls_less_and_less_often_until_its_timeout(serve: Serve) -> None:
    server = serve(content("queued"))
    with pytest.raises(NotEnded, match="cnt_1 is queued after 60 s; publishing continues") as waited:
        server.ask(lambda c: c.contents.wait("cnt_1", timeout=60))
    assert waited.value.content["status"] == "queued"
    assert sum(server.pauses) == pytest.approx(60)
    assert server.pauses[:3] == [0.25, 0.375, 0.5625]
    assert max(server.pauses) == 2.0


def test_wait_without_time_reads_once(serve: Serve) -> None:
    server = serve(content("queued"))
    with pytest.raises(NotEnded):
        server.ask(lambda c: c.contents.wait("cnt_1", timeout=0))
    assert len(server.requests) == 1


@pytest.mark.parametrize("failure", [httpx.ConnectError("refused"), httpx.Response(503), httpx.Response(502)])
def test_wait_continues_while_the_api_is_unreachable(serve: Serve, failure: httpx.Response | Exception) -> None:
    server = serve(content("queued"), *[failure] * 9, content("published"))
    assert server.ask(lambda c: c.contents.wait("cnt_1"))["status"] == "published"


def test_wait_gives_up_when_the_api_stays_unreachable(serve: Serve) -> None:
    server = serve(httpx.ConnectError("refused"))
    with pytest.raises(NotReachable):
        server.ask(lambda c: c.contents.wait("cnt_1", timeout=20))
    assert 20 <= sum(server.pauses) < 25


@pytest.mark.parametrize("failure", [httpx.ConnectError("refused"), httpx.Response(502)])
def test_wait_ends_with_the_post_as_it_was_last_seen(serve: Serve, failure: httpx.Response | Exception) -> None:
    server = serve(content("queued"), failure)
    with pytest.raises(NotEnded) as waited:
        server.ask(lambda c: c.contents.wait("cnt_1", timeout=20))
    assert waited.value.content == {"id": "cnt_1", "status": "queued"}
    assert isinstance(waited.value.__cause__, NotReachable | ProblemError)
    assert sum(server.pauses) == pytest.approx(20)


def test_wait_asks_no_earlier_than_the_api_says(serve: Serve) -> None:
    busy = httpx.Response(429, json={"title": "Slow down"}, headers={"retry-after": "7"})
    server = serve(content("queued"), busy, httpx.Response(503, headers={"retry-after": "86400"}))
    with pytest.raises(NotEnded):
        server.ask(lambda c: c.contents.wait("cnt_1", timeout=60))
    assert server.pauses == [0.25, 7, pytest.approx(52.75)]


def test_wait_fails_at_once_for_an_address_that_is_none(serve: Serve) -> None:
    server = serve(httpx.UnsupportedProtocol("ftp"))
    with pytest.raises(NotReachable):
        server.ask(lambda c: c.contents.wait("cnt_1"))
    assert server.pauses == []


def test_wait_fails_at_once_for_an_unknown_post(serve: Serve) -> None:
    server = serve(httpx.Response(404, json={"title": "No", "code": "NOT_FOUND"}))
    with pytest.raises(ProblemError):
        server.ask(lambda c: c.contents.wait("cnt_1"))
    assert server.pauses == []


def test_wait_lets_the_api_answer_once_the_post_has_changed(serve: Serve) -> None:
    server = serve(content("queued", '"1-a"'), UNCHANGED, content("publishing", '"2-b"'), content("published", '"3-c"'))
    assert server.ask(lambda c: c.contents.wait("cnt_1"))["status"] == "published"
    assert asked_to_wait(server) == [(None, None), ("20", '"1-a"'), ("20", '"1-a"'), ("20", '"2-b"')]


def test_no_request_waits_longer_than_the_time_that_is_left(serve: Serve) -> None:
    server = serve(unchanged)
    with pytest.raises(NotEnded) as waited:
        server.ask(lambda c: c.contents.wait("cnt_1", timeout=5.5))
    assert waited.value.content["status"] == "queued"
    waits = [int(wait) for wait, _ in asked_to_wait(server) if wait]
    assert (waits[0], waits) == (5, sorted(waits, reverse=True))
    assert asked_to_wait(server)[-1] == (None, None), "less than a second is left"
    assert sum(server.pauses) == pytest.approx(5.5)


@pytest.mark.parametrize(
    "repeated", [unchanged, content("queued", '"1-a"')], ids=["a process that ends", "a proxy that drops the header"]
)
def test_answers_that_come_at_once_are_asked_for_less_and_less_often(serve: Serve, repeated: Answer) -> None:
    server = serve(repeated)
    with pytest.raises(NotEnded):
        server.ask(lambda c: c.contents.wait("cnt_1", timeout=60))
    assert (server.pauses[:3], max(server.pauses)) == ([0.25, 0.375, 0.5625], 2.0)
    server = serve(content("queued", '"1-a"'), *[repeated] * 5, content("failed"))
    server.answers = [each for one in server.answers for each in (one, httpx.Response(200, json=NOTHING))]
    assert server.ask(lambda c: _listed(c.contents.follow("cnt_1"))) == []
    assert server.pauses == [pytest.approx(0.4)] * 6


def test_a_server_that_is_older_than_waiting_is_read_at_intervals(serve: Serve) -> None:
    unknown = httpx.Response(422, json={"title": "Unknown parameter", "code": "VALIDATION_FAILED"})
    server = serve(content("queued", '"1-a"'), unknown, content("queued", '"1-a"'), content("published", '"2-b"'))
    assert server.ask(lambda c: c.contents.wait("cnt_1"))["status"] == "published"
    assert [wait for wait, _ in asked_to_wait(server)] == [None, "20", None, None]
    assert server.pauses == [0.25, 0.375]


def test_without_a_place_to_wait_the_post_is_read(serve: Serve) -> None:
    full = httpx.Response(429, json={"title": "Too many", "code": "TOO_MANY_WAITING"}, headers={"retry-after": "5"})
    server = serve(content("queued", '"1-a"'), full, content("published", '"2-b"'))
    assert server.ask(lambda c: c.contents.wait("cnt_1"))["status"] == "published"
    assert (asked_to_wait(server)[-1], server.pauses) == ((None, None), [5])
    events = httpx.Response(200, json=NOTHING)
    server = serve(content("queued", '"1-a"'), events, full, content("published", '"2-b"'), events)
    assert server.ask(lambda c: _listed(c.contents.follow("cnt_1"))) == []
    assert (asked_to_wait(server)[-1], server.pauses) == ((None, None), [0.4, 5])


def test_follow_waits_for_changes_and_reads_other_events_in_between(serve: Serve) -> None:
    events = [{"data": [{"id": "evt_1", "position": 10}], "nextCursor": None}, NOTHING, NOTHING]
    answers = [content("queued", '"1-a"'), UNCHANGED, content("published", '"2-b"')]
    server = serve(*(each for pair in zip(answers, events, strict=True) for each in (pair[0], _json(pair[1]))))
    assert [each["id"] for each in server.ask(lambda c: _listed(c.contents.follow("cnt_1")))] == ["evt_1"]
    assert asked_to_wait(server) == [(None, None), ("5", '"1-a"'), ("5", '"1-a"')]


async def test_the_api_is_asked_three_times_at_most_where_it_was_asked_at_intervals(tmp_path: Path) -> None:
    asked: list[str] = []
    async with open_api(tmp_path) as api:
        api.services.waits = ContentWaits(api.services.database, of_brand=3, interval=0.05)
        application = httpx.ASGITransport(app=api.app)

        async def count(request: httpx.Request) -> httpx.Response:
            asked.append(request.url.query.decode())
            return await application.handle_async_request(request)

        async with AsyncClient("http://munadi.test", api.admin_key, transport=httpx.MockTransport(count)) as munadi:
            content_id = (await api.submit())["id"]
            waiting = asyncio.create_task(munadi.contents.wait(content_id, timeout=60))
            await asyncio.sleep(1.5)
            assert asked == ["", "wait=20"]
            await api.change(content_id, "cancel")
            assert (await asyncio.wait_for(waiting, 5))["status"] == "canceled"
    assert len(asked) <= 3


def _json(body: object) -> httpx.Response:
    return httpx.Response(200, json=body)


def _listed(events: object) -> object:
    """A sync iterator must be read while the client is open. `ask` reads an async one."""
    return events if hasattr(events, "__aiter__") else list(events)  # type: ignore[call-overload]
