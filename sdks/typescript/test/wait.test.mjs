import assert from "node:assert/strict";
import { test } from "node:test";
import { NotEndedError, NotReachableError } from "../dist/esm/index.js";
import { OK, page, problem, serving } from "./serving.mjs";

const QUEUED = [200, { "content-type": "application/json" }, { id: "cnt_1", status: "queued", scheduledAt: null }];

test("wait survives an API that is away", () =>
  serving([QUEUED, null, page(502), [503, {}, ""], page(504), null, OK], async (munadi, requests) => {
    assert.equal((await munadi.wait("cnt_1", { timeout: 20_000 })).status, "published");
    assert.equal(requests.length, 7);
  }));

test("wait ends in time with the post as it was last seen", () =>
  serving([QUEUED, null], async (munadi) => {
    const began = Date.now();
    await assert.rejects(munadi.wait("cnt_1", { timeout: 1000 }), (error) => {
      assert.ok(error instanceof NotEndedError && error.cause instanceof NotReachableError);
      assert.deepEqual(error.content, QUEUED[2]);
      assert.match(error.message, /cnt_1 is queued after 1 s; publishing continues/);
      return true;
    });
    assert.ok(Date.now() - began < 2500);
  }));

test("wait for a post that was never seen ends with the last error", () =>
  serving([page(502)], async (munadi) => {
    await assert.rejects(munadi.wait("cnt_1", { timeout: 600 }), { status: 502 });
  }));

test("wait ends at once for a post that does not exist, and with its signal", async () => {
  await serving([problem(404)], async (munadi, requests) => {
    await assert.rejects(munadi.wait("cnt_1"), { status: 404 });
    assert.equal(requests.length, 1);
  });
  await serving([null], async (munadi) => {
    await assert.rejects(munadi.wait("cnt_1", { signal: AbortSignal.timeout(300) }), { name: "TimeoutError" });
  });
});

const tagged = (status, etag) => [200, { "content-type": "application/json", etag }, { id: "cnt_1", status, scheduledAt: null }];

test("wait lets the API answer once the post has changed", () =>
  serving([tagged("queued", '"1-a"'), [304, {}, undefined], tagged("published", '"2-b"')], async (munadi, requests) => {
    assert.equal((await munadi.wait("cnt_1", { timeout: 60_500 })).status, "published");
    assert.deepEqual(requests.map((each) => each.url), ["/v1/contents/cnt_1", ...Array(2).fill("/v1/contents/cnt_1?wait=20")]);
    assert.deepEqual(requests.map((each) => each.headers["if-none-match"]), [undefined, '"1-a"', '"1-a"']);
    assert.ok(requests[1].at - requests[0].at < 200 && requests[2].at - requests[1].at >= 240);
  }));

test("no request waits longer than the time that is left", () =>
  serving([({ headers }) => (headers["if-none-match"] ? [304, {}, undefined] : tagged("queued", '"1-a"'))], async (munadi, requests) => {
    await assert.rejects(munadi.wait("cnt_1", { timeout: 1900 }), NotEndedError);
    const waits = requests.map((each) => new URL(each.url, "http://munadi").searchParams.get("wait"));
    assert.ok(waits.slice(1).every((each) => each === null || each === "1") && waits[1] === "1" && waits.length < 12, waits);
  }));

test("a server that is older than waiting is read at intervals, and so is one without a place to wait", async () => {
  await serving([tagged("queued", '"1-a"'), problem(422), tagged("queued", '"1-a"'), OK], async (munadi, requests) => {
    assert.equal((await munadi.wait("cnt_1")).status, "published");
    assert.deepEqual(requests.map((each) => each.url.includes("wait")), [false, true, false, false]);
  });
  const full = problem(429, { code: "TOO_MANY_WAITING", headers: { "retry-after": "1" } });
  await serving([tagged("queued", '"1-a"'), full, OK], async (munadi, requests) => {
    assert.equal((await munadi.wait("cnt_1")).status, "published");
    assert.ok(requests[2].at - requests[1].at >= 990 && !requests[2].url.includes("wait"));
  });
});
