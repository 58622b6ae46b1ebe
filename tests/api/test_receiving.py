"""Bodies are read for known callers alone, within their time; answers about them stay small."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest
from starlette.types import Message

from api.body_reading import Pace, bounded
from api.edge import Edge
from api.problems import ProblemError
from munadi.db.keys.store import KeyStore
from munadi.domain.key import KeyKind, Scope, write_key
from munadi.domain.problem import MAX_PROBLEMS
from tests.api.browsing import visiting
from tests.api.desk import START, Desk
from tests.api.test_bad_input import errors_of

JSON = {"Content-Type": "application/json"}
BROKEN = b'{"a": ' * 1_000
QUICK = Pace(stall=0.2, whole=0.3, slowest_upload=1_000)


class Sender:
    """A client's body in pieces, each after a pause. It remembers how many were taken."""

    def __init__(self, pieces: Iterable[bytes], pause: float = 0.0) -> None:
        self._pieces = iter(pieces)
        self._pause = pause
        self.taken = 0

    async def receive(self) -> Message:
        piece = next(self._pieces, None)
        if piece is None:
            await asyncio.sleep(60)
        await asyncio.sleep(self._pause)
        self.taken += 1
        return {"type": "http.request", "body": piece, "more_body": True}


async def post(app: Any, sender: Sender, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    """What the application answers: status, headers, body."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": raw, "http_version": "1.1"}
    scope |= {"scheme": "http", "server": ("munadi.test", 80), "client": ("127.0.0.1", 1), "root_path": ""}
    await asyncio.wait_for(app(scope, sender.receive, send), 20)
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize("path", ["/v1/contents", "/v1/contents/validate", "/v1/keys", "/v1/media", "/v1/nothing"])
@pytest.mark.parametrize("key", ["", "mnd_admin_wrong", write_key(KeyKind.ADMIN, "0" * 32)])
async def test_no_byte_of_a_body_is_read_without_a_valid_key(small_desk: Desk, path: str, key: str) -> None:
    sender = Sender([BROKEN])
    headers = {**JSON, "Transfer-Encoding": "chunked"} | ({"Authorization": f"Bearer {key}"} if key else {})
    status, _, _ = await post(small_desk.app, sender, path, headers)
    assert (status, sender.taken) == (401, 0)


async def test_no_byte_of_a_body_is_read_without_a_valid_session(small_desk: Desk) -> None:
    sender = Sender([BROKEN])
    headers = {**JSON, "Content-Length": "6000", "Cookie": "munadi_session=AAAA"}
    status, _, _ = await post(small_desk.app, sender, "/v1/contents", headers)
    assert (status, sender.taken) == (401, 0)
    key = small_desk.client.headers["authorization"].removeprefix("Bearer ")
    async with visiting(small_desk.app, key) as visitor:
        answer = await visitor.client.post("/v1/contents/validate", content=BROKEN, headers=JSON)
    assert answer.json()["code"] == "JSON_TOO_DEEP"


async def test_a_key_that_was_just_revoked_is_refused_though_its_body_was_read(small_desk: Desk) -> None:
    headers = await small_desk.key(Scope.CONTENTS_WRITE)
    body = small_desk.content()
    assert (await small_desk.client.post("/v1/contents", json=body, headers=headers)).status_code == 202
    store = KeyStore(small_desk.services.database)
    row = await store.find(headers["Authorization"].removeprefix("Bearer "))
    assert row is not None
    await store.revoke(row.id, START)
    answer = await small_desk.client.post("/v1/contents", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "KEY_REVOKED")


@pytest.mark.parametrize(
    ("pieces", "pause", "words"),
    [([b"{"], 0.0, "no byte"), ([b"x"] * 50, 0.05, "within")],
    ids=["stops halfway", "one byte at a time"],
)
async def test_a_body_that_does_not_come_in_time_is_refused(pieces: list[bytes], pause: float, words: str) -> None:
    async def app(*_: object) -> None:
        raise AssertionError("the body never came")

    async def anyone(_: object) -> None:
        return None

    edge = Edge(app, max_upload=10, admit=anyone, pace=QUICK)
    status, headers, body = await post(edge, Sender(pieces, pause), "/v1/contents", {**JSON, "Content-Length": "100"})
    assert (status, headers["connection"]) == (408, "close")
    assert json.loads(body)["code"] == "BODY_TOO_SLOW"
    assert words in json.loads(body)["detail"]


async def test_an_upload_may_take_its_time_but_not_too_slowly() -> None:
    steady = bounded(Sender([b"x" * 200] * 20, 0.05).receive, 10_000, QUICK)
    for _ in range(20):  # a second at 4 000 bytes a second
        await steady()
    slow = bounded(Sender([b"x"] * 100, 0.05).receive, 10_000, QUICK)

    async def read() -> None:
        for _ in range(100):
            await slow()

    with pytest.raises(ProblemError, match="BODY_TOO_SLOW"):
        await read()


async def test_a_body_with_two_ends_is_refused(small_desk: Desk) -> None:
    sender = Sender([b"{}"])
    headers = {**JSON, "Content-Length": "2", "Transfer-Encoding": "chunked"}
    for path in ("/v1/contents", "/healthz", "/sign-in"):
        status, answered, body = await post(small_desk.app, sender, path, headers)
        assert (status, answered["connection"], sender.taken) == (400, "close", 0)
        assert json.loads(body)["code"] == "FRAMING_AMBIGUOUS"


async def test_an_empty_stream_is_no_body(small_desk: Desk) -> None:
    async def nothing() -> AsyncIterator[bytes]:
        for chunk in ():
            yield chunk

    content = await small_desk.accept()
    answer = await small_desk.client.post(f"/v1/contents/{content['id']}/cancel", content=nothing())
    assert answer.status_code == 200


async def test_a_form_is_bounded_for_those_who_have_no_key(small_desk: Desk) -> None:
    answer = await small_desk.client.post("/sign-in", data={"key": "x" * 70_000}, headers={"Authorization": ""})
    errors_of(answer, 413)


BAD = {
    "unknown fields": {"brandRef": "acme", "channels": ["bluesky"], **{f"field{n}": n for n in range(9_000)}},
    "unknown fields with long names": {"a" * 90 + str(n): 1 for n in range(9_000)},
    "media": {"brandRef": "acme", "channels": [{"channel": "bluesky", "media": [{"url": 1}] * 50}] * 50},
    "unknown channels": {"brandRef": "acme", "channels": ["x" * 40] * 50},
    "unknown options": {
        "brandRef": "acme",
        "channels": [{"channel": "bluesky", "options": {f"o{n}": 1 for n in range(90)}}],
    },
}


@pytest.mark.parametrize("name", BAD)
async def test_many_broken_rules_are_counted_and_the_first_are_listed(small_desk: Desk, name: str) -> None:
    answer = await small_desk.client.post("/v1/contents", json=BAD[name])
    errors = errors_of(answer)
    assert len(errors) == MAX_PROBLEMS
    assert "leaves out" in answer.json()["detail"]
    assert len(answer.content) < 20_000
    looked = (await small_desk.client.post("/v1/contents/validate", json=BAD[name])).json()
    assert (len(looked["problems"]), looked["valid"]) == (MAX_PROBLEMS, False)
    assert looked["problems"] == errors
    assert looked["moreProblems"] > 0


@pytest.mark.parametrize("path", ["/v1/contents/{id}/reschedule", "/v1/keys", "/v1/brands", "/v1/webhooks/endpoints"])
async def test_every_body_with_many_unknown_fields_gets_a_small_answer(small_desk: Desk, path: str) -> None:
    content = await small_desk.accept()
    body = {f"field{n}": n for n in range(9_000)}
    answer = await small_desk.client.post(path.format(id=content["id"]), json=body)
    assert len(errors_of(answer)) == MAX_PROBLEMS
    assert len(answer.content) < 20_000


async def test_options_are_bounded_too(small_desk: Desk) -> None:
    options: dict[str, Any] = {f"option{n}": 1 for n in range(9_000)}
    body = small_desk.content(channels=[{"channel": "bluesky", "options": options}])
    [error] = errors_of(await small_desk.client.post("/v1/contents", json=body))
    assert (error["pointer"], error["limit"]) == ("/channels/0/options", 100)
    assert error["message"] == "takes at most 100 fields"


async def test_long_names_and_values_are_shortened_in_the_answer(small_desk: Desk) -> None:
    body = {"brandRef": "b" * 200, "channels": ["c" * 40], "n" * 500_000: 1, "timezone": "t" * 64}
    answer = await small_desk.client.post("/v1/contents", json=body)
    assert errors_of(answer)
    assert len(answer.content) < 5_000


async def test_problems_say_what_they_said_where_there_are_few(small_desk: Desk) -> None:
    answer = await small_desk.client.post("/v1/contents", json=small_desk.content(colour=1, shape=2))
    assert [error["pointer"] for error in errors_of(answer)] == ["/colour", "/shape"]
    assert answer.json()["detail"] == "2 rules are broken; nothing was stored"
