// The nodes over a server that answers what the test says.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, beforeEach, test } from "node:test";
import { execute, hook } from "./harness.mjs";

let requests = [];
let answers = [];
const server = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray());
  requests.push({ method: request.method, url: request.url, headers: request.headers, body });
  const [status, answer, headers = {}] = answers.length > 1 ? answers.shift() : answers[0];
  if (status === 0) return request.socket.destroy();
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(typeof answer === "string" ? answer : JSON.stringify(answer));
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const credentials = { baseUrl: `http://127.0.0.1:${server.address().port}/`, apiKey: "mun_key" };
after(() => server.close());
beforeEach(() => {
  requests = [];
  answers = [[202, { id: "cnt_1" }]];
});

const POST = { operation: "publish", brandRef: "acme", channels: ["bluesky:acc_1"], text: "Hello", when: "now" };
const publish = (more = {}, given = {}) => execute({ credentials, parameters: { ...POST, ...more }, ...given });
const sent = (index = 0) => JSON.parse(requests[index].body);
const keys = () => requests.map(({ headers }) => headers["idempotency-key"]);
const PROBLEM = {
  type: "/docs/reference/problems#content_invalid", title: "The post is invalid", status: 422, detail: "Correct the fields.", code: "CONTENT_INVALID",
  errors: [{ pointer: "/text", code: "TEXT_TOO_LONG", message: "too long", limit: 300, actual: 412 }],
};

test("a post goes to the chosen account with the key, and its answer is paired with the item", async () => {
  const found = await publish({ overrides: '{"bluesky": {"firstComment": "#sale"}}' });
  assert.deepEqual(sent(), { brandRef: "acme", channels: [{ channel: "bluesky", accountId: "acc_1", firstComment: "#sale" }], text: "Hello" });
  assert.equal(requests[0].headers.authorization, "Bearer mun_key");
  assert.deepEqual(found, [{ json: { id: "cnt_1" }, pairedItem: { item: 0 } }]);
});

test("the same item of an execution and of its retry has one key, everything else another", async () => {
  const context = {};
  const items = [{ json: {} }, { json: {} }];
  await publish({}, { items, context });
  await publish({}, { items, context, id: "2" }); // n8n's Retry: another execution with the data of the first
  await publish({}, { run: 1, context });
  await publish({}, { id: "3" });
  await publish({}, { node: { id: "node-2" } });
  const [first, second, again, too, run, execution, node] = keys();
  assert.deepEqual([again, too], [first, second]);
  assert.equal(new Set([first, second, run, execution, node]).size, 5);
});

test("an execution without an id gets a key that no other one has", async () => {
  await publish({}, { id: "" });
  await publish({}, { id: "" });
  assert.notEqual(keys()[0], keys()[1]);
});

test("an agent's calls differ by what they say", async () => {
  const context = {};
  for (const text of ["one", "one", "two"]) await publish({ text }, { tool: true, context });
  assert.equal(keys()[0], keys()[1]);
  assert.notEqual(keys()[0], keys()[2]);
});

test("a key of one's own is sent as it is", async () => {
  await publish({ additionalFields: { idempotencyKey: 'cms "42"' } });
  assert.equal(keys()[0], '"cms \\"42\\""');
});

test("a local time is one of the workflow's zone, unless a zone or an offset is given", async () => {
  for (const more of [
    { scheduledAt: "2030-01-15T09:00:00" },
    { scheduledAt: "2030-01-15T09:00:00", timezone: "Europe/Berlin" },
    { scheduledAt: "2030-01-15T09:00:00+01:00" },
    { scheduledAt: { toJSON: () => "2030-01-15T09:00:00Z" } },
  ]) await publish({ when: "at", ...more });
  assert.deepEqual([0, 1, 2, 3].map((index) => [sent(index).scheduledAt, sent(index).timezone]), [
    ["2030-01-15T09:00:00", "Asia/Kolkata"],
    ["2030-01-15T09:00:00", "Europe/Berlin"],
    ["2030-01-15T09:00:00+01:00", undefined],
    ["2030-01-15T09:00:00Z", undefined],
  ]);
});

test("binary data is uploaded with a key of its own, and the post names it", async () => {
  answers = [[201, { id: "med_1" }], [202, { id: "cnt_1" }]];
  const binary = { data: { data: Buffer.from("bytes").toString("base64"), mimeType: "image/png", fileName: 'a"b.png' } };
  const media = { values: [{ source: "binary", binaryPropertyName: "data", alt: "A" }, { source: "url", url: "https://x.example/a.jpg" }] };
  await publish({ media }, { items: [{ json: {}, binary }] });
  const form = requests[0].body.toString();
  assert.match(form, /name="brandRef"\r\n\r\nacme\r\n/);
  assert.match(form, /name="file"; filename="a%22b.png"\r\ncontent-type: image\/png\r\n\r\nbytes\r\n--/);
  assert.deepEqual(sent(1).media, [{ id: "med_1", alt: "A" }, { url: "https://x.example/a.jpg" }]);
  assert.notEqual(keys()[0], keys()[1]);
});

