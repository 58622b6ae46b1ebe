import assert from "node:assert/strict";
import { test } from "node:test";
import { Munadi, NotReachableError, ProblemError, responseOf } from "../dist/esm/index.js";
import { CUT, OK, page, problem, serving } from "./serving.mjs";

test("a POST whose answer was lost is repeated with the same key and body", () =>
  serving([null, OK], async (munadi, requests) => {
    const made = await munadi.contents.create({ brandRef: "acme", text: "नमस्ते", channels: ["bluesky"] });
    assert.equal(made.id, "cnt_1");
    assert.equal(requests.length, 2);
    assert.equal(requests[0].headers["idempotency-key"], requests[1].headers["idempotency-key"]);
    assert.match(requests[0].headers["idempotency-key"], /^"[0-9a-f-]{36}"$/);
    assert.deepEqual(requests[0].body, requests[1].body);
    assert.equal(requests[0].headers.authorization, "Bearer mk_test");
  }));

test("lists repeat a parameter's name, and an object has names in brackets", () =>
  serving([OK], async (munadi, requests) => {
    await munadi.contents.list({ id: ["cnt_1", "cnt_2"], metadata: { campaign: "diwali" }, limit: 2, cursor: undefined });
    const asked = new URL(requests[0].url, "http://munadi").searchParams;
    const lists = [["id", "cnt_1"], ["id", "cnt_2"]];
    assert.deepEqual([...asked], [...lists, ["metadata[campaign]", "diwali"], ["limit", "2"]]);
  }));

test("a change without a key is sent once, whatever happens", () =>
  serving([null], async (munadi, requests) => {
    const change = munadi.contents.update("cnt_1", { text: "new" }, { ifMatch: 3 });
    await assert.rejects(change, (error) => error instanceof NotReachableError && error.idempotencyKey === null);
    assert.equal(requests.length, 1);
    assert.equal(requests[0].headers["if-match"], '"3"');
    await assert.rejects(munadi.accounts.disconnect("acc_1"), NotReachableError);
    assert.equal(requests.length, 2);
  }));

test("what the API refuses is not repeated, and says what is wrong", () => {
  const errors = [{ pointer: "/text", rule: "max_graphemes", limit: 300, actual: 301 }];
  return serving([problem(422, { code: "VALIDATION_FAILED", errors })], async (munadi, requests) => {
    await assert.rejects(munadi.contents.create({ text: "x" }), (error) => {
      assert.ok(error instanceof ProblemError);
      assert.deepEqual([error.status, error.code, error.violations], [422, "VALIDATION_FAILED", errors]);
      return true;
    });
    assert.equal(requests.length, 1);
  });
});

test("429 and a first try that is still in flight are waited for", () =>
  serving([problem(429, { headers: { "retry-after": "0" } }), problem(409, { headers: { "retry-after": "0" } }), OK],
    async (munadi, requests) => {
      await munadi.contents.cancel("cnt_1");
      assert.equal(requests.length, 3);
    }));

test("a 409 without Retry-After, and a wait of hours, are the caller's to decide", () =>
  serving([problem(409), problem(429, { headers: { "retry-after": "86400" } })], async (munadi, requests) => {
    await assert.rejects(munadi.contents.cancel("cnt_1"), { status: 409 });
    await assert.rejects(munadi.contents.cancel("cnt_1"), (error) => error.status === 429 && error.retryAfter === 86400);
    assert.equal(requests.length, 2);
  }));

for (const status of [502, 503, 504]) {
  test(`a ${status} is repeated with the same key; a read as well`, () =>
    serving([page(status), page(status), OK, page(status), OK], async (munadi, requests) => {
      assert.equal((await munadi.contents.create({ brandRef: "acme", text: "x", channels: ["bluesky"] })).id, "cnt_1");
      assert.equal(new Set(requests.map((each) => each.headers["idempotency-key"])).size, 1);
      assert.equal(requests.length, 3);
      await munadi.contents.get("cnt_1");
      assert.equal(requests.length, 5);
    }));

  test(`a change without a key is not repeated after a ${status}`, () =>
    serving([page(status)], async (munadi, requests) => {
      await assert.rejects(munadi.contents.update("cnt_1", { text: "new" }, { ifMatch: 3 }), { status });
      await assert.rejects(munadi.accounts.disconnect("acc_1"), { status });
      assert.equal(requests.length, 2);
    }));
}

test("Retry-After is obeyed, in seconds and as a date", async () => {
  const date = new Date(Date.UTC(2031, 4, 3, 2, 1, 0));
  const dated = { date: date.toUTCString(), "retry-after": new Date(date.getTime() + 1000).toUTCString() };
  for (const headers of [{ "retry-after": "1" }, dated]) {
    await serving([[503, headers, ""], OK], async (munadi, requests) => {
      await munadi.contents.get("cnt_1");
      assert.equal(requests.length, 2);
      const waited = requests[1].at - requests[0].at;
      assert.ok(waited >= 990 && waited < 3000, `${waited}`);
    });
  }
});

test("an unreadable Retry-After is not obeyed", () =>
  serving([[503, { "retry-after": "-5" }, ""], [503, { "retry-after": "soon" }, ""], OK], async (munadi, requests) => {
    await munadi.contents.get("cnt_1");
    assert.ok(requests[2].at - requests[0].at < 3000);
  }));

test("an API that stays away ends after five tries, with its last answer", async () => {
  await serving([null], async (munadi, requests) => {
    await assert.rejects(munadi.contents.get("cnt_1"), NotReachableError);
    assert.equal(requests.length, 5);
  });
  await serving([page(502)], async (munadi, requests) => {
    await assert.rejects(munadi.contents.get("cnt_1"), (error) => error.status === 502 && error.code === null);
    assert.equal(requests.length, 5);
  });
});

