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
// Milliseconds between polls: a post is usually published within a second, one with a video takes minutes.
const SOON = 250;
const LATER = 2000;

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
    for (;;) {
      let failed: unknown;
      const left = began + timeout - Date.now();
      try {
        seen = await this.http.readOnce<ContentView>(path, options);
        if (ENDED.has(seen.status)) return seen;
      } catch (error) {
        if (!isPassing(error)) throw error;
        failed = error;
      }
      if (left <= 0) {
        if (seen === undefined) throw failed;
        throw new NotEndedError(seen, timeout / 1000, failed === undefined ? {} : { cause: failed });
      }
      await sleep(Math.min(pauseBetween(seen, failed, Date.now() - began), left), signal);
    }
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
