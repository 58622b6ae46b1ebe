// Calls the REST API with the session's token, and with an idempotency key for every POST.

import { _ } from "./language.js";

const TRIES = 3;

export const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

/**
 * A problem from the API: `code`, `errors` with a pointer each into the request, and the new `etag` after a conflict.
 */
export class Problem extends Error {
  constructor(body, status, etag = null) {
    super(body.detail ?? body.title ?? _("The server returned %(status)s.", { status }));
    this.status = status;
    this.code = body.code ?? "";
    this.errors = body.errors ?? [];
    this.requestId = body.requestId ?? "";
    this.etag = etag;
  }
}

/**
 * Call the API: `await api("POST", "/v1/contents/cnt_…/cancel")`. `body` is sent as JSON, a FormData as it is.
 * Returns the response's JSON, or null. Throws Problem. Without a valid session it opens the sign-in page.
 */
export async function api(method, path, body, headers = {}) {
  const sent = { Accept: "application/json", "X-CSRF-Token": meta("csrf"), ...headers };
  const isForm = body instanceof FormData;
  if (body !== undefined && !isForm) sent["Content-Type"] = "application/json";
  if (method === "POST") sent["Idempotency-Key"] ??= newKey();
  const options = { method, headers: sent, body: body === undefined || isForm ? body : JSON.stringify(body) };
  const answer = await repeated(path, options);
  const received = await read(answer);
  if (answer.status === 401) {
    dispatchEvent(new Event("signing-in")); // a page may save what was typed
    location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
  if (!answer.ok) throw new Problem(received ?? {}, answer.status, answer.headers.get("ETag"));
  return received;
}

/** An idempotency key for one action of a person. Works without a secure context, too. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// A request may have arrived although its connection broke. Only requests with a key, or without effect, are repeated.
async function repeated(path, options) {
  const tries = options.method === "POST" || options.method === "GET" ? TRIES : 1;
  for (let made = 1; ; made += 1) {
    try {
      return await fetch(path, options);
    } catch (error) {
      if (made >= tries) throw new Problem({ detail: _("The server is not responding. We don’t know whether your change was saved.") }, 0);
      await new Promise((done) => setTimeout(done, 400 * made));
    }
  }
}

async function read(answer) {
  const text = await answer.text();
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return { detail: _("The server returned %(status)s without an explanation.", { status: answer.status }) };
  }
}