test("a problem becomes the error's title, detail and first broken rule", async () => {
  answers = [[422, PROBLEM, { "content-type": "application/problem+json" }]];
  await assert.rejects(publish(), (error) => {
    assert.equal(error.constructor.name, "NodeApiError");
    assert.equal(error.message, "The post is invalid");
    assert.equal(error.description, "Correct the fields.\n/text: too long (limit 300, sent 412)");
    assert.equal(error.httpCode, "422");
    assert.equal(error.context.itemIndex, 0);
    return true;
  });
});

test("an item that fails is passed on beside the others when the node continues on failure", async () => {
  answers = [[422, PROBLEM], [202, { id: "cnt_2" }]];
  const found = await publish({}, { items: [{ json: {} }, { json: {} }], continueOnFail: true });
  assert.equal(found[0].json.problem.code, "CONTENT_INVALID");
  assert.equal(found[0].error.message, "The post is invalid");
  assert.deepEqual(found.map(({ pairedItem }) => pairedItem.item), [0, 1]);
  assert.deepEqual(found[1].json, { id: "cnt_2" });
});

test("no answer, a redirect and a page that is not the API's are errors that say what to do", async () => {
  answers = [[0], [302, "", { location: "/login" }], [200, "<html>"], [502, "<html>"]];
  await assert.rejects(publish(), { message: "Munadi did not answer", description: /without a second effect/ });
  await assert.rejects(publish(), { description: /not an answer of Munadi/, httpCode: "302" });
  await assert.rejects(publish(), { description: /not an answer of Munadi/ });
  await assert.rejects(publish(), { description: /not an answer of Munadi/, httpCode: "502" });
  assert.equal(requests.length, 4);
});

test("wrong JSON and overrides of a channel that is not chosen are refused before anything is sent", async () => {
  await assert.rejects(publish({ overrides: "{" }), { message: "Overrides is not JSON" });
  await assert.rejects(publish({ overrides: "[]" }), { message: /Overrides must be a JSON object/ });
  await assert.rejects(publish({ overrides: '{"threads": {}}' }), { message: /"threads", to which the post does not go/ });
  await assert.rejects(publish({ additionalFields: { metadata: "1" } }), { message: /Metadata must be a JSON object/ });
  assert.equal(requests.length, 0);
});

test("a live post, or one publication, is withdrawn with a key, and a publication's receipt is read", async () => {
  answers = [[202, { id: "cnt_1" }], [202, { id: "pub_1" }], [200, { receipt: "e30.e30.x", claims: {} }]];
  const act = (operation, more) => execute({ credentials, parameters: { operation, ...more } });
  await act("withdraw", { postId: " cnt_1 " });
  await act("withdrawPublication", { publicationId: "pub_1" });
  const [receipt] = await act("getReceipt", { publicationId: "pub_1" });
  assert.deepEqual(requests.map(({ method, url }) => `${method} ${url}`), ["POST /v1/contents/cnt_1/withdraw", "POST /v1/publications/pub_1/withdraw", "GET /v1/publications/pub_1/receipt"]);
  assert.deepEqual(keys().map((key) => key !== undefined), [true, true, false]);
  assert.equal(receipt.json.receipt, "e30.e30.x");
});

test("a live publication is read and edited, with what was chosen alone", async () => {
  answers = [[202, { id: "pub_1" }]];
  const edit = (changes) => execute({ credentials, parameters: { operation: "editPublication", publicationId: "pub_1", changes } });
  await edit({ text: "Corrected", link: "", altTexts: ["Red"], options: '{"contentWarning": null}' });
  await edit({ title: "A title" });
  await assert.rejects(edit({ options: "[]" }), { message: /Options must be a JSON object/ });
  await execute({ credentials, parameters: { operation: "getPublication", publicationId: "pub_1" } });
  assert.deepEqual(requests.map(({ method, url }) => `${method} ${url}`), ["POST /v1/publications/pub_1/edit", "POST /v1/publications/pub_1/edit", "GET /v1/publications/pub_1"]);
  assert.deepEqual([sent(0), sent(1)], [{ text: "Corrected", link: "", altTexts: ["Red"], options: { contentWarning: null } }, { title: "A title" }]);
  assert.deepEqual(keys().map((key) => key !== undefined), [true, true, false]);
});

