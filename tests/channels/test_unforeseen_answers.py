"""For any answer of a network, an adapter raises only ChannelError. After the visible call the outcome is unknown.

The answers are the recorded good ones of each channel's scene with every field replaced in turn, and bodies that break
JSON itself. New fields and new channels are covered by themselves.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import Absent, Pending, Preparation, Published, Ready, Unknown
from munadi.ports import AccountImport, Attempt, Connection, PreparationStore, Publication, StaleEpoch
from tests.channels.calls import GateThatCounts, Saved, visible_step
from tests.channels.contract import Scene
from tests.channels.making import Bench, account, error_of, publication
from tests.channels.scenes import scenes
from tests.workflows.network import FakeChannel, spec

DEEP = 100_000
# Each stands in the place of any value that an adapter reads.
STRANGE: list[Any] = [
    None,
    True,
    -1,
    10**40,
    1.5,
    "",
    "\ud800",
    "\0",
    "x" * 5000,
    "2026-13-45T99:99:99Z",
    [],
    [[]],
    [None, 1, {"id": []}],
    {},
    {"id": {"id": {}}},
    json.loads("[" * 60 + "]" * 60),
]
BODIES = {
    "nothing": b"",
    "deep lists": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"id":' * DEEP + b"1" + b"}" * DEEP,
    "deep in a field": b'{"data":' + b"[" * 900 + b"]" * 900 + b"}",
    "endless digits": b'{"id":' + b"9" * 100_000 + b"}",
    "not a number": b'{"id":NaN,"data":[Infinity,-Infinity]}',
    "lone surrogate": b'{"id":"\\ud800","uri":"\\udfff","data":{"publish_id":"\\ud800"}}',
    "NUL": b'{"id":"a\\u0000b"}',
    "not UTF-8": b'{"id":"\xff\xfe\xed\xa0\x80"}',
    "cut": b'{"id":"17',
    "UTF-16": '{"id":"7"}'.encode("utf-16"),
    "huge": b'{"id":"' + b"7" * 2_000_000 + b'"}',
    "a text": b'"id"',
    "a number": b"7",
}


def variants(value: Any) -> Iterator[Any]:
    """`value` with one part of it replaced, for every part and every strange value."""
    yield from STRANGE
    parts: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, list):
        parts = list(enumerate(value))
    for name, part in parts:
        for changed in variants(part):
            copy = value.copy()
            copy[name] = changed
            yield copy
    if isinstance(value, dict):
        for name in value:
            yield {key: part for key, part in value.items() if key != name}


def raw(body: bytes, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, content=body, headers={"content-type": "application/json", **headers})


def strange_answers(good: httpx.Response) -> Iterator[httpx.Response]:
    """2xx answers that no network should give, from `good`."""
    for body in BODIES.values():
        yield raw(body, good.status_code)
    if good.content:
        for changed in variants(good.json()):
            # Pure ASCII, so that a lone surrogate is an escape as on the wire.
            yield raw(json.dumps(changed).encode(), good.status_code)
    yield raw(gzip.compress(good.content), good.status_code)  # binary without saying so


def refusals(
    statuses: tuple[int, ...] = (300, 400, 401, 403, 404, 409, 413, 429, 500, 503),
) -> Iterator[httpx.Response]:
    for status in statuses:
        for name in ("nothing", "lone surrogate", "not UTF-8", "a number"):
            yield raw(BODIES[name], status, **{"retry-after": "9" * 5000, "ratelimit-reset": "9" * 11})
        for value in STRANGE:
            yield raw(json.dumps({"error": value, "message": value}).encode(), status)
            errors = {"code": value, "error_subcode": value, "message": value, "errors": value, "error_data": value}
            yield raw(json.dumps({"error": errors, "error_description": value}).encode(), status)


async def outcome(call: Awaitable[Any]) -> Any:
    """What a call returns, or its ChannelError; anything else fails the test."""
    try:
        return await asyncio.wait_for(call, 5)
    except ChannelError as error:
        _check(error)
        return error


def _check(error: ChannelError) -> None:
    assert error.effect is not Effect.SENT
    assert len(error.provider_code or "") <= 200
    kept = f"{error.message}{error.provider_code}{error.provider_message}{error.raw}"
    assert "\0" not in kept
    kept.encode()


@scenes
async def test_a_strange_success_of_the_visible_call_is_unknown_or_proven(scene: Scene) -> None:
    built = scene.failing(scene.accepted)
    for answer in strange_answers(scene.accepted):
        built.network.on(scene.method, scene.visible, answer)
        gate, saved = GateThatCounts(), Saved(scene.handle)
        found = await outcome(scene.publish(built, saved, gate))
        assert gate.asked >= 1
        if isinstance(found, ChannelError):
            assert found.effect is Effect.UNKNOWN, (answer.content[:200], found)
        else:
            assert isinstance(found, Published | Pending)
            if isinstance(found, Published):
                found.model_dump_json().encode()
        for handle in saved.history:
            json.dumps(handle.state, ensure_ascii=False).encode()


@scenes
async def test_a_strange_refusal_of_the_visible_call_is_a_channel_error(scene: Scene) -> None:
    built = scene.failing(scene.accepted)
    for answer in refusals():
        built.network.on(scene.method, scene.visible, answer)
        assert isinstance(await outcome(scene.publish(built)), ChannelError), answer.content[:200]


@scenes
@pytest.mark.parametrize("name", ["deep lists", "deep objects", "deep in a field", "huge"])
@pytest.mark.parametrize("status", [200, 400, 403, 413])
async def test_an_unreadable_answer_of_the_visible_call_is_unknown(scene: Scene, name: str, status: int) -> None:
    built = scene.failing(raw(BODIES[name], status))
    await error_of(scene.publish(built), Reason.PROVIDER_OUTAGE, Effect.UNKNOWN)


def _reads(scene: Scene, built: Bench) -> dict[str, Callable[[], Awaitable[Any]]]:
    channel, draft, account, handle = built.channel, scene.draft, scene.account, scene.handle
    return {
        "check": lambda: scene.check(built),
        "find": lambda: scene.find(built),
        "prepare": lambda: built.prepare(draft, account),
        "prepare further": lambda: built.prepare(draft, account, Saved(handle)),
        "verify": lambda: channel.verify(scene.credentials),
        "refresh": lambda: channel.refresh(account),
    }


@scenes
@pytest.mark.parametrize("name", ["check", "find", "prepare", "prepare further", "verify", "refresh"])
async def test_strange_answers_to_any_other_call_raise_only_a_channel_error(scene: Scene, name: str) -> None:
    """Every request gets the same variant of one of this network's answers."""
    recorded = scene.bench()
    recorded.network.on(*scene.identity)
    good = [one for answers in recorded.network.scripted for one in answers if isinstance(one, httpx.Response)]
    seen = {one.content: one for one in good}.values()
    built = scene.empty()
    for answer in (*(strange for one in seen for strange in strange_answers(one)), *refusals((400, 401, 500))):
        for method in ("GET", "POST", "PUT", "DELETE"):
            built.network.on(method, "", answer)
        found = await outcome(_reads(scene, built)[name]())
        if name == "find":
            assert isinstance(found, ChannelError | Published | Absent | Unknown)
        elif name == "check":
            assert isinstance(found, ChannelError | Published | Pending | Ready)


