"""Whatever a network answers at whatever length, what its adapter returns and saves stays small.

The answers are the recorded good ones of each channel's scene, with every text in turn made long, or an address that no
one should open.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
from pydantic import BaseModel, SecretStr

from munadi.domain.bounds import ADDRESS, FACTS, ID, STATE
from munadi.domain.failure import ChannelError
from munadi.domain.publication import Published
from tests.channels.calls import GateThatCounts, Saved
from tests.channels.contract import Scene
from tests.channels.scenes import scenes
from tests.channels.test_unforeseen_answers import _reads, outcome, raw

LONG = 300_000
TEXTS = ("x" * LONG, "https://e.example/" + "x" * LONG, "javascript:alert(document.domain)")
# Facts are the largest of what is returned; beside them stand ids, names and messages.
LARGEST = FACTS.limit + 10_000


def _texts(value: Any) -> Iterator[Any]:
    """`value` with one of its texts replaced, for each text."""
    if isinstance(value, str):
        yield from TEXTS
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in list(parts):
        for changed in _texts(part):
            copy = value.copy()
            copy[name] = changed
            yield copy


def _answers(good: httpx.Response) -> Iterator[httpx.Response]:
    try:
        value = good.json()
    except ValueError:
        return
    for changed in _texts(value):
        yield raw(json.dumps(changed).encode(), good.status_code)


def _plain(value: Any) -> Any:
    """All that a result holds, its secrets in clear."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def check(found: Any) -> None:
    """What was returned or raised is small, and shows no address that no one should open."""
    if isinstance(found, ChannelError):
        found = {name: value for name, value in vars(found).items() if name != "__notes__"}
    shown = json.dumps(_plain(found), default=str)
    assert len(shown) < LARGEST, shown[:300]


def _check_saved(saved: Saved) -> None:
    for handle in saved.history:
        assert len(json.dumps(handle.state, default=str)) <= STATE.limit


@scenes
async def test_a_long_answer_to_the_visible_call(scene: Scene) -> None:
    built = scene.failing(scene.accepted)
    for answer in _answers(scene.accepted):
        built.network.on(scene.method, scene.visible, answer)
        saved = Saved(scene.handle)
        found = await outcome(scene.publish(built, saved, GateThatCounts()))
        check(found)
        _check_saved(saved)
        if isinstance(found, Published):
            assert len(found.post_id or "") <= ID.limit
            assert found.url is None or (found.url.startswith("http") and len(found.url) <= ADDRESS.limit)


@scenes
@pytest.mark.parametrize("name", ["check", "find", "prepare", "prepare further", "verify", "refresh"])
async def test_a_long_answer_to_any_other_call(scene: Scene, name: str) -> None:
    recorded = scene.bench()
    recorded.network.on(*scene.identity)
    good = [one for answers in recorded.network.scripted for one in answers if isinstance(one, httpx.Response)]
    built = scene.empty()
    call: Callable[[], Awaitable[Any]] = _reads(scene, built)[name]
    for answer in (long for one in {one.content: one for one in good}.values() for long in _answers(one)):
        for method in ("GET", "POST", "PUT", "DELETE"):
            built.network.on(method, "", answer)
        check(await outcome(call()))
