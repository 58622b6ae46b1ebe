"""The parts of a thread: a key each, references to what went before, and nothing sent blindly."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given as everything
from hypothesis import strategies as some

from munadi.channels.bluesky.spec import SPEC
from munadi.channels.bluesky.state import Prepared
from munadi.channels.bluesky.thread import number_of, parent_of, record_key
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Handle, Published, Ready
from munadi.ports import StaleEpoch, VisibleStep
from tests.channels.bluesky.test_wire import judged
from tests.channels.making import Bench, GateThatCounts, Saved, account, bench, draft, error_of, publication
from tests.channels.network import answer, ok

DID = "did:plc:abcdefghijklmnopqrstuvwx"
WHO = account("bluesky", DID, service_url="https://pds.example")
PUT, GET = "/xrpc/com.atproto.repo.putRecord", "/xrpc/com.atproto.repo.getRecord"
THREAD = publication("One", parts=("Two #tag", "Three"), options={"langs": ["en"], "tags": ["sale"]})
CID = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"
STAGES = ("post", "part-2", "part-3")


def uri(rkey: str) -> str:
    return f"at://{DID}/app.bsky.feed.post/{rkey}"


def written(request: httpx.Request) -> httpx.Response:
    """Every record has a cid that tells its key."""
    rkey = json.loads(request.content)["rkey"]
    return ok({"uri": uri(rkey), "cid": f"cid-{rkey}"})


def read(request: httpx.Request) -> httpx.Response:
    rkey = request.url.params["rkey"]
    return ok({"uri": uri(rkey), "cid": f"cid-{rkey}", "value": {}})


def over(put: Any = written, get: Any = read) -> Bench:
    built = bench("bluesky")
    built.network.on("POST", PUT, put).on("GET", GET, get)
    return built


async def take(built: Bench, saved: Saved, name: str) -> Published:
    found = await built.channel.publish(THREAD, WHO, saved.handle, saved, VisibleStep(GateThatCounts(), name))
    assert isinstance(found, Published)
    return found


def records(built: Bench) -> list[dict[str, Any]]:
    return [json.loads(request.content)["record"] for request in built.network.sent(PUT)]


def key(step: str) -> str:
    return record_key(THREAD, step)


def test_stages_are_the_parts_in_order() -> None:
    channel = bench("bluesky").channel
    assert channel.steps(THREAD) == STAGES[1:]
    assert channel.steps(draft("One")) == ()
    assert [number_of(step) for step in STAGES] == [1, 2, 3]
    assert [parent_of(step) for step in STAGES[1:]] == ["post", "part-2"]


@everything(some.text(alphabet="0123456789abcdefghjkmnpqrstvwxyz", min_size=26, max_size=26))
def test_no_two_keys_of_a_thread_meet_and_their_order_is_the_threads(seed: str) -> None:
    given = publication("x", seed=f"pub_{seed}", parts=("y",) * (SPEC.max_parts - 1))
    keys = [record_key(given), *(record_key(given, f"part-{number}") for number in range(2, SPEC.max_parts + 1))]
    assert keys == sorted(set(keys))
    assert len(keys) == SPEC.max_parts


async def test_each_part_answers_the_one_before_it() -> None:
    built, saved = over(), Saved()
    found = [await take(built, saved, step) for step in STAGES]
    assert [one.post_id for one in found] == [uri(key(step)) for step in STAGES]
    first, second, third = records(built)
    assert "reply" not in first
    root = {"uri": found[0].post_id, "cid": f"cid-{key('post')}"}
    assert second["reply"] == {"root": root, "parent": root}
    assert third["reply"] == {"root": root, "parent": {"uri": found[1].post_id, "cid": f"cid-{key('part-2')}"}}
    assert built.network.sent(GET) == []


async def test_a_part_is_a_post_of_its_own() -> None:
    built, saved = over(lambda put: ok({"uri": uri(json.loads(put.content)["rkey"]), "cid": CID})), Saved()
    for step in STAGES:
        await take(built, saved, step)
    judged_ones = [judged(record) for record in records(built)]
    assert [record.text for record in judged_ones] == ["One", "Two #tag", "Three"]
    assert [record.langs for record in judged_ones] == [["en"]] * 3
    assert [record.tags for record in judged_ones] == [["sale"], None, None]
    assert [len(record.facets or []) for record in judged_ones] == [0, 1, 0]
    assert [record.created_at[-5:] for record in judged_ones] == [".000Z", ".001Z", ".002Z"]


@pytest.mark.parametrize("said", ["not json", {}, {"uri": uri(record_key(THREAD))}], ids=["a proxy", "none", "another"])
async def test_a_part_is_written_only_when_its_own_address_comes_back(said: Any) -> None:
    built, saved = over(), Saved()
    await take(built, saved, "post")
    kept = saved.handle
    built.network.on("POST", PUT, ok(said))
    error = await error_of(take(built, saved, "part-2"))
    assert (error.effect, error.provider_code) == (Effect.UNKNOWN, "NO_PROOF")
    assert saved.handle == kept


async def test_without_parts_nothing_is_kept() -> None:
    built, saved = over(), Saved()
    await built.channel.publish(publication("One"), WHO, None, saved, VisibleStep(GateThatCounts()))
    assert saved.history == []


async def test_mentions_of_every_part_are_resolved_ahead() -> None:
    built, saved = over(), Saved()
    built.network.on(
        "GET",
        "/xrpc/com.atproto.identity.resolveHandle",
        ok({"did": "did:plc:a"}),
        answer(400, {"error": "HandleNotFound"}),
    )
    given = publication("One", parts=("with @alice.test", "and @nobody.test"))
    assert built.channel.lead(given) == timedelta(seconds=60)
    assert isinstance(await built.channel.prepare(given, WHO, None, saved), Ready)
    found = await built.channel.publish(given, WHO, saved.handle, saved, VisibleStep(GateThatCounts()))
    assert isinstance(found, Published)
    assert [(warning.code, warning.pointer) for warning in found.warnings] == [("MENTION_UNRESOLVED", "/parts/1")]
    await built.channel.publish(given, WHO, saved.handle, saved, VisibleStep(GateThatCounts(), "part-2"))
    assert records(built)[-1]["facets"][0]["features"][0]["did"] == "did:plc:a"
    assert Prepared.of(saved.handle).mentions == {"alice.test": "did:plc:a", "nobody.test": None}


async def test_what_the_handle_lacks_is_read_from_the_records() -> None:
    built, saved = over(), Saved()
    await take(built, saved, "part-3")
    assert [request.url.params["rkey"] for request in built.network.sent(GET)] == [key("post"), key("part-2")]
    assert records(built)[0]["reply"]["parent"]["cid"] == f"cid-{key('part-2')}"
    assert set(Prepared.of(saved.handle).posts) == set(STAGES)


async def test_a_gate_is_asked_by_the_one_visible_request() -> None:
    built, gate = over(), GateThatCounts()
    await built.channel.publish(THREAD, WHO, None, Saved(), VisibleStep(gate, "part-2"))
    assert (gate.asked, len(built.network.mutations)) == (1, 1)


@pytest.mark.parametrize(
    ("look", "effect"),
    [
        (answer(503, "<html>"), Effect.NOT_SENT),
        (httpx.ReadTimeout("slow"), Effect.NOT_SENT),
        (ok({"value": {}}), Effect.NOT_SENT),
        (answer(400, {"error": "RecordNotFound"}), Effect.REJECTED),
    ],
    ids=["503", "slow", "odd", "deleted"],
)
async def test_a_part_whose_predecessor_cannot_be_read_is_not_sent(look: Any, effect: Effect) -> None:
    built = over(get=look)
    error = await error_of(take(built, Saved(), "part-2"))
    assert error.effect is effect
    assert built.network.mutations == []


async def test_a_live_post_is_reported_even_when_nothing_can_be_saved() -> None:
    async def overtaken(*_: object, **__: object) -> None:
        raise StaleEpoch("pub")

    found = await over().channel.publish(THREAD, WHO, None, overtaken, VisibleStep(GateThatCounts()))
    assert isinstance(found, Published)


async def test_a_part_that_stands_already_is_that_part() -> None:
    built, saved = over(), Saved()
    await take(built, saved, "post")
    await take(built, saved, "part-2")
    stands = {**records(built)[1], "createdAt": "2026-12-01T08:00:00.000Z"}
    again = over(answer(400, {"error": "InvalidSwap"}), ok({"uri": uri(key("part-2")), "cid": "c", "value": stands}))
    crashed = Saved(saved.history[0])
    assert (await take(again, crashed, "part-2")).published_at is None
    assert Prepared.of(crashed.handle).posts["part-2"].cid == "c"
    another = {"uri": uri(key("part-2")), "cid": "c", "value": {**stands, "text": "other"}}
    other = over(answer(400, {"error": "InvalidSwap"}), ok(another))
    error = await error_of(take(other, Saved(saved.history[0]), "part-2"))
    assert error.reason is Reason.DUPLICATE_CONTENT


@pytest.mark.parametrize("step", STAGES)
async def test_each_stage_is_searched_for_at_its_own_key(step: str) -> None:
    built = over()
    found = await built.channel.find(THREAD, WHO, None, THREAD.due_at, step)
    assert isinstance(found, Published)
    assert found.post_id == uri(key(step))
    assert built.network.sent(GET)[0].url.params["rkey"] == key(step)
    gone = over(get=answer(400, {"error": "RecordNotFound"}))
    assert await gone.channel.find(THREAD, WHO, None, THREAD.due_at, step) == Absent()


async def test_blobs_that_vanish_again_and_again_end_it() -> None:
    built = over(answer(400, {"error": "BlobNotFound"}))
    handle = Handle(draft_version=1, state=Prepared(failures=4).model_dump(mode="json"), ready=True)
    error = await error_of(take(built, Saved(handle), "post"))
    assert error.effect is Effect.REJECTED
