"""Posts and drafts that the n8n nodes change, and items that n8n repeats, against a running stack."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import pytest

from tests.e2e.n8n_nodes import N8n, build, later, post
from tests.harness.brand import Brand
from tests.harness.stack import Stack
from tests.harness.web import Call, serving


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    build()


@pytest.fixture
def n8n(stack: Stack) -> N8n:
    return N8n(stack.info["api"], stack.info["apiKey"])


async def test_a_repeated_item_posts_once_when_the_answer_was_lost(n8n: N8n, brand: Brand) -> None:
    text = f"Repeated by n8n {uuid4().hex}"
    arrived: list[str] = []
    async with losing_answers(n8n.credentials["baseUrl"], arrived) as address:
        behind = N8n(address, n8n.credentials["apiKey"])
        asked = {"parameters": {"operation": "publish", **post(brand, text)}, "id": "1"}
        lost = await behind.call("execute", context={}, **asked)
        assert lost["error"]["message"] == "Munadi did not answer"
        # Retry On Fail runs in the same execution, with the node's context as it is.
        [made] = (await behind.call("execute", context=lost["context"], **asked))["result"]
    assert len(arrived) == 2
    assert len(set(arrived)) == 1
    await brand.published(made["json"]["id"])
    assert len(await brand.posts(text)) == 1


@asynccontextmanager
async def losing_answers(api: str, arrived: list[str]) -> AsyncIterator[str]:
    """An address that hands requests to the API and loses the first answer. `arrived` gets their idempotency keys."""
    async with httpx.AsyncClient(base_url=api) as client:

        async def hand_on(call: Call) -> None:
            arrived.append(call.headers["idempotency-key"])
            kept = {name: call.headers[name] for name in ("authorization", "content-type", "idempotency-key")}
            answer = await client.request(call.method, call.path, content=call.body, headers=kept)
            assert answer.status_code == 202, answer.text
            if len(arrived) > 1:
                await call.answer(answer.content, status=answer.status_code)

        async with serving(hand_on) as address:
            yield address


async def test_a_waiting_post_is_edited_in_the_version_that_was_read(n8n: N8n, brand: Brand) -> None:
    reference = uuid4().hex
    fields = {"metadata": json.dumps({"row": reference})}
    asked = post(brand, "Later", when="at", scheduledAt=later(2), additionalFields=fields)
    [made] = await n8n.execute("publish", **asked)
    named = {"postId": made["id"]}
    changes = {"text": "Sooner", "overrides": '{"bluesky": {"text": "Sooner on Bluesky"}}'}
    [changed] = await n8n.execute("editPost", **named, changes=changes, version=made["version"])
    assert changed["text"] == "Sooner"
    stale = await n8n.call(
        "execute", parameters={"operation": "editPost", **named, "changes": {"text": "Never"}, "version": "1"}
    )
    assert stale["error"]["problem"]["code"] == "STALE"
    assert "Read it again, then repeat the change" in stale["error"]["description"]
    moved = {"operation": "reschedule", **named, "scheduledAt": later(3), "version": changed["version"]}
    again = [await n8n.call("execute", parameters=moved, context={"munadiExecution": reference}) for _ in range(2)]
    assert [each["result"][0]["json"]["version"] for each in again] == [changed["version"] + 1] * 2
    [found] = await n8n.execute("getAll", returnAll=True, filters={"metadata": json.dumps({"row": reference})})
    assert found["id"] == made["id"]
    await n8n.execute("cancel", **named)


async def test_a_proposal_waits_until_its_version_is_approved(n8n: N8n, brand: Brand) -> None:
    text = f"Proposed by n8n {uuid4().hex}"
    scopes = ["contents:propose", "contents:read", "accounts:read"]
    made = await brand.api.post("/v1/keys", json={"name": "n8n", "brandRef": brand.ref, "scopes": scopes})
    proposer = N8n(n8n.credentials["baseUrl"], made.json()["key"])
    [proposed] = await proposer.execute("publish", **post(brand, text))
    named = {"postId": proposed["id"]}
    assert proposed["approval"]["status"] == "requested"
    approving = {"operation": "approve", **named, "version": proposed["version"]}
    refused = await proposer.call("execute", parameters=approving)
    assert refused["error"]["httpCode"] == "403"
    [declined] = await n8n.execute("decline", **named, reason="Better tomorrow")
    assert declined["approval"]["note"] == "Better tomorrow"
    [edited] = await proposer.execute("editPost", **named, changes={"text": f"{text} now"})
    stale = await n8n.call("execute", parameters=approving)
    assert stale["error"]["problem"]["code"] == "STALE"
    assert await brand.posts(f"{text} now") == []
    [approved] = await n8n.execute("approve", **named, version=edited["version"])
    assert approved["approval"]["status"] == "granted"
    await brand.published(proposed["id"])
    assert len(await brand.posts(f"{text} now")) == 1


async def test_a_draft_is_saved_completed_and_published_once(n8n: N8n, brand: Brand) -> None:
    text = f"A draft {uuid4().hex}"
    [saved] = await n8n.execute("createDraft", **post(brand, text) | {"channels": []})
    assert not saved["valid"]
    named = {"draftId": saved["id"]}
    changes = {"channels": ["bluesky"], "overrides": "{}"}
    [edited] = await n8n.execute("editDraft", **named, changes=changes, version=saved["version"])
    assert (edited["valid"], edited["content"]["text"]) == (True, text)
    listed = await n8n.execute("getAllDrafts", returnAll=True, filters={"brandRef": brand.ref})
    assert [each["id"] for each in listed] == [saved["id"]]
    context = {"munadiExecution": uuid4().hex}
    submitted = [await n8n.execute("submitDraft", {"context": context}, **named) for _ in range(2)]
    assert len({made["id"] for [made] in submitted}) == 1
    await brand.published(submitted[0][0]["id"])
    assert len(await brand.posts(text)) == 1
    [other] = await n8n.execute("createDraft", {"id": "2"}, **post(brand, "Not needed"))
    assert await n8n.execute("deleteDraft", draftId=other["id"]) == [{"deleted": True}]
    listed = await n8n.execute("getAllDrafts", returnAll=True, filters={"brandRef": brand.ref})
    assert listed == []


async def test_the_credentials_test_takes_any_key_and_no_other_text(n8n: N8n, brand: Brand) -> None:
    made = await brand.api.post("/v1/keys", json={"name": "n8n", "brandRef": brand.ref, "scopes": ["webhooks:read"]})
    base = n8n.credentials["baseUrl"]
    found = [await N8n(base, key).call("credentialTest") for key in (made.json()["key"], "mnd_wrong")]
    assert [each["result"] for each in found] == [200, 401]
