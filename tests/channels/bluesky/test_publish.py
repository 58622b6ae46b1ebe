"""The visible call: one commit at its own key. With any answer the post exists once or not at all."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from munadi.channels.bluesky.state import Prepared
from munadi.channels.bluesky.thread import record_key
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Preparation, Published, Unknown
from munadi.ports import PublicationDraft
from tests.channels.bluesky.servers import BROKEN, DID, GET, MISSING, PUT, refusal, uri
from tests.channels.calls import Saved
from tests.channels.making import NOW, Bench, account, bench, error_of, image, publication
from tests.channels.network import answer, ok

WHO = account("bluesky", DID, service_url="https://pds.example/prefix/")
SWAP = refusal("InvalidSwap")
DRAFT = publication("Hello")
URI = uri(record_key(DRAFT))
PICTURE = publication("x", media=(image(),))


def written(request: httpx.Request) -> httpx.Response:
    """An answer with every record that was sent, with a cid that shows its key. A put is answered with one record."""
    body = json.loads(request.content)
    writes = body.get("writes", [body])
    done = [{"uri": f"at://{DID}/{one['collection']}/{one['rkey']}", "cid": f"cid-{one['rkey']}"} for one in writes]
    return ok({"results": done} if "writes" in body else done[0])


def read(request: httpx.Request) -> httpx.Response:
    """An answer with the requested record."""
    key = request.url.params["rkey"]
    return ok({"uri": uri(key), "cid": f"cid-{key}", "value": {}})


def over(visible: Any = written, get: Any = None) -> Bench:
    built = bench("bluesky")
    built.network.on("POST", "Record", visible).on("POST", "applyWrites", visible)
    if get is not None:
        built.network.on("GET", GET, get)
    return built


def records(built: Bench) -> list[dict[str, Any]]:
    """The posts that were put, in order."""
    return [json.loads(request.content)["record"] for request in built.network.sent(PUT)]


async def publish(built: Bench, given: PublicationDraft = DRAFT, saved: Saved | None = None) -> Published:
    saved = saved or Saved()
    found = await built.publish(given, WHO, saved)
    assert isinstance(found, Published)
    return found


def prepared(given: Prepared) -> Saved:
    return Saved(Preparation(draft_version=1, state=given.model_dump(mode="json"), ready=True))


async def test_the_call_its_result_and_how_it_is_found() -> None:
    built = over(get=read)
    found = await publish(built)
    assert isinstance(await built.find(DRAFT, WHO, None, NOW), Published)
    request, looked = built.network.requests
    sent = json.loads(request.content)
    where = {"repo": DID, "collection": "app.bsky.feed.post", "rkey": record_key(DRAFT)}
    assert str(request.url) == f"https://pds.example/prefix{PUT}"
    assert {name: sent[name] for name in where} == where == dict(looked.url.params)
    assert (sent["swapRecord"], sent["record"]["createdAt"]) == (None, "2026-12-01T09:00:00.000Z")
    assert (found.post_id, found.published_at) == (URI, NOW)
    assert found.url == f"https://bsky.app/profile/{DID}/post/{sent['rkey']}"
    await publish(built)
    assert built.network.requests[-1].content == request.content


OURS = {"$type": "app.bsky.feed.post", "text": "Hello", "createdAt": "2026-12-01T08:00:00.000Z"}


@pytest.mark.parametrize("refused", [SWAP, BROKEN], ids=["swap", "500"])
async def test_a_used_key_is_read_to_learn_the_outcome(refused: httpx.Response) -> None:
    assert (await publish(over(refused, ok({"uri": URI, "value": OURS})))).published_at is None
    error = await error_of(publish(over(refused, ok({"uri": URI, "value": {**OURS, "text": "Another"}}))))
    assert (error.reason, error.effect) == (Reason.DUPLICATE_CONTENT, Effect.REJECTED)
    for proves_nothing in (MISSING, answer(503, "<html>"), httpx.ReadTimeout("")):
        error = await error_of(publish(over(refused, proves_nothing)))
        assert (error.effect, error.provider_code in ("InvalidSwap", "InternalServerError")) == (Effect.UNKNOWN, True)


@pytest.mark.parametrize(("failures", "effect"), [(0, Effect.NOT_SENT), (4, Effect.REJECTED)])
async def test_expired_blobs_are_uploaded_again_a_few_times(failures: int, effect: Effect) -> None:
    saved = prepared(Prepared(blobs=({"$type": "blob"},), mentions={"a.test": None}, failures=failures))
    error = await error_of(publish(over(refusal("BlobNotFound")), PICTURE, saved))
    assert (error.effect, saved.kept.ready) == (effect, False)
    assert Prepared.of(saved.handle) == Prepared(mentions={"a.test": None}, failures=failures + 1)


@pytest.mark.parametrize(
    ("given", "state", "warnings"),
    [
        (publication("@no.test"), {"mentions": {"no.test": None}}, [("MENTION_UNRESOLVED", "/text")]),
        (publication("@yes.test"), {"mentions": {"yes.test": "did:plc:a"}}, []),
        (
            publication(link="https://a.example"),
            {"card": {"title": "Sale", "picture_missing": True}},
            [("CARD_WITHOUT_PICTURE", "/link")],
        ),
        (publication(link="https://a.example"), {"card": {"title": "Sale"}}, []),
    ],
)
async def test_a_post_that_looks_different_than_intended_has_a_warning(
    given: PublicationDraft, state: dict[str, Any], warnings: list[tuple[str, str]]
) -> None:
    found = await publish(over(), given, prepared(Prepared.model_validate(state)))
    assert [(warning.code, warning.pointer) for warning in found.warnings] == warnings


@pytest.mark.parametrize(
    ("get", "wanted"),
    [
        (MISSING, Absent),
        (refusal("InvalidRequest", message="Could not locate record"), Unknown),
        (refusal("RepoNotFound"), Unknown),
        (refusal("AccountTakedown", 401), Unknown),
        (ok({"uri": "at://somebody/else", "value": {}}), Unknown),
    ],
)
async def test_only_a_record_not_found_proves_absence(get: httpx.Response, wanted: type) -> None:
    assert isinstance(await over(get=get).find(DRAFT, WHO, None, NOW), wanted)
