"""Following a post to its end, by its events or by waiting."""

import httpx
import pytest

from munadi.client import NotEnded, NotReachable, ProblemError
from tests.client.conftest import Serve


def content(status: str) -> httpx.Response:
    return httpx.Response(200, json={"id": "cnt_1", "status": status})


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


def _listed(events: object) -> object:
    """A sync iterator must be read while the client is open. `ask` reads an async one."""
    return events if hasattr(events, "__aiter__") else list(events)  # type: ignore[call-overload]
