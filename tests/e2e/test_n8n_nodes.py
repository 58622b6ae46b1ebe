"""The n8n nodes: judged by n8n's linters, tested by Node, and run as n8n runs them against a running stack."""

from __future__ import annotations

import base64
import json
import subprocess
from typing import Any
from uuid import uuid4

import pytest

from munadi import __version__
from munadi.domain.event import EventType
from tests.e2e.n8n_nodes import NODES, N8n, build, later, post
from tests.harness.brand import Brand, until
from tests.harness.files import picture
from tests.harness.networks import plant
from tests.harness.stack import Stack
from tests.harness.web import Call, serving
from tests.webhooks.snippets import judged
from tests.webhooks.test_receivers import bad, good

LINTER = NODES / "node_modules" / ".bin" / "eslint"
# Instagram's answer for an account that is restricted.
RESTRICTED = {"code": 25, "subcode": 2207050}
# Reads requests as the snippets of docs/receiving-webhooks.md do, and gives them to the trigger.
JUDGE = """
import { createInterface } from "node:readline";
import { receive } from "./test/harness.mjs";
for await (const line of createInterface({ input: process.stdin })) {
  const { secret, headers, body } = JSON.parse(line);
  const { status, events } = await receive({ headers, body: Buffer.from(body, "base64"), kept: { secret } });
  console.log(status === 200 && events.length === 1 ? "accepted" : `refused:${status}`);
}
"""


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    build()


@pytest.fixture
def n8n(stack: Stack) -> N8n:
    return N8n(stack.info["api"], stack.info["apiKey"])


def lint(*arguments: str, stdin: str | None = None) -> list[str]:
    """The rules that the linters find broken, warnings included."""
    command = [str(LINTER), "--format", "json", *arguments]
    done = subprocess.run(command, cwd=NODES, input=stdin, capture_output=True, text=True, timeout=150)
    files = json.loads(done.stdout)
    assert files, done.stderr
    return [f"{each['ruleId']}: {each['message']}" for file in files for each in file["messages"]]


def test_n8ns_linters_find_nothing() -> None:
    assert lint(".") == []


def test_the_licence_is_all_that_n8n_asks_of_verified_nodes_and_does_not_get() -> None:
    rule = "n8n-nodes-base/community-package-json-license-not-default"
    found = lint("--rule", json.dumps({rule: "error"}), "package.json")
    assert [each.partition(":")[0] for each in found] == [rule]


def test_n8ns_linters_see_what_breaks_their_rules() -> None:
    name = "nodes/Munadi/Munadi.node.ts"
    broken = (NODES / name).read_text().replace("usableAsTool: true,", "")
    found = [each.partition(":")[0] for each in lint("--stdin", "--stdin-filename", name, stdin=broken)]
    assert "@n8n/community-nodes/node-usable-as-tool" in found


def test_their_rules_hold_against_a_server_that_fails() -> None:
    command = ["node", "--test", "--test-reporter=tap", *map(str, sorted((NODES / "test").glob("*.test.mjs")))]
    done = subprocess.run(command, cwd=NODES, capture_output=True, text=True, timeout=120)
    assert "# fail 0" in done.stdout, done.stdout


def test_the_trigger_takes_what_munadi_signs_and_nothing_else() -> None:
    accepted, refused = good(), bad()
    found = judged(["node", "--input-type=module", "--eval", JUDGE], accepted + refused, NODES)
    assert found == ["accepted"] * len(accepted) + ["refused:401"] * len(refused)


async def test_a_post_with_a_file_is_published_once(n8n: N8n, brand: Brand) -> None:
    text = f"From n8n {uuid4().hex}"
    content = base64.b64encode(picture()).decode()
    items = [{"json": {}, "binary": {"data": {"data": content, "mimeType": "image/jpeg", "fileName": "a.jpg"}}}]
    account = (await brand.account("instagram"))["id"]
    media = {"values": [{"source": "binary", "binaryPropertyName": "data", "alt": "Teal"}]}
    asked = post(brand, text, "bluesky", f"instagram:{account}", media=media)
    first = await n8n.call("execute", parameters={"operation": "publish", **asked}, items=items, id="1", context={})
    # Retry of n8n: an execution of its own, with the context that the first one saved.
    retried = {"items": items, "id": "2", "context": first["context"]}
    [again] = await n8n.execute("publish", retried, **asked)
    [made] = [item["json"] for item in first["result"]]
    assert again["id"] == made["id"]
    ended = await brand.published(made["id"])
    assert [publication["accountId"] for publication in ended["publications"]][1] == account
    assert [each["alt"] for each in ended["media"]] == ["Teal"]
    assert [len(await brand.posts(text, channel)) for channel in ("bluesky", "instagram")] == [1, 1]


async def test_a_post_is_validated_scheduled_found_and_canceled(n8n: N8n, brand: Brand) -> None:
    reference = uuid4().hex
    fields = {"clientRef": reference, "metadata": '{"a": "b"}'}
    asked = post(brand, "Later", when="at", scheduledAt=later(2), additionalFields=fields)
    [validation] = await n8n.execute("validate", **asked)
    assert validation["valid"]
    [made] = await n8n.execute("publish", **asked)
    assert made["metadata"] == {"a": "b"}
    [found] = await n8n.execute("get", postId=made["id"])
    listed = await n8n.execute("getAll", returnAll=True, filters={"clientRef": reference, "brandRef": brand.ref})
    assert [found["id"]] == [each["id"] for each in listed] == [made["id"]]
    [canceled] = await n8n.execute("cancel", postId=made["id"])
    assert canceled["status"] == "canceled"


