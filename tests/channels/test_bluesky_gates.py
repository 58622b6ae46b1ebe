"""Who may reply and quote: written with the post, all or none, and judged by the atproto package's models."""

from __future__ import annotations

import json
from typing import Any

import pytest
from atproto import models

from munadi.channels.bluesky.spec import Options
from munadi.channels.bluesky.thread import record_key
from munadi.channels.bluesky.wire import gates_of, timestamp
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Published
from munadi.ports import PublicationDraft, VisibleStep
from tests.channels.making import NOW, Bench, GateThatCounts, Saved, account, bench, error_of, publication
from tests.channels.network import answer, ok

DID = "did:plc:abcdefghijklmnopqrstuvwx"
WHO = account("bluesky", DID, service_url="https://pds.example")
PUT, APPLY, GET = (f"/xrpc/com.atproto.repo.{name}" for name in ("putRecord", "applyWrites", "getRecord"))
POST, THREADGATE, POSTGATE = (f"app.bsky.feed.{name}" for name in ("post", "threadgate", "postgate"))
CID = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"
LIST = "at://did:plc:abc/app.bsky.graph.list/friends"
CLOSED = {"replyControl": ["nobody"], "quotesAllowed": False}
URI = f"at://{DID}/{POST}/3n342ilh4f622"


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        (("nobody",), []),
        (("mentioned", "followers"), ["MentionRule", "FollowerRule"]),
        (("following", LIST), ["FollowingRule", "ListRule"]),
    ],
)
def test_who_may_reply(rules: tuple[str, ...], allowed: list[str]) -> None:
    gates = gates_of(Options(reply_control=rules), "post", URI, timestamp(NOW))
    assert list(gates) == [THREADGATE]
    read = models.get_or_create(gates[THREADGATE], models.AppBskyFeedThreadgate.Record, strict=True)
    assert isinstance(read, models.AppBskyFeedThreadgate.Record)
    assert read.allow is not None  # without the list, everybody may
    assert [type(rule).__name__ for rule in read.allow] == allowed
    assert [rule.list for rule in read.allow if isinstance(rule, models.AppBskyFeedThreadgate.ListRule)] in ([], [LIST])
    assert read.post == URI


def test_who_may_quote() -> None:
    gates = gates_of(Options(quotes_allowed=False), "post", URI, timestamp(NOW))
    assert list(gates) == [POSTGATE]
    read = models.get_or_create(gates[POSTGATE], models.AppBskyFeedPostgate.Record, strict=True)
    assert isinstance(read, models.AppBskyFeedPostgate.Record)
    assert isinstance((read.embedding_rules or [])[0], models.AppBskyFeedPostgate.DisableRule)
    assert (read.post, read.created_at) == (URI, timestamp(NOW))


def test_a_part_s_replies_are_the_thread_s() -> None:
    options = Options.model_validate(CLOSED)
    assert set(gates_of(options, "post", URI, timestamp(NOW))) == {THREADGATE, POSTGATE}
    assert set(gates_of(options, "part-2", URI, timestamp(NOW))) == {POSTGATE}
    assert gates_of(Options(), "post", URI, timestamp(NOW)) == {}


def closed(**fields: Any) -> PublicationDraft:
    return publication("Hello", options=CLOSED, **fields)


def uris(given: PublicationDraft, *collections: str) -> list[dict[str, str]]:
    return [{"uri": f"at://{DID}/{one}/{record_key(given)}", "cid": CID} for one in collections]


async def put(built: Bench, given: PublicationDraft, gate: GateThatCounts | None = None) -> Published:
    found = await built.channel.publish(given, WHO, None, Saved(), VisibleStep(gate or GateThatCounts(), "post"))
    assert isinstance(found, Published)
    return found


async def test_the_post_and_its_gates_are_one_call() -> None:
    built, given, gate = bench("bluesky"), closed(), GateThatCounts()
    built.network.on("POST", APPLY, ok({"results": uris(given, POST, THREADGATE, POSTGATE)}))
    found = await put(built, given, gate)
    assert gate.asked == 1
    (sent,) = built.network.requests
    body = json.loads(sent.content)
    assert body["repo"] == DID
    assert [(one["$type"], one["collection"], one["rkey"]) for one in body["writes"]] == [
        ("com.atproto.repo.applyWrites#create", collection, record_key(given))
        for collection in (POST, THREADGATE, POSTGATE)
    ]
    assert {one["value"].get("post", found.post_id) for one in body["writes"]} == {found.post_id}
    models.ComAtprotoRepoApplyWrites.Data.model_validate(body)


@pytest.mark.parametrize("missing", [POST, THREADGATE, POSTGATE])
async def test_an_answer_without_one_of_them_proves_nothing(missing: str) -> None:
    built, given = bench("bluesky"), closed()
    names = [name for name in (POST, THREADGATE, POSTGATE) if name != missing]
    built.network.on("POST", APPLY, ok({"results": uris(given, *names)}))
    error = await error_of(put(built, given))
    assert error.effect is Effect.UNKNOWN


async def written(given: PublicationDraft) -> dict[str, Any]:
    """The record that a first try writes."""
    built = bench("bluesky")
    built.network.on("POST", APPLY, ok({"results": uris(given, POST, THREADGATE, POSTGATE)}))
    await put(built, given)
    record: dict[str, Any] = json.loads(built.network.requests[0].content)["writes"][0]["value"]
    return record


async def test_a_used_key_with_our_post_is_our_post() -> None:
    given = closed()
    record = {**uris(given, POST)[0], "value": await written(given)}
    built = bench("bluesky")
    built.network.on("POST", APPLY, answer(500, {"error": "InternalServerError"})).on("GET", GET, ok(record))
    assert (await put(built, given)).post_id == record["uri"]


async def test_a_used_key_with_another_post_is_refused() -> None:
    given = closed()
    record = {**uris(given, POST)[0], "value": {**await written(given), "text": "Another"}}
    built = bench("bluesky")
    built.network.on("POST", APPLY, answer(500, {"error": "InternalServerError"})).on("GET", GET, ok(record))
    error = await error_of(put(built, given))
    assert (error.reason, error.effect) == (Reason.DUPLICATE_CONTENT, Effect.REJECTED)


async def test_a_500_with_nothing_there_is_unknown() -> None:
    built = bench("bluesky")
    built.network.on("POST", APPLY, answer(500, {"error": "InternalServerError"}))
    built.network.on("GET", GET, answer(400, {"error": "RecordNotFound"}))
    error = await error_of(put(built, closed()))
    assert error.effect is Effect.UNKNOWN


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("grapheme too big (maximum 300, got 301) at $.writes[0].record.text", Reason.TEXT_TOO_LONG),
        ('Missing required key "list" at $.writes[1].record.allow[0]', Reason.MISSING_FIELD),
        ("array too big (maximum 5, got 6) at $.writes[1].record.allow", Reason.INVALID_FIELD),
    ],
)
async def test_what_the_server_says_of_one_of_them(message: str, reason: Reason) -> None:
    built = bench("bluesky")
    refused = {"error": "InvalidRequest", "message": f"Invalid app.bsky.feed.post record: {message}"}
    built.network.on("POST", APPLY, answer(400, refused))
    error = await error_of(put(built, closed()))
    assert (error.reason, error.effect) == (reason, Effect.REJECTED)


async def test_a_post_without_gates_is_still_a_put() -> None:
    built, given = bench("bluesky"), publication("Hello", options={"quotesAllowed": True})
    built.network.on("POST", PUT, ok(uris(given, POST)[0]))
    await put(built, given)
    assert built.network.sent(APPLY) == []
