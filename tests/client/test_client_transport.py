"""The client repeats what is safe to repeat, and nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from munadi.client import Client, NotReachable, ProblemError

OK = httpx.Response(200, json={"id": "cnt_1"})


class Server:
    """Answers in order, the last one again; an exception is a broken connection."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.pauses: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self) -> Client:
        transport = httpx.MockTransport(self)
        return Client("http://munadi.test", "mnd_k", transport=transport, pause=self.pauses.append)


@pytest.mark.parametrize(
    "trouble", [httpx.ConnectError("refused"), httpx.ReadError("reset"), httpx.ReadTimeout("slow"), httpx.Response(503)]
)
@pytest.mark.parametrize("call", [lambda c: c.contents.get("cnt_1"), lambda c: c.contents.publish({})])
def test_reads_and_keyed_posts_are_repeated(trouble: httpx.Response | Exception, call: Callable[[Client], Any]) -> None:
    server = Server(trouble, trouble, OK)
    assert call(server.client()) == {"id": "cnt_1"}
    assert len(server.requests) == 3


def test_a_repeat_carries_the_same_key() -> None:
    server = Server(httpx.ReadTimeout("slow"), OK)
    server.client().contents.publish({})
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.accounts.disconnect("acc_1"),
        lambda c: c.contents.update("cnt_1", {"text": "x"}, version=3),
        lambda c: c.raw("POST", "/v1/brands", body={}),
    ],
)
def test_nothing_else_is(call: Callable[[Client], Any]) -> None:
    server = Server(httpx.ReadError("reset"), OK)
    with pytest.raises(NotReachable):
        call(server.client())
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 422, 429, 500, 502, 504])
def test_an_answer_is_an_answer(status: int) -> None:
    server = Server(httpx.Response(status, json={"title": "No", "code": "X", "status": status}), OK)
    with pytest.raises(ProblemError) as refused:
        server.client().contents.publish({})
    assert (refused.value.status, refused.value.code) == (status, "X")
    assert len(server.requests) == 1


def test_a_first_try_still_in_flight_is_waited_for() -> None:
    server = Server(httpx.Response(409, headers={"retry-after": "2"}), OK)
    assert server.client().contents.publish({}) == {"id": "cnt_1"}
    assert server.pauses == [2.0]


def test_giving_up_is_soon_and_says_so() -> None:
    server = Server(httpx.ConnectError("refused"))
    with pytest.raises(NotReachable, match=r"http://munadi\.test cannot be reached: refused"):
        server.client().contents.get("cnt_1")
    assert sum(server.pauses) < 2


def test_an_answer_of_something_else_is_told_apart() -> None:
    server = Server(httpx.Response(404, text="<html>nginx</html>"))
    with pytest.raises(ProblemError, match="not an answer of Munadi"):
        server.client().contents.get("cnt_1")


def test_an_upload_is_repeated_whole_and_is_the_same_upload(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"\xff\xd8\xff" + bytes(70_000))
    server = Server(httpx.ReadError("reset"), httpx.Response(201, json={"id": "med_1"}))
    client = server.client()
    assert client.media.upload("acme", file) == {"id": "med_1"}
    client.media.upload("acme", file)
    assert all(bytes(70_000) in request.content for request in server.requests)
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 1


def test_the_key_is_sent_and_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server = Server(OK)
    server.client().contents.get("cnt_1")
    assert server.requests[0].headers["authorization"] == "Bearer mnd_k"


def test_follow_reads_every_page_and_ends_with_the_content() -> None:
    events = [{"id": f"evt_{number}", "sequence": number, "position": 10 * number} for number in (1, 2, 3)]
    server = Server(
        httpx.Response(200, json={"status": "queued"}),
        httpx.Response(200, json={"data": events[:1], "nextCursor": "10"}),
        httpx.Response(200, json={"data": events[1:2], "nextCursor": None}),
        httpx.Response(200, json={"status": "published"}),
        httpx.Response(200, json={"data": events[2:], "nextCursor": None}),
    )
    followed = list(server.client().contents.follow("cnt_1", pause=lambda _: None))
    assert [each["id"] for each in followed] == ["evt_1", "evt_2", "evt_3"]
    asked = [request.url.params.get("after") for request in server.requests if request.url.path.endswith("/events")]
    assert asked == ["0", "10", "20"]
