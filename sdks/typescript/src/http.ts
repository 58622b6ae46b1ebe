import { randomUUID } from "node:crypto";
import { NotReachableError, ProblemError, type ProblemDetails } from "./errors.js";

type Value = string | number | boolean | readonly (string | number)[] | Readonly<Record<string, string>> | null;
export type Query = Record<string, Value | undefined>;

/** What any call takes besides its own arguments. */
export interface CallOptions {
  /** For a POST: the same key and body have one effect. Absent: a new key for each call. */
  idempotencyKey?: string;
  /** The `ETag`, or the version, that a change is based on. */
  ifMatch?: string | number;
  /** Ends the call early. */
  signal?: AbortSignal;
}

export interface Parts extends CallOptions {
  body?: unknown;
  query?: Query;
}

export type Send = <T>(method: string, path: string, parts?: Parts) => Promise<T>;

export interface ClientOptions {
  /** The API's address; without it `MUNADI_URL`. */
  url?: string;
  /** Without it `MUNADI_API_KEY`. */
  apiKey?: string;
  /** Milliseconds that one try may take. */
  timeout?: number;
  /** In place of the global `fetch`. */
  fetch?: typeof fetch;
}

// Milliseconds between tries: a dead server is reported soon, a restarting one is usually back.
const PAUSES = [200, 500, 1000];
const LONGEST_WAIT = 10_000;

/** Sends requests. One is repeated only if it is a read or carries an idempotency key. */
export class Http {
  private readonly url: string;
  private readonly key: string;
  private readonly timeout: number;
  private readonly fetch: typeof fetch;

  constructor(options: ClientOptions = {}) {
    const url = options.url ?? process.env["MUNADI_URL"];
    const key = options.apiKey ?? process.env["MUNADI_API_KEY"];
    if (!url || !key) {
      throw new TypeError("give url and apiKey, or set MUNADI_URL and MUNADI_API_KEY");
    }
    this.url = url.replace(/\/+$/, "");
    this.key = key;
    this.timeout = options.timeout ?? 30_000;
    this.fetch = options.fetch ?? fetch;
  }

  readonly send: Send = async <T>(method: string, path: string, parts: Parts = {}): Promise<T> => {
    const idempotencyKey = method === "POST" ? (parts.idempotencyKey ?? randomUUID()) : null;
    const again = method === "GET" || idempotencyKey !== null;
    for (let tries = 0; ; tries++) {
      const pause = again ? PAUSES[tries] : undefined;
      let answer: Response;
      try {
        answer = await this.once(method, path, parts, idempotencyKey);
      } catch (error) {
        parts.signal?.throwIfAborted();
        if (pause === undefined) throw new NotReachableError(this.url, idempotencyKey, error);
        await sleep(pause, parts.signal);
        continue;
      }
      if (answer.ok) return await read<T>(answer);
      const wait = pause === undefined ? undefined : delay(answer, pause);
      if (wait === undefined) throw await problem(answer);
      await answer.body?.cancel();
      await sleep(wait, parts.signal);
    }
  };

  private once(method: string, path: string, parts: Parts, idempotencyKey: string | null): Promise<Response> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.key}`, accept: "application/json" };
    if (idempotencyKey !== null) headers["idempotency-key"] = `"${idempotencyKey.replace(/[\\"]/g, "\\$&")}"`;
    if (parts.ifMatch !== undefined) headers["if-match"] = entityTag(parts.ifMatch);
    const init: RequestInit = { method, headers, redirect: "error" };
    const limit = AbortSignal.timeout(this.timeout);
    init.signal = parts.signal ? AbortSignal.any([parts.signal, limit]) : limit;
    if (parts.body instanceof FormData) {
      init.body = parts.body;
    } else if (parts.body !== undefined) {
      headers["content-type"] = "application/json";
      init.body = JSON.stringify(parts.body);
    }
    return this.fetch(this.url + path + search(parts.query), init);
  }
}

/** Waits; ends early, with an error, when the signal is aborted. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const ended = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", ended);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", ended, { once: true });
  });
}

function search(query: Query = {}): string {
  const found = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const [key, one] of named(name, value)) {
      if (one !== undefined && one !== null) found.append(key, String(one));
    }
  }
  return found.size ? `?${found}` : "";
}

/** A parameter with its values: a list repeats its name, an object has names in brackets. */
function named(name: string, value: Value | undefined): [string, unknown][] {
  if (Array.isArray(value)) return value.map((one): [string, unknown] => [name, one]);
  if (typeof value !== "object" || value === null) return [[name, value]];
  return Object.entries(value).map(([key, one]): [string, unknown] => [`${name}[${key}]`, one]);
}

function entityTag(version: string | number): string {
  const text = String(version);
  return text === "*" || text.endsWith('"') ? text : `"${text}"`;
}

/** Milliseconds until the next try; undefined when this answer is the last word. */
function delay(answer: Response, pause: number): number | undefined {
  const seconds = answer.headers.get("retry-after");
  // A 409 with Retry-After: our earlier try with this key is still in flight. 429: too many calls, none was made.
  const busy = answer.status === 503 || ((answer.status === 409 || answer.status === 429) && seconds !== null);
  if (!busy) return undefined;
  if (seconds === null || !/^\d+$/.test(seconds)) return pause;
  // A wait that is longer than a call should take is the caller's decision.
  return Number(seconds) * 1000 > LONGEST_WAIT ? undefined : Number(seconds) * 1000;
}

async function read<T>(answer: Response): Promise<T> {
  const text = await answer.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

async function problem(answer: Response): Promise<ProblemError> {
  const seconds = answer.headers.get("retry-after");
  const retryAfter = seconds !== null && /^\d+$/.test(seconds) ? Number(seconds) : null;
  const text = await answer.text();
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    found = undefined; // a proxy's page
  }
  if (found !== null && typeof found === "object" && "title" in found) {
    return new ProblemError(found as ProblemDetails, retryAfter);
  }
  const detail = `this is not an answer of Munadi's API: ${JSON.stringify(text.slice(0, 200))}`;
  const made = { type: "about:blank", title: answer.statusText || "Unexpected answer", status: answer.status, detail };
  return new ProblemError({ ...made, code: null }, retryAfter);
}
