import { answered, metadataOf } from "./answers.js";
import { NotReachableError, ProblemError, type ProblemDetails } from "./errors.js";
import { newKey } from "./crypto.js";
import { PAUSES, pauseBeforeRepeat, retryAfter } from "./retrying.js";

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
  /** How often this call is repeated at most, in place of the client's `retries`. */
  retries?: number;
}

export interface Parts extends CallOptions {
  body?: unknown;
  query?: Query;
}

/** An answer, with its body whole. */
interface Answer {
  response: Response;
  text: string;
}

export type Send = <T>(method: string, path: string, parts?: Parts) => Promise<T>;

export interface ClientOptions {
  /** The API's address; without it `MUNADI_URL`. */
  url?: string;
  /** Without it `MUNADI_API_KEY`. */
  apiKey?: string;
  /** Milliseconds that one try may take. */
  timeout?: number;
  /** How often a read, and a POST, is repeated at most: 0 to 4; 4 without it. */
  retries?: number;
  /** In place of the global `fetch`. */
  fetch?: typeof fetch;
}

const NOT_JSON = Symbol("not JSON");

/** Sends requests. One is repeated only if it is a read or carries an idempotency key. */
export class Http {
  private readonly url: string;
  private readonly key: string;
  private readonly timeout: number;
  private readonly retries: number;
  private readonly fetch: typeof fetch;

  constructor(options: ClientOptions = {}) {
    const url = options.url ?? setting("MUNADI_URL");
    const key = options.apiKey ?? setting("MUNADI_API_KEY");
    if (!url || !key) {
      throw new TypeError("give url and apiKey, or set MUNADI_URL and MUNADI_API_KEY");
    }
    if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) {
      throw new TypeError(`${JSON.stringify(url)} is not an address that begins with http:// or https://`);
    }
    this.url = url.replace(/\/+$/, "");
    this.key = key;
    this.timeout = options.timeout ?? 30_000;
    this.retries = checkedRetries(options.retries ?? PAUSES.length);
    // Browsers refuse a `fetch` that is called as the method of another object.
    const given = options.fetch ?? fetch;
    this.fetch = (input, init) => given(input, init);
  }

  readonly send: Send = async <T>(method: string, path: string, parts: Parts = {}): Promise<T> => {
    const idempotencyKey = method === "POST" ? (parts.idempotencyKey ?? newKey()) : null;
    const mayRepeat = method === "GET" || idempotencyKey !== null;
    const pauses = mayRepeat ? PAUSES.slice(0, checkedRetries(parts.retries ?? this.retries)) : [];
    for (const pause of pauses) {
      let wait = pause;
      try {
        const answer = await this.once(method, path, parts, idempotencyKey);
        const asked = answer.response.ok ? undefined : pauseBeforeRepeat(answer.response, pause);
        if (asked === undefined) return accepted<T>(answer);
        wait = asked;
      } catch (error) {
        if (!(error instanceof NotReachableError)) throw error;
      }
      await sleep(wait, parts.signal);
    }
    return accepted<T>(await this.once(method, path, parts, idempotencyKey));
  };

  /** A read without repeats, for a caller that repeats it by a rule of its own. */
  readonly readOnce = async <T>(path: string, parts: Parts = {}): Promise<T> =>
    accepted<T>(await this.once("GET", path, parts, null));

  /** What `readOnce` gives; undefined if the answer is 304: its `ETag` is still this one. */
  readonly readUnlessKnown = async <T>(path: string, etag: string, parts: Parts = {}): Promise<T | undefined> => {
    const answer = await this.once("GET", path, parts, null, { "if-none-match": etag });
    return answer.response.status === 304 ? undefined : accepted<T>(answer);
  };

  /** The longest that an answer may be waited for: two thirds of what a try may take, in whole seconds. */
  get longestWait(): number {
    return Math.floor((this.timeout * 2) / 3000);
  }

  /** The answer of one try. Throws NotReachableError, and what the caller's signal gives as its reason. */
  private async once(
    method: string, path: string, parts: Parts, idempotencyKey: string | null, more: Record<string, string> = {},
  ): Promise<Answer> {
    try {
      const response = await this.request(method, path, parts, idempotencyKey, more);
      return { response, text: await response.text() };
    } catch (error) {
      parts.signal?.throwIfAborted();
      throw new NotReachableError(this.url, idempotencyKey, error);
    }
  }

  private request(
    method: string, path: string, parts: Parts, idempotencyKey: string | null, more: Record<string, string>,
  ): Promise<Response> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.key}`, accept: "application/json", ...more };
    if (idempotencyKey !== null) headers["idempotency-key"] = `"${idempotencyKey.replace(/[\\"]/g, "\\$&")}"`;
    if (parts.ifMatch !== undefined) headers["if-match"] = entityTag(parts.ifMatch);
    // "error" is unknown to Cloudflare's workers. A redirect is not followed, so the key goes nowhere else.
    const init: RequestInit = { method, headers, redirect: "manual" };
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

/** The result of a 2xx; throws the problem of any other answer, and of one that is not Munadi's. */
function accepted<T>(answer: Answer): T {
  const found = parsed(answer.text);
  if (!answer.response.ok || found === NOT_JSON) throw problem(answer, found);
  return answered(found, answer.response) as T;
}

function problem({ response, text }: Answer, found: unknown): ProblemError {
  const seconds = retryAfter(response);
  if (found !== null && typeof found === "object" && "title" in found) {
    return new ProblemError({ ...(found as ProblemDetails), status: response.status }, seconds, metadataOf(response));
  }
  const detail = `this is not an answer of Munadi's API: ${JSON.stringify(text.slice(0, 200))}`;
  const made = { type: "about:blank", title: response.statusText || "Unexpected answer", status: response.status, detail };
  return new ProblemError({ ...made, code: null }, seconds, metadataOf(response));
}

/** A variable of the environment, where there is one: not in a browser. */
function checkedRetries(retries: number): number {
  if (Number.isInteger(retries) && retries >= 0 && retries <= PAUSES.length) return retries;
  throw new TypeError(`retries is 0 to ${PAUSES.length}, not ${retries}`);
}

function setting(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return process?.env?.[name];
}

/** The JSON of a body; undefined for an empty one, NOT_JSON for a proxy's page. */
function parsed(text: string): unknown {
  if (!text) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return NOT_JSON;
  }
}
