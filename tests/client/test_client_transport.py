"""Both clients retry what is safe to retry, and nothing else."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from munadi.client import AsyncClient, NotReachable, ProblemError
from tests.client.conftest import OK, Serve
from tests.support.ports import LOOPBACK


@pytest.mark.parametrize(
    "failure", [httpx.ConnectError("refused"), httpx.ReadError("reset"), httpx.ReadTimeout("slow"), httpx.Response(503)]
)
@pytest.mark.parametrize("call", [lambda c: c.contents.get("cnt_1"), lambda c: c.contents.publish({})])
def test_reads_and_posts_with_a_key_are_retried(
    serve: Serve, failure: httpx.Response | Exception, call: Callable[[Any], Any]
) -> None:
    server = serve(failure, failure, OK)
    assert server.ask(call) == {"id": "cnt_1"}
    assert len(server.requests) == 3


def test_a_retry_has_the_same_key(serve: Serve) -> None:
    server = serve(httpx.ReadTimeout("slow"), OK)
    server.ask(lambda c: c.contents.publish({}))
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 1


def test_two_calls_have_two_keys(serve: Serve) -> None:
    server = serve(OK)
    server.ask(lambda c: c.contents.cancel("cnt_1"))
    server.ask(lambda c: c.contents.cancel("cnt_1"))
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 2


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.accounts.disconnect("acc_1"),
        lambda c: c.contents.update("cnt_1", {"text": "x"}, version=3),
        lambda c: c.raw("POST", "/v1/brands", body={}),
    ],
)
def test_no_other_request_is_retried(serve: Serve, call: Callable[[Any], Any]) -> None:
    server = serve(httpx.ReadError("reset"), OK)
    with pytest.raises(NotReachable):
        server.ask(call)
    assert len(server.requests) == 1


@pytest.mark.parametrize("path", ["https://elsewhere.example/v1/keys", "//elsewhere.example/v1/keys", "v1/keys"])
def test_the_key_goes_to_no_other_host(serve: Serve, path: str) -> None:
    server = serve(OK)
    with pytest.raises(ValueError, match="begins with one slash"):
        server.ask(lambda c: c.raw("GET", path))
    assert server.requests == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 422, 429, 500, 501])
def test_a_refusal_is_not_retried(serve: Serve, status: int) -> None:
    server = serve(httpx.Response(status, json={"title": "No", "code": "X", "status": status}), OK)
    with pytest.raises(ProblemError) as refused:
        server.ask(lambda c: c.contents.publish({}))
    assert (refused.value.status, refused.value.code, refused.value.retry_after) == (status, "X", None)
    assert len(server.requests) == 1


def test_a_refusal_has_the_time_to_retry(serve: Serve) -> None:
    answer = httpx.Response(429, json={"title": "Slow down", "code": "X"}, headers={"retry-after": "30"})
    server = serve(answer)
    with pytest.raises(ProblemError) as refused:
        server.ask(lambda c: c.contents.get("cnt_1"))
    assert (refused.value.retry_after, server.pauses) == (30, [])


def test_a_retry_waits_for_the_first_request_in_flight(serve: Serve) -> None:
    server = serve(httpx.Response(409, headers={"retry-after": "2"}), OK)
    assert server.ask(lambda c: c.contents.publish({})) == {"id": "cnt_1"}
    assert server.pauses == [2.0]


def test_the_client_gives_up_in_time(serve: Serve) -> None:
    server = serve(httpx.ConnectError("refused"))
    with pytest.raises(NotReachable, match=r"http://munadi\.test cannot be reached: refused"):
        server.ask(lambda c: c.contents.get("cnt_1"))
    assert 0 < sum(server.pauses) < 4


def test_an_invalid_address_is_not_retried(serve: Serve) -> None:
    server = serve(httpx.UnsupportedProtocol("ftp"))
    with pytest.raises(NotReachable):
        server.ask(lambda c: c.contents.get("cnt_1"))
    assert server.pauses == []


def test_an_answer_that_is_not_munadis_is_an_error(serve: Serve) -> None:
    server = serve(httpx.Response(404, text="<html>nginx</html>"))
    with pytest.raises(ProblemError, match="not an answer of Munadi"):
        server.ask(lambda c: c.contents.get("cnt_1"))


def test_a_retried_upload_is_whole_and_has_the_same_key(serve: Serve, tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"\xff\xd8\xff" + bytes(70_000))
    server = serve(httpx.ReadError("reset"), httpx.Response(201, json={"id": "med_1"}))
    assert server.ask(lambda c: c.media.upload("acme", file)) == {"id": "med_1"}
    server.ask(lambda c: c.media.upload("acme", file))
    assert all(bytes(70_000) in request.content for request in server.requests)
    assert len({request.headers["idempotency-key"] for request in server.requests}) == 1


def test_an_upload_reports_its_progress_and_restarts(serve: Serve, tmp_path: Path) -> None:
    file, reported = tmp_path / "a.jpg", list[int]()
    file.write_bytes(bytes(150_000))
    server = serve(httpx.ReadError("reset"), httpx.Response(201, json={"id": "med_1"}))
    server.ask(lambda c: c.media.upload("acme", file, reported.append))
    assert all(bytes(150_000) in request.content for request in server.requests)
    assert reported == [65_536, 131_072, 150_000, 150_000] * 2


def test_the_key_is_sent_and_proxies_of_the_environment_are_not_used(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server = serve(OK)
    server.ask(lambda c: c.contents.get("cnt_1"))
    assert server.requests[0].headers["authorization"] == "Bearer mnd_k"


# A bare token may hold a quotation mark, but not begin with one.
@pytest.mark.parametrize(("key", "sent"), [("cms-42", "cms-42"), ("a b", '"a b"'), ('a"b', 'a"b'), ('"x', '"\\"x"')])
def test_an_idempotency_key_is_quoted_where_it_must_be(serve: Serve, key: str, sent: str) -> None:
    server = serve(OK)
    server.ask(lambda c: c.contents.publish({}, key))
    assert server.requests[0].headers["idempotency-key"] == sent


@pytest.mark.parametrize("key", ["clé", "a\nb", "x" * 256, ""])
def test_an_idempotency_key_that_no_header_can_hold_is_refused(serve: Serve, key: str) -> None:
    server = serve(OK)
    with pytest.raises(ValueError, match="printable ASCII"):
        server.ask(lambda c: c.contents.submit({}, key))
    assert server.requests == []


def test_an_id_cannot_change_the_path(serve: Serve) -> None:
    server = serve(OK)
    server.ask(lambda c: c.contents.get("../keys?x=1#y"))
    assert server.requests[0].url.raw_path == b"/v1/contents/..%2Fkeys%3Fx%3D1%23y"


def test_a_submission_has_its_key_and_whether_it_was_replayed(serve: Serve) -> None:
    server = serve(
        httpx.Response(202, json={"id": "cnt_1"}),
        httpx.Response(202, json={"id": "cnt_1"}, headers={"idempotent-replayed": "true"}),
    )
    first = server.ask(lambda c: c.contents.submit({}))
    again = server.ask(lambda c: c.contents.submit({}, first.idempotency_key))
    assert (first.content, first.replayed) == ({"id": "cnt_1"}, False)
    assert (again.idempotency_key, again.replayed) == (first.idempotency_key, True)
    assert [request.headers["idempotency-key"] for request in server.requests] == [first.idempotency_key] * 2


async def test_a_hundred_and_more_calls_that_wait_leave_connections_for_others() -> None:
    held = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        if b"slow" in line:
            await held.wait()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")
        writer.close()

    server = await asyncio.start_server(answer, LOOPBACK, 0)
    port = server.sockets[0].getsockname()[1]
    async with server, AsyncClient(f"http://{LOOPBACK}:{port}", retries=0) as munadi:
        waiting = [asyncio.create_task(munadi.contents.get("slow")) for _ in range(110)]
        await asyncio.sleep(0.5)
        assert await asyncio.wait_for(munadi.contents.get("quick"), 5) == {}
        held.set()
        await asyncio.gather(*waiting)