test("a post's time to end is set in the workflow's zone or removed, on the version that was read", async () => {
  answers = [[200, { id: "cnt_1", version: 3 }]];
  const set = (withdrawAt) => execute({ credentials, parameters: { operation: "setWithdrawAt", postId: "cnt_1", withdrawAt } });
  for (const at of ["2030-01-15T09:00:00", "2030-01-15T09:00:00Z", ""]) await set(at);
  const changes = requests.filter(({ method }) => method === "PATCH");
  assert.deepEqual(changes.map(({ headers }) => headers["if-match"]), ['"3"', '"3"', '"3"']);
  assert.deepEqual(changes.map(({ body }) => JSON.parse(body).withdrawAt), ["2030-01-15T09:00:00+05:30", "2030-01-15T09:00:00Z", null]);
});

test("a local end of a post is one of the post's zone, or of the workflow's", async () => {
  const additionalFields = { withdrawAt: "2030-01-15T09:00:00", publishBy: "2030-01-15T08:00:00Z" };
  await publish({ additionalFields });
  await publish({ additionalFields, when: "at", scheduledAt: "2030-01-14T09:00:00", timezone: "Europe/Berlin" });
  assert.deepEqual([sent(0).withdrawAt, sent(0).publishBy, sent(0).timezone], ["2030-01-15T09:00:00+05:30", "2030-01-15T08:00:00Z", undefined]);
  assert.deepEqual([sent(1).withdrawAt, sent(1).timezone], ["2030-01-15T09:00:00", "Europe/Berlin"]);
});

test("a post that waits is moved, by a local time of the workflow's zone, or published now", async () => {
  await execute({ credentials, parameters: { operation: "reschedule", postId: "cnt_1", scheduledAt: "2030-01-15T09:00:00" } });
  await execute({ credentials, parameters: { operation: "publishNow", postId: "cnt_1" } });
  assert.deepEqual(requests.map(({ url }) => url), ["/v1/contents/cnt_1/reschedule", "/v1/contents/cnt_1/publish-now"]);
  assert.deepEqual(sent(), { scheduledAt: "2030-01-15T09:00:00", timezone: "Asia/Kolkata" });
});

test("a list ends at its limit or its last page", async () => {
  const page = (count, nextCursor) => [200, { data: Array(count).fill({ id: "cnt_1" }), nextCursor }];
  const given = { credentials, parameters: { operation: "getAll", returnAll: true, filters: { status: ["failed", "queued"], q: "" } } };
  answers = [page(100, "c1"), page(20, null)];
  assert.equal((await execute(given)).length, 120);
  assert.equal(requests[1].url, "/v1/contents?status=failed&status=queued&limit=100&cursor=c1");
  answers = [page(3, "c1")];
  given.parameters = { operation: "getAll", returnAll: false, limit: 3, filters: {} };
  assert.equal((await execute(given)).length, 3);
});

const URL_ = "https://n8n.example/webhook/1";
const ENDPOINT = { id: "whe_1", url: URL_, brandRef: null, types: ["content.completed"], payload: "full", enabled: true };
const trigger = (kept) => ({ credentials, url: URL_, kept, parameters: { events: ["content.completed"] } });

test("the trigger's endpoint exists only as the node wants it, and is enabled again", async () => {
  const kept = { endpointId: "whe_1", secret: "whsec_x" };
  for (const [endpoint, expected] of [[ENDPOINT, true], [{ ...ENDPOINT, url: "https://old.example" }, false], [{ ...ENDPOINT, types: [] }, false]]) {
    answers = [[200, endpoint]];
    assert.equal(await hook("checkExists", trigger(kept)), expected);
  }
  answers = [[404, PROBLEM]];
  assert.equal(await hook("checkExists", trigger(kept)), false);
  assert.equal(await hook("checkExists", trigger({})), false);
  answers = [[500, PROBLEM]];
  await assert.rejects(hook("checkExists", trigger(kept)));
  answers = [[200, { ...ENDPOINT, enabled: false }]];
  assert.equal(await hook("checkExists", trigger(kept)), true);
  assert.deepEqual([requests.at(-1).method, requests.at(-1).body.toString()], ["PATCH", '{"enabled":true}']);
});

test("a new endpoint replaces what stands at its address, and a removed one may be gone", async () => {
  const kept = {};
  answers = [[200, { data: [ENDPOINT, { ...ENDPOINT, id: "whe_2", url: "https://other.example" }], nextCursor: null }], [204, ""], [201, { ...ENDPOINT, id: "whe_3", secret: "whsec_y" }]];
  await hook("create", trigger(kept));
  assert.deepEqual(requests.map(({ method, url }) => `${method} ${url}`), ["GET /v1/webhooks/endpoints?limit=100", "DELETE /v1/webhooks/endpoints/whe_1", "POST /v1/webhooks/endpoints"]);
  assert.deepEqual(kept, { endpointId: "whe_3", secret: "whsec_y" });
  answers = [[404, PROBLEM]];
  assert.equal(await hook("delete", trigger(kept)), true);
  assert.deepEqual(kept, {});
});
