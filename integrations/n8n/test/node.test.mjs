// The node over a server that answers what the test says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { execute } from "./harness.mjs";
import { PROBLEM, credentials, said } from "./server.mjs";

const POST = { operation: "publish", brandRef: "acme", channels: ["bluesky:acc_1"], text: "Hello", when: "now" };
const publish = (more = {}, given = {}) => execute({ credentials, parameters: { ...POST, ...more }, ...given });
const sent = (index = 0) => JSON.parse(said.requests[index].body);
const keys = () => said.requests.map(({ headers }) => headers["idempotency-key"]);
test("a post goes to the chosen account with the key, and its answer is paired with the item", async () => {
  const found = await publish({ overrides: '{"bluesky": {"firstComment": "#sale"}}' });
  assert.deepEqual(sent(), { brandRef: "acme", channels: [{ channel: "bluesky", accountId: "acc_1", firstComment: "#sale" }], text: "Hello" });
  assert.equal(said.requests[0].headers.authorization, "Bearer mun_key");
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
  said.answers = [[201, { id: "med_1" }], [202, { id: "cnt_1" }]];
  const binary = { data: { data: Buffer.from("bytes").toString("base64"), mimeType: "image/png", fileName: 'a"b.png' } };
  const media = { values: [{ source: "binary", binaryPropertyName: "data", alt: "A" }, { source: "url", url: "https://x.example/a.jpg" }] };
  await publish({ media }, { items: [{ json: {}, binary }] });
  const form = said.requests[0].body.toString();
  assert.match(form, /name="brandRef"\r\n\r\nacme\r\n/);
  assert.match(form, /name="file"; filename="a%22b.png"\r\ncontent-type: image\/png\r\n\r\nbytes\r\n--/);
  assert.deepEqual(sent(1).media, [{ id: "med_1", alt: "A" }, { url: "https://x.example/a.jpg" }]);
  assert.notEqual(keys()[0], keys()[1]);
});

test("a problem becomes the error's title, detail, broken rules, advice and address", async () => {
  const errors = [...PROBLEM.errors, ...Array(5).fill({ pointer: "/link", message: "wrong" })];
  said.answers = [[422, { ...PROBLEM, code: "INVALID_REQUEST", errors }, { "content-type": "application/problem+json" }]];
  await assert.rejects(publish(), (error) => {
    assert.equal(error.constructor.name, "NodeApiError");
    assert.equal(error.message, "The post is invalid");
    const [detail, first, , , , fifth, more, advice, address, ...others] = error.description.split("\n");
    assert.deepEqual([detail, first, fifth], ["Correct the fields.", "/text: too long (limit 300, sent 412)", "/link: wrong"]);
    assert.match(more, /^and 1 more/);
    assert.match(advice, /^What to do: Correct everything/);
    assert.equal(address, `Explained at ${credentials.baseUrl.slice(0, -1)}${PROBLEM.type}`);
    assert.deepEqual(others, []);
    assert.equal(error.httpCode, "422");
    assert.equal(error.context.itemIndex, 0);
    return true;
  });
});

