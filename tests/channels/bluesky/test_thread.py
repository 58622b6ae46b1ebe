"""The parts of a thread: each has a key and references to the earlier posts, and is not sent without them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given as everything
from hypothesis import strategies as some

from munadi.channels.bluesky.spec import SPEC
from munadi.channels.bluesky.state import Prepared, Ref
from munadi.channels.bluesky.thread import number_of, record_key
from munadi.channels.steps import parent_of
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Published
from munadi.ports import PublicationDraft
from tests.channels.bluesky.servers import GET, HANDLE, MISSING, NO_HANDLE, WHO, refusal, uri
from tests.channels.bluesky.test_publish import over, prepared, read, records, written
from tests.channels.bluesky.test_wire import CID, judged
from tests.channels.calls import Saved
from tests.channels.making import Bench, draft, error_of, publication
from tests.channels.network import answer, ok

THREAD = publication("One", parts=("Two #tag", "Three"), options={"langs": ["en"], "tags": ["sale"]})
STEPS = ("post", "part-2", "part-3")
KEYS = [record_key(THREAD, step) for step in STEPS]


async def take(built: Bench, saved: Saved, name: str, given: PublicationDraft = THREAD) -> Published:
    found = await built.publish(given, WHO, saved, step=name)
    assert isinstance(found, Published)
    return found


def test_the_steps_are_the_parts_in_order() -> None:
    channel = over().channel
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


async def test_each_part_is_a_post_that_replies_to_the_one_before_it() -> None:
    built = over(lambda request: ok({**written(request).json(), "cid": CID}), read)
    saved = Saved()
    found = [await take(built, saved, step) for step in STEPS]
    assert [one.post_id for one in found] == [uri(key) for key in KEYS]
    one, two, three = (judged(record) for record in records(built))
    assert [record.text for record in (one, two, three)] == ["One", "Two #tag", "Three"]
    assert [record.langs for record in (one, two, three)] == [["en"]] * 3
    assert [record.tags for record in (one, two, three)] == [["sale"], None, None]
    assert [len(record.facets or []) for record in (one, two, three)] == [0, 1, 0]
    assert [record.created_at[-5:] for record in (one, two, three)] == [".000Z", ".001Z", ".002Z"]
    assert one.reply is None
    assert {two.reply.root.uri, two.reply.parent.uri, three.reply.root.uri} == {uri(KEYS[0])}
    assert three.reply.parent.uri == uri(KEYS[1])
    assert built.network.sent(GET) == []  # each reference was saved


async def test_without_parts_no_reference_is_saved() -> None:
    saved = Saved()
    await take(over(), saved, "post", publication("One"))
    assert saved.history == []


async def test_the_mentions_of_every_part_are_resolved_before_the_post() -> None:
    built, saved = over(), Saved()
    built.network.on("GET", HANDLE, ok({"did": "did:plc:a"}), NO_HANDLE)
    given = publication("One", parts=("@alice.test", "@nobody.test"))
    assert built.channel.lead(given).total_seconds() == 60
    await built.prepare(given, WHO, saved)
    assert Prepared.of(saved.handle).mentions == {"alice.test": "did:plc:a", "nobody.test": None}
    found = await take(built, saved, "post", given)
    assert [(warning.code, warning.pointer) for warning in found.warnings] == [("MENTION_UNRESOLVED", "/parts/1")]
    await take(built, saved, "part-2", given)
    assert records(built)[-1]["facets"][0]["features"][0]["did"] == "did:plc:a"


async def test_a_reference_that_was_not_saved_is_read_from_its_record() -> None:
    built, saved = over(get=read), Saved()
    await take(built, saved, "part-3")
    assert [request.url.params["rkey"] for request in built.network.sent(GET)] == KEYS[:2]
    assert records(built)[0]["reply"]["parent"] == {"uri": uri(KEYS[1]), "cid": f"cid-{KEYS[1]}"}
    assert set(Prepared.of(saved.handle).posts) == set(STEPS)


@pytest.mark.parametrize(
    ("get", "effect"),
    [
        (answer(503, "<html>"), Effect.NOT_SENT),
        (httpx.ReadTimeout("slow"), Effect.NOT_SENT),
        (ok({"value": {}}), Effect.NOT_SENT),
        (MISSING, Effect.REJECTED),
    ],
    ids=["503", "slow", "odd", "deleted"],
)
async def test_a_part_whose_predecessor_cannot_be_read_is_not_sent(get: Any, effect: Effect) -> None:
    built = over(get=get)
    error = await error_of(take(built, Saved(), "part-2"))
    assert error.effect is effect
    assert built.network.mutations == []


async def test_the_key_of_a_part_may_be_used_by_that_part_only() -> None:
    posts = {"post": Ref(uri=uri(KEYS[0]), cid="c1")}
    first = over()
    await take(first, prepared(Prepared(posts=posts)), "part-2")
    existing = {
        "uri": uri(KEYS[1]),
        "cid": "c2",
        "value": {**records(first)[0], "createdAt": "2026-12-01T08:00:00.000Z"},
    }
    saved = prepared(Prepared(posts=posts))
    assert (await take(over(refusal("InvalidSwap"), ok(existing)), saved, "part-2")).published_at is None
    assert Prepared.of(saved.handle).posts["part-2"].cid == "c2"
    another = ok({**existing, "value": {"text": "other"}})
    error = await error_of(take(over(refusal("InvalidSwap"), another), prepared(Prepared(posts=posts)), "part-2"))
    assert error.reason is Reason.DUPLICATE_CONTENT
