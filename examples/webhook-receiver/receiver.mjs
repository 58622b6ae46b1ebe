// A receiver of Munadi's webhooks in Node, without packages: each event once, in order, though they come twice and out of
// order.
//
//     MUNADI_WEBHOOK_SECRET=whsec_… node receiver.mjs
//
// The inbox is a file of one event a line. The answer is sent once the line is on disk. At its start the receiver reads the
// file again, so that its state after a crash is that of every event it answered for.
import { createHmac, timingSafeEqual } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { createServer } from "node:http";

const SECRET = process.env.MUNADI_WEBHOOK_SECRET;
const INBOX = process.env.RECEIVER_INBOX ?? "inbox.jsonl";
const LIMIT = 4 * 1024 * 1024;
const seen = new Set();
const posts = new Map();

function verified(secret, headers, body, tolerance = 300) {
  const id = headers["webhook-id"], sent = headers["webhook-timestamp"];
  if (!(Math.abs(Date.now() / 1000 - Number(sent)) <= tolerance)) throw new Error("the timestamp is too far away");
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const expected = createHmac("sha256", key).update(`${id}.${sent}.`).update(body).digest();
  const matches = (headers["webhook-signature"] ?? "").split(" ").some((each) => {
    const [version, text] = each.split(",");
    const given = Buffer.from(text ?? "", "base64");
    return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!matches) throw new Error("no signature matches");
  return JSON.parse(body.toString());
}

// Yours to change: this one keeps the newest state of each post. `sequence` counts a post's events, so an older event that
// comes late does not overwrite a newer state.
function handle(event) {
  const content = event.data.content;
  if (!content) return; // an event of an account or an endpoint, or a thin one
  const known = posts.get(event.contentId) ?? { status: null, sequence: 0, handled: 0 };
  const newest = event.sequence > known.sequence ? { status: content.status, sequence: event.sequence } : {};
  posts.set(event.contentId, { ...known, ...newest, handled: known.handled + 1 });
}

function once(event) {
  if (seen.has(event.id)) return;
  seen.add(event.id);
  handle(event);
}

// A line that a crash cut short was never answered for: Munadi sends its event again.
function whole(line) {
  try { return [JSON.parse(line)]; } catch { return []; }
}

if (existsSync(INBOX)) readFileSync(INBOX, "utf8").split("\n").flatMap(whole).forEach(once);
const inbox = openSync(INBOX, "a");
writeSync(inbox, "\n");

function receive(request, body) {
  let event;
  try { event = verified(SECRET, request.headers, body); } catch { return 401; }
  if (!seen.has(event.id)) {
    writeSync(inbox, JSON.stringify(event) + "\n");
    fsyncSync(inbox);
    once(event);
  }
  return 204;
}

const server = createServer((request, response) => {
  if (request.method === "GET") {
    const found = posts.get(request.url.replace("/posts/", "")) ?? { status: null, sequence: 0, handled: 0 };
    return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(found));
  }
  const parts = [];
  let size = 0;
  request.on("data", (part) => {
    size += part.length;
    if (size > LIMIT) request.destroy();
    else parts.push(part);
  });
  request.on("end", () => response.writeHead(receive(request, Buffer.concat(parts))).end());
});
server.listen(Number(process.env.PORT ?? 8080), process.env.HOST ?? "127.0.0.1");
process.on("SIGTERM", () => { closeSync(inbox); process.exit(0); });
