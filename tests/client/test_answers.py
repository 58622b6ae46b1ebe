"""What an answer says beside its body, and how often a call is repeated, in both clients."""

from __future__ import annotations

import httpx
import pytest

from munadi.client import AsyncClient, Client, ProblemError, RateLimit, ResponseMetadata, response_of
from tests.client.conftest import OK, Serve, Server

HEADERS = {
    "x-request-id": "req_1",
    "idempotent-replayed": "true",
    "etag": '"3-ab"',
    "ratelimit": '"apiCallsPerMinute";r=3;t=12, "apiCallsPerMonth";r=990',
    "ratelimit-policy": '"apiCallsPerMinute";q=60;w=60, "apiCallsPerMonth";q=1000;w=2678400',
}
LIMITS = {"apiCallsPerMinute": RateLimit(3, 60, 12), "apiCallsPerMonth": RateLimit(990, 1000, None)}


def test_an_answers_request_id_version_limits_and_whether_it_is_a_repeat_can_be_read(serve: Serve) -> None:
    server = serve(httpx.Response(202, headers=HEADERS, json={"id": "cnt_1"}))
    made = server.ask(lambda c: c.contents.create({}))
    assert response_of(made) == ResponseMetadata(202, "req_1", True, '"3-ab"', LIMITS)
    assert made == {"id": "cnt_1"}
    assert response_of(server.ask(lambda c: c.contents.submit({})).content) == response_of(made)
    assert response_of({**made}) is None


def test_an_answer_without_such_headers_has_none_of_it(serve: Serve) -> None:
    read = serve(OK).ask(lambda c: c.contents.get("cnt_1"))
    assert response_of(read) == ResponseMetadata(200, None, False, None, {})


@pytest.mark.parametrize("limits", ["", '"a"', '"a";r=x', "a;r=1", '"a";R=1', "\x00", '"a";r='])
def test_limits_that_cannot_be_read_are_left_out(serve: Serve, limits: str) -> None:
    answer = httpx.Response(200, headers=[(b"ratelimit", limits.encode())], json={})
    metadata = response_of(serve(answer).ask(lambda c: c.contents.get("cnt_1")))
    assert metadata is not None
    assert metadata.limits == {}


def test_a_refusal_has_it_too(serve: Serve) -> None:
    refusal = {"title": "No", "status": 409, "code": "STALE"}
    server = serve(httpx.Response(409, headers={"x-request-id": "req_2"}, json=refusal))
    with pytest.raises(ProblemError) as refused:
        server.ask(lambda c: c.contents.cancel("cnt_1"))
    assert refused.value.response == ResponseMetadata(409, "req_2", False, None, {})


@pytest.mark.parametrize("retries", [0, 1, 4])
def test_a_call_is_repeated_as_often_as_the_client_is_told(serve: Serve, retries: int) -> None:
    server = serve(httpx.Response(502))
    server.options = {"retries": retries}
    with pytest.raises(ProblemError):
        server.ask(lambda c: c.contents.get("cnt_1"))
    assert len(server.requests) == 1 + retries


def test_a_client_with_another_key_repeats_as_often() -> None:
    server = Server("async", httpx.Response(502))
    server.options = {"retries": 1}
    with pytest.raises(ProblemError):
        server.ask(lambda c: c.with_key("mnd_other").contents.get("cnt_1"))
    assert len(server.requests) == 2


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("retries", [-1, 5, 1.5, None, "3"])
def test_another_number_of_repeats_is_refused(kind: type[Client | AsyncClient], retries: object) -> None:
    with pytest.raises(ValueError, match="retries is 0 to 4"):
        kind("http://munadi.test", retries=retries)  # type: ignore[arg-type]