async def test_a_failed_post_is_retried(n8n: N8n, brand: Brand) -> None:
    once = {"error": RESTRICTED, "times": 1, "profile": await brand.profile("instagram")}
    await plant(brand.sandbox, "instagram", "media_publish", "error", **once)
    media = {"values": [{"source": "id", "mediaId": (await brand.upload(picture()))["id"]}]}
    [made] = await n8n.execute("publish", **post(brand, "Refused at first", "instagram", media=media))
    [failed] = (await brand.ended(made["id"]))["publications"]
    assert failed["failure"]["reason"] == "ACCOUNT_RESTRICTED"
    await n8n.execute("retry", postId=made["id"], publicationIds=failed["id"])
    await brand.published(made["id"])


async def test_a_live_post_gets_an_end_is_edited_withdrawn_and_proven(n8n: N8n, brand: Brand) -> None:
    await brand.connect("mastodon")
    [made] = await n8n.execute("publish", **post(brand, "Saturday", "mastodon"))
    [publication] = (await brand.published(made["id"]))["publications"]
    named = {"publicationId": publication["id"]}
    for at, shown in ((later(2), True), ("", False)):
        [changed] = await n8n.execute("setWithdrawAt", postId=made["id"], withdrawAt=at)
        assert bool(changed["withdrawAt"]) is shown
    await n8n.execute("editPublication", changes={"text": "Saturday and Sunday"}, **named)
    assert (await ended_of(n8n, publication["id"], "edits"))["status"] == "edited"
    await n8n.execute("withdrawPublication", **named)
    assert (await ended_of(n8n, publication["id"], "withdrawal"))["status"] == "withdrawn"
    [receipt] = await n8n.execute("getReceipt", **named)
    assert receipt["claims"]["withdrawal"]["status"] == "withdrawn"
    assert await brand.posts("Saturday and Sunday", "mastodon") == []


async def ended_of(n8n: N8n, publication_id: str, what: str) -> Any:
    """The last edit, or the withdrawal, of a publication once it has ended."""

    async def read() -> Any:
        [found] = await n8n.execute("getPublication", publicationId=publication_id)
        one = found[what][-1] if what == "edits" else found[what]
        return one if one["endedAt"] else None

    return await until(read, 60, 1)


async def test_a_refusal_names_the_field_and_the_limit(n8n: N8n, brand: Brand) -> None:
    answer = await n8n.call("execute", parameters={"operation": "publish", **post(brand, "x" * 400)})
    error = answer["error"]
    assert (error["name"], error["httpCode"]) == ("NodeApiError", "422")
    assert "limit 300, sent 400" in error["description"]
    assert error["problem"]["errors"][0]["code"] == "TEXT_TOO_LONG"
    [explained] = [line for line in error["description"].splitlines() if line.startswith("Explained at ")]
    page = await brand.api.get(explained.removeprefix("Explained at "))
    assert page.status_code == 200


async def test_the_editors_lists_come_from_the_api(n8n: N8n, brand: Brand) -> None:
    accounts = await n8n.call("choices", method="getAccounts", parameters={"brandRef": brand.ref})
    ids = {f"{channel}:{(await brand.account(channel))['id']}" for channel in ("bluesky", "instagram")}
    assert {each["value"] for each in accounts["result"]} == ids
    brands = await n8n.call("choices", method="getBrands")
    assert brand.ref in [each["value"] for each in brands["result"]]
    types = await n8n.call("choices", method="getEventTypes")
    assert {each["value"] for each in types["result"]} == {each.value for each in EventType}


async def test_the_trigger_subscribes_receives_and_unsubscribes(n8n: N8n, brand: Brand) -> None:
    received: list[dict[str, Any]] = []
    kept: dict[str, Any] = {}

    async def receive(call: Call) -> None:
        body = base64.b64encode(call.body).decode()
        answer = await n8n.call("receive", headers=call.headers, body=body, kept=kept)
        received.append(answer["result"])
        await call.head(answer["result"]["status"], content_length=0)

    async with serving(receive) as address:
        given = {"url": f"{address}/webhook", "parameters": {"events": ["content.completed"], "brandRef": brand.ref}}
        made = await n8n.call("hook", method="create", kept=kept, **given)
        kept.update(made["kept"])
        assert (await n8n.call("hook", method="checkExists", kept=kept, **given))["result"] is True
        rotated = await brand.api.post(f"/v1/webhooks/endpoints/{kept['endpointId']}/rotate-secret")
        assert rotated.is_success  # the secret of before signs as well for a while
        content = await brand.submit("An event for n8n")
        await until(lambda: _first(received))
        assert received[0]["status"] == 200
        [event] = received[0]["events"]
        assert (event["type"], event["contentId"]) == ("content.completed", content["id"])
        ended = await n8n.call("hook", method="delete", kept=kept, **given)
        assert ended["kept"] == {}
        assert (await n8n.call("hook", method="checkExists", kept=kept, **given))["result"] is False


async def _first(received: list[dict[str, Any]]) -> dict[str, Any] | None:
    return received[0] if received else None


def test_their_version_is_ours() -> None:
    assert json.loads((NODES / "package.json").read_text())["version"] == __version__