test("an answer that is cut off is no answer, and is repeated", () =>
  serving([CUT, OK], async (munadi, requests) => {
    assert.equal((await munadi.contents.cancel("cnt_1")).id, "cnt_1");
    assert.equal(requests[0].headers["idempotency-key"], requests[1].headers["idempotency-key"]);
  }));

test("a page of a proxy is a problem, also with 200", () =>
  serving([page(200)], async (munadi, requests) => {
    await assert.rejects(munadi.contents.get("cnt_1"), (error) => error instanceof ProblemError && error.code === null);
    assert.equal(requests.length, 1);
  }));

test("unknown fields and values are passed on", () =>
  serving([[200, {}, { id: "cnt_1", status: "archived", shelf: 7 }]], async (munadi) => {
    assert.deepEqual(await munadi.contents.get("cnt_1"), { id: "cnt_1", status: "archived", shelf: 7 });
  }));

test("an iterator reads page after page, and lists become repeated parameters", () =>
  serving([[200, {}, { data: [{ id: "a" }, { id: "b" }], nextCursor: "next" }], [200, {}, { data: [{ id: "c" }], nextCursor: null }]],
    async (munadi, requests) => {
      const found = [];
      for await (const each of munadi.contents.listAll({ status: ["failed", "unconfirmed"], brandRef: "acme" })) found.push(each.id);
      assert.deepEqual(found, ["a", "b", "c"]);
      assert.equal(requests[1].url, "/v1/contents?status=failed&status=unconfirmed&brandRef=acme&cursor=next");
    }));

test("a path is encoded, and a call ends with its signal", () =>
  serving([null], async (munadi, requests) => {
    const stop = new AbortController();
    const call = munadi.contents.get("../keys", {}, { signal: stop.signal });
    setTimeout(() => stop.abort(new Error("enough")), 100);
    await assert.rejects(call, /enough/);
    assert.equal(requests[0].url, "/v1/contents/..%2Fkeys");
  }));

test("without an address or a key there is a clear error", () => {
  const before = { ...process.env };
  delete process.env.MUNADI_URL;
  delete process.env.MUNADI_API_KEY;
  try {
    assert.throws(() => new Munadi(), /MUNADI_URL/);
    assert.throws(() => new Munadi({ url: "munadi.example", apiKey: "mk_test" }), /"munadi.example" is not an address/);
  } finally {
    Object.assign(process.env, before);
  }
});

test("an answer's request id, version, limits and whether it is a repeat can be read", () => {
  const limits = {
    ratelimit: '"apiCallsPerMinute";r=3;t=12, "apiCallsPerMonth";r=990',
    "ratelimit-policy": '"apiCallsPerMinute";q=60;w=60, "apiCallsPerMonth";q=1000;w=2678400',
  };
  const headers = { "x-request-id": "req_1", "idempotent-replayed": "true", etag: '"3-ab"', ...limits };
  return serving([[202, headers, { id: "cnt_1" }], problem(409, { headers })], async (munadi) => {
    const made = await munadi.contents.create({ brandRef: "acme", text: "x", channels: ["bluesky"] });
    const perMinute = { remaining: 3, quota: 60, resetSeconds: 12 };
    const perMonth = { remaining: 990, quota: 1000, resetSeconds: null };
    const known = { requestId: "req_1", etag: '"3-ab"', limits: { apiCallsPerMinute: perMinute, apiCallsPerMonth: perMonth } };
    assert.deepEqual(responseOf(made), { status: 202, replayed: true, ...known });
    assert.deepEqual(made, { id: "cnt_1" });
    await assert.rejects(munadi.contents.cancel("cnt_1"), (error) => {
      assert.deepEqual(error.response, { status: 409, replayed: true, ...known });
      return true;
    });
    assert.equal(responseOf({}), undefined);
  });
});

test("an answer without such headers has none of it", () =>
  serving([OK], async (munadi) => {
    const metadata = responseOf(await munadi.contents.get("cnt_1"));
    assert.deepEqual(metadata, { status: 200, requestId: null, replayed: false, etag: null, limits: {} });
  }));

test("a client, and a call, repeat as often as they are told", () =>
  serving([page(502)], async (munadi, requests) => {
    await assert.rejects(munadi.contents.get("cnt_1", {}, { retries: 1 }), { status: 502 });
    assert.equal(requests.length, 2);
    const url = munadi.http.url;
    await assert.rejects(new Munadi({ url, apiKey: "mk_test", retries: 0 }).contents.get("cnt_1"), { status: 502 });
    assert.equal(requests.length, 3);
  }));

test("another number of repeats is refused before anything is sent", () =>
  serving([OK], async (munadi, requests) => {
    const url = munadi.http.url;
    for (const retries of [-1, 5, 1.5, NaN, "3"]) {
      const refused = { name: "TypeError", message: `retries is 0 to 4, not ${retries}` };
      assert.throws(() => new Munadi({ url, apiKey: "mk_test", retries }), refused);
      await assert.rejects(munadi.contents.get("cnt_1", {}, { retries }), refused);
    }
    assert.equal(requests.length, 0);
  }));

test("a redirect is not followed, because the key would go with it", () =>
  serving([[302, { location: "/elsewhere" }]], async (munadi, requests) => {
    await assert.rejects(munadi.contents.get("cnt_1"), { status: 302 });
    assert.deepEqual(requests.map((each) => each.url), ["/v1/contents/cnt_1"]);
  }));