class Faulty(FakeChannel):
    """A channel with a bug, which raises an unforeseen error before or after its gate."""

    def __init__(self, error: Exception, *, saves: bool = False, early: bool = False) -> None:
        super().__init__(spec(ChannelName.BLUESKY))
        self.error, self.saves, self.early = error, saves, early

    async def _publish(self, publication: Publication[Any, Any], attempt: Attempt) -> Published:
        if self.saves:
            await publication.save(failed_pulls=1)
        if not self.early:
            attempt.gate()
        raise self.error

    async def _verify(self, given: AccountImport) -> Connection:
        await asyncio.sleep(60)
        raise self.error


async def published_by(faulty: Faulty, store: PreparationStore | None = None) -> Any:
    given, who = publication("Hello"), account("bluesky", "did:plc:1")
    return await faulty.publish(faulty.publication(given, who, store or PreparationStore()), visible_step())


@pytest.mark.parametrize(
    ("faulty", "effect"),
    [
        (Faulty(RecursionError(), early=True), Effect.NOT_SENT),
        (Faulty(TypeError()), Effect.UNKNOWN),
        (Faulty(OverflowError()), Effect.UNKNOWN),
        (Faulty(UnicodeError()), Effect.UNKNOWN),
    ],
    ids=["early", "type", "overflow", "unicode"],
)
async def test_an_unforeseen_error_is_unknown_once_the_gate_was_passed(faulty: Faulty, effect: Effect) -> None:
    await error_of(published_by(faulty), Reason.PROVIDER_OUTAGE, effect)


async def test_a_lost_lease_is_raised_unchanged() -> None:
    async def write(handle: Preparation) -> None:
        raise StaleEpoch

    with pytest.raises(StaleEpoch):
        await published_by(Faulty(TypeError(), saves=True), PreparationStore(None, write))


async def test_a_state_that_is_too_large_is_the_channels_fault() -> None:
    """It is refused before it is stored, and the visible call has not been made."""
    store = PreparationStore(None, Saved().write)
    with pytest.raises(ValueError, match="65536 are enough"):
        await store.save({"text": ["x" * 8_000] * 9})
    assert (store.error, store.preparation) == (None, None)


async def test_a_check_of_credentials_has_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("munadi.ports.channel.TIME_LIMITS", {"verify": 0.1})
    given = AccountImport(external_id="did:plc:1")
    await error_of(Faulty(TypeError()).verify(given), Reason.PROVIDER_OUTAGE, code="DEADLINE")