test("a failure of the server names its entry in the log", async () => {
  said.answers = [[500, { title: "Internal error", detail: "something went wrong", code: "INTERNAL_ERROR", type: "about:blank", requestId: "req_1" }]];
  await assert.rejects(publish(), (error) => {
    assert.match(error.description, /What to do: Look for the requestId/);
    assert.match(error.description, /In Munadi's log it is req_1\.$/);
    return true;
  });
});

test("an item that fails is passed on beside the others when the node continues on failure", async () => {
  said.answers = [[422, PROBLEM], [202, { id: "cnt_2" }]];
  const found = await publish({}, { items: [{ json: {} }, { json: {} }], continueOnFail: true });
  assert.equal(found[0].json.problem.code, "CONTENT_INVALID");
  assert.equal(found[0].error.message, "The post is invalid");
  assert.deepEqual(found.map(({ pairedItem }) => pairedItem.item), [0, 1]);
  assert.deepEqual(found[1].json, { id: "cnt_2" });
});

test("no answer, a redirect and a page that is not the API's are errors that say what to do", async () => {
  said.answers = [[0], [302, "", { location: "/login" }], [200, "<html>"], [502, "<html>"]];
  await assert.rejects(publish(), { message: "Munadi did not answer", description: /without a second effect/ });
  await assert.rejects(publish(), { description: /not an answer of Munadi/, httpCode: "302" });
  await assert.rejects(publish(), { description: /not an answer of Munadi/ });
  await assert.rejects(publish(), { description: /not an answer of Munadi/, httpCode: "502" });
  assert.equal(said.requests.length, 4);
});

test("wrong JSON and overrides of a channel that is not chosen are refused before anything is sent", async () => {
  await assert.rejects(publish({ overrides: "{" }), { message: "Overrides is not JSON" });
  await assert.rejects(publish({ overrides: "[]" }), { message: /Overrides must be a JSON object/ });
  await assert.rejects(publish({ overrides: '{"threads": {}}' }), { message: /"threads", to which the post does not go/ });
  await assert.rejects(publish({ additionalFields: { metadata: "1" } }), { message: /Metadata must be a JSON object/ });
  assert.equal(said.requests.length, 0);
});

test("a live post, or one publication, is withdrawn with a key, and a publication's receipt is read", async () => {
  said.answers = [[202, { id: "cnt_1" }], [202, { id: "pub_1" }], [200, { receipt: "e30.e30.x", claims: {} }]];
  const act = (operation, more) => execute({ credentials, parameters: { operation, ...more } });
  await act("withdraw", { postId: " cnt_1 " });
  await act("withdrawPublication", { publicationId: "pub_1" });
  const [receipt] = await act("getReceipt", { publicationId: "pub_1" });
  assert.deepEqual(said.requests.map(({ method, url }) => `${method} ${url}`), ["POST /v1/contents/cnt_1/withdraw", "POST /v1/publications/pub_1/withdraw", "GET /v1/publications/pub_1/receipt"]);
  assert.deepEqual(keys().map((key) => key !== undefined), [true, true, false]);
  assert.equal(receipt.json.receipt, "e30.e30.x");
});

test("a live publication is read and edited, with what was chosen alone", async () => {
  said.answers = [[202, { id: "pub_1" }]];
  const edit = (changes) => execute({ credentials, parameters: { operation: "editPublication", publicationId: "pub_1", changes } });
  await edit({ text: "Corrected", link: "", altTexts: ["Red"], options: '{"contentWarning": null}' });
  await edit({ title: "A title" });
  await assert.rejects(edit({ options: "[]" }), { message: /Options must be a JSON object/ });
  await execute({ credentials, parameters: { operation: "getPublication", publicationId: "pub_1" } });
  assert.deepEqual(said.requests.map(({ method, url }) => `${method} ${url}`), ["POST /v1/publications/pub_1/edit", "POST /v1/publications/pub_1/edit", "GET /v1/publications/pub_1"]);
  assert.deepEqual([sent(0), sent(1)], [{ text: "Corrected", link: "", altTexts: ["Red"], options: { contentWarning: null } }, { title: "A title" }]);
  assert.deepEqual(keys().map((key) => key !== undefined), [true, true, false]);
});

test("a post's time to end is set in the workflow's zone or removed, on the version that was read", async () => {
  said.answers = [[200, { id: "cnt_1", version: 3 }]];
  const set = (withdrawAt) => execute({ credentials, parameters: { operation: "setWithdrawAt", postId: "cnt_1", withdrawAt } });
  for (const at of ["2030-01-15T09:00:00", "2030-01-15T09:00:00Z", ""]) await set(at);
  const changes = said.requests.filter(({ method }) => method === "PATCH");
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
  assert.deepEqual(said.requests.map(({ url }) => url), ["/v1/contents/cnt_1/reschedule", "/v1/contents/cnt_1/publish-now"]);
  assert.deepEqual(sent(), { scheduledAt: "2030-01-15T09:00:00", timezone: "Asia/Kolkata" });
});

test("a post is edited with what was chosen alone, on the version that was read or given", async () => {
  said.answers = [[200, { id: "cnt_1", brandRef: "acme", version: 3 }]];
  const edit = (changes, version = "") => execute({ credentials, parameters: { operation: "editPost", postId: "cnt_1", changes, version } });
  await edit({ text: "Corrected", link: "", withdrawAt: "2030-01-15T09:00:00" });
  await edit({ overrides: '{"instagram:acc_2": {"text": "Shorter"}, "bluesky": {"link": null}}' }, 2);
  await edit({ media: { values: [] } }, '"3-5f0c"');
  const changes = said.requests.filter(({ method }) => method === "PATCH");
  assert.deepEqual(changes.map(({ headers }) => headers["if-match"]), ['"3"', '"2"', '"3-5f0c"']);
  assert.deepEqual(changes.map(({ body }) => JSON.parse(body)), [
    { link: null, text: "Corrected", withdrawAt: "2030-01-15T09:00:00+05:30" },
    { channels: [{ channel: "instagram", accountId: "acc_2", text: "Shorter" }, { channel: "bluesky", link: null }] },
    { media: [] },
  ]);
});

test("new files of a post are uploaded for its brand", async () => {
  said.answers = [[200, { id: "cnt_1", brandRef: "acme", version: 3 }], [201, { id: "med_1" }], [200, { id: "cnt_1" }]];
  const binary = { data: { data: Buffer.from("bytes").toString("base64"), mimeType: "image/png" } };
  const changes = { media: { values: [{ source: "binary", binaryPropertyName: "data" }] } };
  await execute({ credentials, items: [{ json: {}, binary }], parameters: { operation: "editPost", postId: "cnt_1", changes } });
  assert.deepEqual(said.requests.map(({ method, url }) => `${method} ${url}`), ["GET /v1/contents/cnt_1", "POST /v1/media", "PATCH /v1/contents/cnt_1"]);
  assert.match(said.requests[1].body.toString(), /name="brandRef"\r\n\r\nacme/);
  assert.deepEqual(sent(2), { media: [{ id: "med_1" }] });
});

test("what waits is moved, published or canceled only in the version that is given", async () => {
  const parameters = { postId: "cnt_1", version: "3", scheduledAt: "2030-01-15T09:00:00", timezone: "Europe/Berlin" };
  for (const operation of ["reschedule", "publishNow", "cancel"]) {
    const additionalFields = { publishBy: "2030-01-15T12:00:00", fold: "later" };
    await execute({ credentials, parameters: { ...parameters, operation, additionalFields } });
  }
  assert.deepEqual(said.requests.map(({ headers }) => headers["if-match"]), ['"3"', '"3"', '"3"']);
  assert.deepEqual(sent(), { fold: "later", publishBy: "2030-01-15T12:00:00", scheduledAt: "2030-01-15T09:00:00", timezone: "Europe/Berlin" });
});

test("a draft is saved unfinished, edited, submitted with a key, and deleted", async () => {
  const saved = { id: "drf_1", brandRef: "acme", version: 2, content: { brandRef: "acme", timezone: "Europe/Berlin" } };
  said.answers = [[201, saved], [200, saved], [200, saved], [202, { id: "cnt_1" }], [204, ""]];
  const act = (operation, more) => execute({ credentials, parameters: { operation, ...more } });
  await act("createDraft", { brandRef: "acme", text: "Monsoon", when: "now" });
  const changes = { channels: ["bluesky:acc_1"], overrides: '{"bluesky": {"text": "Short"}}', scheduledAt: "2030-01-15T09:00:00", text: "" };
  await act("editDraft", { draftId: "drf_1", changes });
  await act("submitDraft", { draftId: "drf_1", version: "2" });
  const deleted = await act("deleteDraft", { draftId: "drf_1" });
  assert.deepEqual(said.requests.map(({ method, url }) => `${method} ${url}`), [
    "POST /v1/drafts", "GET /v1/drafts/drf_1", "PATCH /v1/drafts/drf_1", "POST /v1/drafts/drf_1/submit", "DELETE /v1/drafts/drf_1",
  ]);
  assert.deepEqual(sent(0), { brandRef: "acme", channels: [], text: "Monsoon" });
  assert.deepEqual(sent(2), { scheduledAt: "2030-01-15T09:00:00", text: null, channels: [{ channel: "bluesky", accountId: "acc_1", text: "Short" }] });
  assert.deepEqual(said.requests.map(({ headers }) => headers["if-match"]), [undefined, undefined, '"2"', '"2"', undefined]);
  assert.deepEqual(keys().map((key) => key !== undefined), [true, false, false, true, false]);
  assert.deepEqual(deleted[0].json, { deleted: true });
});

test("a proposal is approved in the version that is given, or declined with a reason", async () => {
  const act = (operation, more) => execute({ credentials, parameters: { operation, postId: "cnt_1", ...more } });
  await act("approve", { version: 4 });
  await act("approve", { version: 4, note: "Nice" });
  await act("decline", { reason: "On Saturday" });
  await act("decline", { reason: "On Saturday", version: "4" });
  assert.deepEqual(said.requests.map(({ url, headers, body }) => [url.split("/").at(-1), headers["if-match"], body.toString()]), [
    ["approve", '"4"', ""], ["approve", '"4"', '{"note":"Nice"}'], ["decline", undefined, '{"note":"On Saturday"}'], ["decline", '"4"', '{"note":"On Saturday"}'],
  ]);
  assert.ok(keys().every((key) => key !== undefined));
});

test("filters are what the API takes, and empty ones are not sent", async () => {
  said.answers = [[200, { data: [], nextCursor: null }]];
  const filters = { metadata: '{"campaign": "diwali"}', held: true, id: [], since: "2030-01-15T09:00:00", status: ["failed"], q: "" };
  const list = (operation, given) => execute({ credentials, parameters: { operation, returnAll: true, filters: given } });
  await list("getAll", filters);
  await list("getAllPublications", { accountId: "acc_1", status: ["failed"] });
  await list("getAllDrafts", { brandRef: "acme" });
  assert.deepEqual(said.requests.map(({ url }) => decodeURIComponent(url)), [
    "/v1/contents?held=true&since=2030-01-15T09:00:00+05:30&status=failed&metadata[campaign]=diwali&limit=100",
    "/v1/publications?accountId=acc_1&status=failed&limit=100",
    "/v1/drafts?brandRef=acme&limit=100",
  ]);
});

test("a list ends at its limit or its last page", async () => {
  const page = (count, nextCursor) => [200, { data: Array(count).fill({ id: "cnt_1" }), nextCursor }];
  const given = { credentials, parameters: { operation: "getAll", returnAll: true, filters: { status: ["failed", "queued"], q: "" } } };
  said.answers = [page(100, "c1"), page(20, null)];
  assert.equal((await execute(given)).length, 120);
  assert.equal(said.requests[1].url, "/v1/contents?status=failed&status=queued&limit=100&cursor=c1");
  said.answers = [page(3, "c1")];
  given.parameters = { operation: "getAll", returnAll: false, limit: 3, filters: {} };
  assert.equal((await execute(given)).length, 3);
});
