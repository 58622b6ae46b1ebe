// Calls of the REST API as the signed-in key: with the session's token, and an idempotency key for every POST.

const TRIES = 3;

export const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

/**
 * What the API refused: `code`, `errors` with a pointer each into what was sent, `etag` when the thing has changed.
 */
export class Problem extends Error {
  constructor(told, status, etag = null) {
    super(told.detail ?? told.title ?? `The answer was ${status}.`);
    this.status = status;
    this.code = told.code ?? "";
    this.errors = told.errors ?? [];
    this.requestId = told.requestId ?? "";
    this.etag = etag;
  }
}

/**
 * Call the API: `await api("POST", "/v1/contents/cnt_…/cancel")`. `body` is sent as JSON, a FormData as it is.
 * Gives the answer's JSON, or null. Throws Problem; when there is no session any more, the page goes to the sign-in.
 */
export async function api(method, path, body, headers = {}) {
  const sent = { Accept: "application/json", "X-CSRF-Token": meta("csrf"), ...headers };
  const isForm = body instanceof FormData;
  if (body !== undefined && !isForm) sent["Content-Type"] = "application/json";
  if (method === "POST") sent["Idempotency-Key"] ??= newKey();
  const options = { method, headers: sent, body: body === undefined || isForm ? body : JSON.stringify(body) };
  const answer = await repeated(path, options);
  const told = await read(answer);
  if (answer.status === 401) {
    dispatchEvent(new Event("signing-in")); // a page may keep what was typed
    location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
  if (!answer.ok) throw new Problem(told ?? {}, answer.status, answer.headers.get("ETag"));
  return told;
}

/** A key for one wish of a person; asking again with it is safe. Works without a secure context, too. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// A connection that broke may have brought the wish there: only what has a key, or changes nothing, is asked again.
async function repeated(path, options) {
  const tries = options.method === "POST" || options.method === "GET" ? TRIES : 1;
  for (let made = 1; ; made += 1) {
    try {
      return await fetch(path, options);
    } catch (error) {
      if (made >= tries) throw new Problem({ detail: "The server does not answer. Nothing is known to have changed." }, 0);
      await new Promise((done) => setTimeout(done, 400 * made));
    }
  }
}

async function read(answer) {
  const text = await answer.text();
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return { detail: `The server answered ${answer.status} without saying why.` };
  }
}
