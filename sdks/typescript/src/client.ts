import { responseOf } from "./answers.js";
import { sha256 } from "./crypto.js";
import { NotEndedError, NotReachableError, ProblemError } from "./errors.js";
import { Http, sleep, type CallOptions, type ClientOptions, type Parts } from "./http.js";
import { Operations } from "./operations.js";
import type { ContentStatus, ContentView, MediaView } from "./schema.js";

const ENDED: ReadonlySet<ContentStatus> = new Set<ContentStatus>([
  "published",
  "partially_published",
  "failed",
  "unconfirmed",
  "canceled",
]);
// Milliseconds between the starts of two reads, where the API does not wait.
const SOON = 250;
const LATER = 2000;
// Seconds that one request waits: well below the half minute after which many proxies close a silent connection.
const AT_MOST = 20;

export interface WaitOptions {
  /** Milliseconds; ten minutes without it. */
  timeout?: number;
  signal?: AbortSignal;
}

/** A client of one installation. Accepted is not published: `contents.create` returns when the post is stored. */
export class Munadi extends Operations {
  private readonly http: Http;

  constructor(options: ClientOptions = {}) {
    const http = new Http(options);
    super(http.send);
    this.http = http;
  }

  /** Any call, also one that this version does not know. */
  request<T = unknown>(method: string, path: string, parts: Parts = {}): Promise<T> {
    return this.http.send<T>(method, path, parts);
  }

  /** Stores a file. The same bytes again are the same upload. */
  async upload(file: Blob, given: { brandRef?: string; filename?: string } & CallOptions = {}): Promise<MediaView> {
    const { brandRef, filename, ...options } = given;
    const digest = await sha256(await file.arrayBuffer());
    const body = new FormData();
    if (brandRef !== undefined) body.append("brandRef", brandRef);
    body.append("file", file, filename ?? "file");
    return this.request("POST", "/v1/media", { idempotencyKey: `file-${digest}`, ...options, body });
  }

  /**
   * The post when every publication has ended, or is unconfirmed. Waits while the API is away. After `timeout` it throws
   * NotEndedError with the post as it was last seen (publishing continues), or, if it was never seen, the last try's error.
   */
  async wait(contentId: string, { timeout = 600_000, signal }: WaitOptions = {}): Promise<ContentView> {
    const options = signal ? { signal } : {};
    const path = `/v1/contents/${encodeURIComponent(contentId)}`;
    const began = Date.now();
    let seen: ContentView | undefined;
    let known: string | null = null; // the ETag of what was seen
    let apiWaits = true;
    // Whole seconds that the next request may wait for a change; 0: it reads the post as it is.
    const waits = (): number => {
      const left = Math.floor((began + timeout - Date.now()) / 1000);
      return apiWaits && known !== null ? Math.max(0, Math.min(left, AT_MOST, this.http.longestWait)) : 0;
    };
    for (;;) {
      let failed: unknown;
      const asked = Date.now();
      const seconds = waits();
      try {
        const news = await this.readOrWait(path, known, seconds, options);
        if (news !== undefined) {
          seen = news;
          known = responseOf(news)?.etag ?? null;
          if (ENDED.has(news.status)) return news;
        }
      } catch (error) {
        known = null;
        // A server that is older than `wait` refuses it: the post is read at intervals.
        if (seconds > 0 && error instanceof ProblemError && error.status === 422) apiWaits = false;
        else if (isPassing(error)) failed = error;
        else throw error;
      }
      const now = Date.now();
      const left = began + timeout - now;
      if (left <= 0) {
        if (seen === undefined) throw failed;
        throw new NotEndedError(seen, timeout / 1000, failed === undefined ? {} : { cause: failed });
      }
      if (seconds === 0 && waits() > 0) continue; // the next request waits in place of a pause
      // An answer that comes at once, each time, must not become a busy loop.
      const rest = pauseBetween(seconds === 0 ? seen : undefined, failed, now - began) - (now - asked);
      if (rest > 0) await sleep(Math.min(rest, left), signal);
    }
  }

  /** The post as it is, or after its next change; undefined if it has not changed in so many seconds. */
  private readOrWait(
    path: string, known: string | null, seconds: number, options: CallOptions,
  ): Promise<ContentView | undefined> {
    if (known === null || seconds === 0) return this.http.readOnce<ContentView>(path, options);
    return this.http.readUnlessKnown<ContentView>(path, known, { ...options, query: { wait: seconds } });
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof NotReachableError || (error instanceof ProblemError && error.isTemporary);
}

/** Milliseconds until the next poll. A post that is due later is not asked for every second. */
function pauseBetween(content: ContentView | undefined, failed: unknown, waited: number): number {
  const pause = waited < 5000 ? SOON : LATER;
  if (failed !== undefined) return Math.max(pause, failed instanceof ProblemError ? (failed.retryAfter ?? 0) * 1000 : 0);
  const due = Date.parse(content?.scheduledAt ?? "") - Date.now();
  return due > LATER ? Math.min(due, 60_000) : pause;
}
