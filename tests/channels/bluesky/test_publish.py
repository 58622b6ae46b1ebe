"""One putRecord; whatever comes back, the post is there once or not at all."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from munadi.channels.bluesky.thread import record_key
from munadi.channels.bluesky.wire import post_uri
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Handle, Published, Unknown
from munadi.ports import PublicationDraft
from tests.channels.making import NOW, Bench, Saved, account, bench, error_of, image, publication, visible_step
from tests.channels.network import answer, ok

DID = "did:plc:abcdefghijklmnopqrstuvwx"
WHO = account("bluesky", DID, service_url="https://pds.example/prefix/")
PUT, GET = "/xrpc/com.atproto.repo.putRecord", "/xrpc/com.atproto.repo.getRecord"
SWAP = answer(400, {"error": "InvalidSwap", "message": "Record was at bafy"})
BROKEN = answer(500, {"error": "InternalServerError", "message": "Internal Server Error"})
MISSING = answer(400, {"error": "RecordNotFound", "message": "Could not locate record"})
DRAFT = publication("Hello")
URI = post_uri(DID, record_key(DRAFT))
WRITTEN = ok({"uri": URI, "cid": "bafy"})


def over(put: Any, get: Any = None) -> Bench:
    built = bench("bluesky")
    built.network.on("POST", PUT, put)
    if get is not None:
        built.network.on("GET", GET, get)
    return built


async def publish(built: Bench, given: PublicationDraft = DRAFT, handle: Handle | None = None) -> Published:
    found = await built.channel.publish(given, WHO, handle, Saved(handle), visible_step())
    assert isinstance(found, Published)
    return found


def body(request: httpx.Request) -> dict[str, Any]:
    found = json.loads(request.content)
    assert isinstance(found, dict)
    return found


async def test_the_call_and_its_result() -> None:
    built = over(WRITTEN)
    found = await publish(built)
    request = built.network.requests[0]
    sent = body(request)
    assert str(request.url) == "https://pds.example/prefix/xrpc/com.atproto.repo.putRecord"
    assert sent["swapRecord"] is None
    assert (sent["repo"], sent["collection"]) == (DID, "app.bsky.feed.post")
    assert sent["record"]["createdAt"] == "2026-12-01T09:00:00.000Z"
    assert found.post_id == f"at://{DID}/app.bsky.feed.post/{sent['rkey']}"
    assert found.url == f"https://bsky.app/profile/{DID}/post/{sent['rkey']}"
    assert found.published_at == NOW


async def test_a_repeat_is_identical_to_the_byte() -> None:
    built = over(WRITTEN)
    await publish(built)
    await publish(built)
    first, second = built.network.requests
    assert first.content == second.content


@pytest.mark.parametrize("refused", [SWAP, BROKEN])
async def test_what_stands_at_the_key_and_is_ours_is_published(refused: httpx.Response) -> None:
    earlier = {"$type": "app.bsky.feed.post", "text": "Hello", "createdAt": "2026-12-01T08:00:00.000Z"}
    found = await publish(over(refused, ok({"uri": URI, "value": earlier})))
    assert found.post_id is not None


@pytest.mark.parametrize("refused", [SWAP, BROKEN])
async def test_another_record_at_the_key_is_a_duplicate(refused: httpx.Response) -> None:
    error = await error_of(publish(over(refused, ok({"uri": URI, "value": {"text": "Something else"}}))))
    assert (error.reason, error.effect) == (Reason.DUPLICATE_CONTENT, Effect.REJECTED)


@pytest.mark.parametrize("look", [MISSING, answer(503, "<html>"), httpx.ReadTimeout("")], ids=["none", "503", "slow"])
@pytest.mark.parametrize("refused", [SWAP, BROKEN], ids=["swap", "500"])
async def test_a_look_that_proves_nothing_leaves_it_unknown(refused: httpx.Response, look: Any) -> None:
    error = await error_of(publish(over(refused, look)))
    assert error.effect is Effect.UNKNOWN


async def test_lapsed_blobs_are_forgotten_so_that_they_are_uploaded_again() -> None:
    built = over(answer(400, {"error": "BlobNotFound", "message": "Could not find blob"}))
    handle = Handle(draft_version=1, state={"blobs": [{"$type": "blob"}], "mentions": {"a.test": None}}, ready=True)
    saved = Saved(handle)
    error = await error_of(
        built.channel.publish(publication("x", media=(image(),)), WHO, handle, saved, visible_step())
    )
    assert error.effect is Effect.NOT_SENT
    assert not saved.kept.ready
    assert saved.kept.state["blobs"] == []
    assert saved.kept.state["mentions"] == {"a.test": None}


async def test_what_a_person_should_know_comes_as_warnings() -> None:
    given = publication("@no.test", media=(image(),))
    handle = Handle(draft_version=1, state={"blobs": [{"$type": "blob"}], "mentions": {"no.test": None}})
    found = await publish(over(WRITTEN), given, handle)
    assert [warning.code for warning in found.warnings] == ["MENTION_UNRESOLVED"]


@pytest.mark.parametrize(("missing", "codes"), [(True, ["CARD_WITHOUT_PICTURE"]), (False, [])])
async def test_a_card_without_its_picture_is_published_with_a_warning(missing: bool, codes: list[str]) -> None:
    given = publication("x", link="https://acme.example")
    handle = Handle(draft_version=1, state={"card": {"title": "Sale", "picture_missing": missing}})
    found = await publish(over(WRITTEN), given, handle)
    assert [warning.code for warning in found.warnings] == codes


async def test_find_asks_the_accounts_own_server_for_the_derived_key() -> None:
    built = over(WRITTEN, ok({"uri": URI, "value": {}}))
    await publish(built)
    found = await built.channel.find(DRAFT, WHO, None, NOW)
    written, looked = built.network.requests
    assert dict(looked.url.params) == {
        "repo": DID,
        "collection": "app.bsky.feed.post",
        "rkey": body(written)["rkey"],
    }
    assert isinstance(found, Published)


@pytest.mark.parametrize(
    ("look", "wanted"),
    [
        (MISSING, Absent),
        (answer(400, {"error": "InvalidRequest", "message": "Could not locate record"}), Unknown),
        (answer(400, {"error": "RepoNotFound", "message": "no such repo"}), Unknown),
        (answer(401, {"error": "AccountTakedown"}), Unknown),
        (ok("not json"), Unknown),
        (ok({}), Unknown),
        (ok({"uri": "at://somebody/else", "value": {}}), Unknown),
    ],
)
async def test_only_a_record_not_found_proves_absence(look: httpx.Response, wanted: type) -> None:
    assert isinstance(await over(ok(), look).channel.find(DRAFT, WHO, None, NOW), wanted)
