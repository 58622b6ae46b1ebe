// Runs a worker in workerd, which is what Cloudflare runs, with one request: node workerd.mjs WORKER BODY
import { readFileSync } from "node:fs";
import { Miniflare } from "miniflare";

const [worker, body] = process.argv.slice(2);
const script = readFileSync(worker, "utf8");
const runtime = new Miniflare({ modules: true, script, compatibilityDate: "2026-01-01" });
try {
  const answer = await runtime.dispatchFetch("http://worker.test/", { method: "POST", body: readFileSync(body, "utf8") });
  console.log(await answer.text());
} finally {
  await runtime.dispose();
}
