// The trigger's endpoint at a server that answers what the test says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { hook } from "./harness.mjs";
import { PROBLEM, credentials, said } from "./server.mjs";

const URL_ = "https://n8n.example/webhook/1";
const ENDPOINT = { id: "whe_1", url: URL_, brandRef: null, types: ["content.completed"], payload: "full", enabled: true };
const trigger = (kept) => ({ credentials, url: URL_, kept, parameters: { events: ["content.completed"] } });

test("the trigger's endpoint exists only as the node wants it, and is enabled again", async () => {
  const kept = { endpointId: "whe_1", secret: "whsec_x" };
  for (const [endpoint, expected] of [[ENDPOINT, true], [{ ...ENDPOINT, url: "https://old.example" }, false], [{ ...ENDPOINT, types: [] }, false]]) {
    said.answers = [[200, endpoint]];
    assert.equal(await hook("checkExists", trigger(kept)), expected);
  }
  said.answers = [[404, PROBLEM]];
  assert.equal(await hook("checkExists", trigger(kept)), false);
  assert.equal(await hook("checkExists", trigger({})), false);
  said.answers = [[500, PROBLEM]];
  await assert.rejects(hook("checkExists", trigger(kept)));
  said.answers = [[200, { ...ENDPOINT, enabled: false }]];
  assert.equal(await hook("checkExists", trigger(kept)), true);
  assert.deepEqual([said.requests.at(-1).method, said.requests.at(-1).body.toString()], ["PATCH", '{"enabled":true}']);
});

test("a new endpoint replaces what stands at its address, and a removed one may be gone", async () => {
  const kept = {};
  said.answers = [[200, { data: [ENDPOINT, { ...ENDPOINT, id: "whe_2", url: "https://other.example" }], nextCursor: null }], [204, ""], [201, { ...ENDPOINT, id: "whe_3", secret: "whsec_y" }]];
  await hook("create", trigger(kept));
  assert.deepEqual(said.requests.map(({ method, url }) => `${method} ${url}`), ["GET /v1/webhooks/endpoints?limit=100", "DELETE /v1/webhooks/endpoints/whe_1", "POST /v1/webhooks/endpoints"]);
  assert.deepEqual(kept, { endpointId: "whe_3", secret: "whsec_y" });
  said.answers = [[404, PROBLEM]];
  assert.equal(await hook("delete", trigger(kept)), true);
  assert.deepEqual(kept, {});
});
