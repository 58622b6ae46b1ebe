"""Looking for a lost message by the ids above the last known one: what proves an absence, what leaves it unknown."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pytest

from munadi.channels.telegram.lookup import MAX_NEW
from munadi.domain.publication import Absent, Published, Unknown
from tests.channels.calls import Saved
from tests.channels.making import bench
from tests.channels.network import form_of
from tests.channels.scene_telegram import (
    ALBUM,
    CHAT,
    FACTS,
    LOOKING,
    SALE,
    STORAGE,
    WHO,
    chat_with,
    refusal,
    sent,
    stored,
)

MISSES = LOOKING["probe_misses"]
PHOTO, VIDEO = ({"file_id": "new", "file_unique_id": f"u-{name}"} for name in "ab")


async def looked(
    own: Collection[int],
    others: Collection[int] = (),
    given: Any = SALE,
    step: str = "post",
    copies: Sequence[Any] = (sent(9),),
    **state: Any,
) -> Any:
    built = bench("telegram", LOOKING)
    chat_with(built.network, own, others).on("POST", "/forwardMessage", *copies)
    handle = stored("a", "b", **{"floor": 100, **state})
    return await built.find(given, WHO, handle, given.due_at, step)


@pytest.mark.parametrize("own", [{100, 101}, {100, 103}])
async def test_one_new_message_of_the_bot_is_a_likeness(own: set[int]) -> None:
    found = await looked(own, {102})
    assert isinstance(found, Published)
    assert (found.post_id, found.by_likeness) == (str(max(own)), True)


@pytest.mark.parametrize(
    ("own", "others", "wanted"),
    [
        ({100}, (), Absent),
        ({100}, (101, 102, 104), Absent),
        ((), {100}, Absent),
        ((), {100, 101}, Unknown),  # nothing shows that own messages are told from others'
        ((), {99, 101}, Unknown),  # the message before it is gone
        ({100, 101, 102}, (), Unknown),
        ({100}, range(101, 101 + MAX_NEW + 9), Unknown),
        ({100}, range(100 + 2 * MISSES, 140), Unknown),  # more after a gap
    ],
)
async def test_what_proves_an_absence(own: Any, others: Any, wanted: type) -> None:
    assert isinstance(await looked(own, others), wanted)


@pytest.mark.parametrize(
    ("own", "wanted"),
    [({100, 101, 102}, Published), ({100, 101, 103}, Unknown), ({100, 101}, Unknown), ({100, 101, 102, 103}, Unknown)],
)
async def test_an_album_is_a_run_of_messages(own: set[int], wanted: type) -> None:
    copies = sent(9, photo=[PHOTO], caption="Hello", text=None), sent(10, video=VIDEO, text=None)
    found = await looked(own, given=ALBUM, copies=copies)
    assert isinstance(found, wanted)
    assert not isinstance(found, Published) or found.post_id == "101"


COPIES: list[tuple[Any, list[Any], bool]] = [
    (SALE, [sent(9, text=" The\tmonsoon sale has begun")], True),
    (SALE, [sent(9, text="Another text")], False),
    (SALE, [sent(9, text=None)], False),
    (SALE, [refusal(400, "Bad Request: message can't be forwarded")], False),
    (ALBUM, [sent(9, photo=[PHOTO], caption="Hello"), sent(10, video={**VIDEO, "file_unique_id": "u-x"})], False),
    (ALBUM, [sent(9, photo=[PHOTO], caption="Hello", text=None), sent(10, photo=[PHOTO])], False),
    (ALBUM, [sent(9, photo=[PHOTO], caption="Bye", text=None), sent(10, video=VIDEO)], False),
]


@pytest.mark.parametrize(("given", "copies", "is_ours"), COPIES)
async def test_a_message_is_compared_with_the_post(given: Any, copies: list[Any], is_ours: bool) -> None:
    found = await looked(range(100, 101 + len(copies)), given=given, copies=copies)
    assert isinstance(found, Published if is_ours else Unknown)


async def test_a_copy_is_made_in_the_storage_chat_and_deleted_again() -> None:
    built = bench("telegram", LOOKING)
    chat_with(built.network, own={100, 101})
    await built.find(SALE, WHO, stored("a", floor=100), SALE.due_at)
    forwarded, deleted = (form_of(one) for one in built.network.mutations)
    silent = {"message_id": "101", "disable_notification": "true"}
    assert forwarded == {"chat_id": STORAGE, "from_chat_id": CHAT, **silent}
    assert deleted == {"chat_id": STORAGE, "message_ids": "[9]"}


async def test_without_a_storage_chat_a_new_message_proves_nothing() -> None:
    for own, wanted in (({100, 101}, Unknown), ({100}, Absent)):
        built = bench("telegram", {**LOOKING, "storage_chat": None})
        chat_with(built.network, own)
        assert isinstance(await built.find(SALE, WHO, stored("a", floor=100), SALE.due_at), wanted)
        assert built.network.mutations == []


async def test_a_part_is_looked_for_above_the_message_that_it_answers() -> None:
    live = {"post": {"id": "120"}}
    for given, last in ((SALE, 120), (ALBUM, 121)):  # the album's own messages are 120 and 121
        chain = given.model_copy(update={"parts": ("Two",)})
        found = await looked({last, last + 1}, given=chain, step="part-2", posts=live, copies=(sent(9, text="Two"),))
        assert found.post_id == str(last + 1)
        assert isinstance(await looked({last}, given=chain, step="part-2", posts=live), Absent)
    assert isinstance(await looked({100}, given=chain, step="part-2"), Unknown)


@pytest.mark.parametrize(
    ("facts", "state"),
    [({"probed": False}, {}), ({}, {"floor": None}), ({}, {"chat": "-1007"})],
    ids=["rights", "no floor", "moved"],
)
async def test_without_a_way_to_tell_nothing_is_asked(facts: dict[str, Any], state: dict[str, Any]) -> None:
    built = bench("telegram", LOOKING)
    who = WHO.model_copy(update={"facts": {**FACTS, **facts}})
    handle = stored("a", "b", **{"floor": 100, **state})
    assert isinstance(await built.find(SALE, who, handle, SALE.due_at), Unknown)
    assert built.network.requests == []


@pytest.mark.parametrize(
    ("ids", "last"),
    [
        ((), None),
        ({1}, 1),
        (range(1, 1000), 999),
        ({*range(1, 60), *range(80, 1000)}, 999),  # a gap that halving may end in
        ({*range(1, 500, 2)}, 499),
        ({5, 6, 7}, 7),
    ],
)
async def test_a_preparation_notes_the_last_id(ids: Any, last: int | None) -> None:
    built, saved = bench("telegram", {**LOOKING, "storage_chat": None}), Saved()
    chat_with(built.network, own=(), others=ids)
    await built.prepare(SALE, WHO, saved)
    assert saved.kept.state["floor"] == last
    assert built.network.mutations == []
    asked = len(built.network.requests)
    assert asked < 150
    await built.prepare(SALE, WHO, saved)
    assert len(built.network.requests) == (asked if last else 2 * asked)


def test_an_absence_counts_only_after_late_effects() -> None:
    channel = bench("telegram", LOOKING).channel
    resend = channel.resend(SALE, "post")
    assert (resend, channel.spec.proof_of_absence(resend).total_seconds()) == ("once_after_long_absence", 900)
    spec = bench("telegram", {**LOOKING, "long_absence": 9}).channel.spec
    assert spec.proof_of_absence(resend).total_seconds() == 9
