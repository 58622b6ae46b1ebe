import { createHash } from "node:crypto";
import { NotEndedError } from "./errors.js";
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
    const digest = createHash("sha256").update(Buffer.from(await file.arrayBuffer())).digest("hex");
    const body = new FormData();
    if (brandRef !== undefined) body.append("brandRef", brandRef);
    body.append("file", file, filename ?? "file");
    return this.request("POST", "/v1/media", { idempotencyKey: `file-${digest}`, ...options, body });
  }

  /** The post when every publication has ended, or is unconfirmed. Throws NotEndedError; publishing continues then. */
  async wait(contentId: string, { timeout = 600_000, signal }: WaitOptions = {}): Promise<ContentView> {
    const options = signal ? { signal } : {};
    const began = Date.now();
    for (;;) {
      const content = await this.contents.get(contentId, options);
      if (ENDED.has(content.status)) return content;
      const left = began + timeout - Date.now();
      if (left <= 0) {
        throw new NotEndedError(`${contentId} is ${content.status} after ${timeout / 1000} s; publishing continues`);
      }
      // One that is due later is not asked for every second.
      const due = Date.parse(content.scheduledAt ?? "") - Date.now();
      const pause = due > LATER ? Math.min(due, 60_000) : Date.now() - began < 5000 ? SOON : LATER;
      await sleep(Math.min(pause, left), signal);
    }
  }
}
