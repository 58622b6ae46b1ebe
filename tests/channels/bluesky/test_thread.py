"""The steps and keys of a thread, and its records as the models of the atproto package read them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given as everything
from hypothesis import strategies as some

from munadi.channels.bluesky.spec import SPEC
from munadi.channels.bluesky.thread import number_of, record_key
from munadi.channels.steps import parent_of
from tests.channels.bluesky.servers import PUT, WHO, uri
from tests.channels.bluesky.test_wire import CID, judged
from tests.channels.calls import Saved
from tests.channels.cases.bluesky import KEYS, NET, STEPS, THREAD, written
from tests.channels.making import draft, publication
from tests.channels.network import ok


def test_the_steps_are_the_parts_in_order() -> None:
    channel = NET.bench().channel
    assert channel.steps(THREAD) == STEPS[1:]
    assert channel.steps(draft("One")) == ()
    assert [number_of(step) for step in STEPS] == [1, 2, 3]
    assert [parent_of(step) for step in STEPS[1:]] == ["post", "part-2"]


@everything(some.text(alphabet="0123456789abcdefghjkmnpqrstvwxyz", min_size=26, max_size=26))
def test_the_keys_of_a_thread_are_distinct_and_in_its_order(seed: str) -> None:
    given = publication("x", seed=f"pub_{seed}", parts=("y",) * (SPEC.max_parts - 1))
    keys = [record_key(given), *(record_key(given, f"part-{number}") for number in range(2, SPEC.max_parts + 1))]
    assert keys == sorted(set(keys))
    assert len(keys) == SPEC.max_parts


async def test_the_models_read_each_part_as_a_reply_to_the_one_before_it() -> None:
    built, saved = NET.bench(), Saved()
    built.network.on("POST", PUT, lambda request: ok({**written(request).json(), "cid": CID}))
    for step in STEPS:
        await built.publish(THREAD, WHO, saved, step)
    records: list[Any] = [judged(json.loads(one.content)["record"]) for one in built.network.sent(PUT)]
    assert [len(record.facets or []) for record in records] == [0, 1, 0]
    assert [record.reply and record.reply.parent.uri for record in records] == [None, uri(KEYS[0]), uri(KEYS[1])]
