import { isTemporary } from "./retrying.js";
import type { ResponseMetadata } from "./answers.js";
import type { ContentView, Problem, ProblemCode } from "./schema.js";

/** What a refused request answers with (RFC 9457). */
export interface ProblemDetails {
  type: string;
  title: string;
  status: number;
  detail?: string | null;
  /** Stable: program against it. Null where a proxy answered in Munadi's place. */
  code: ProblemCode | (string & {}) | null;
  errors?: Problem[];
  [name: string]: unknown;
}

/** The common root of what this package throws. */
export class MunadiError extends Error {
  override name = "MunadiError";
}

/** An answer that is not a 2xx. */
export class ProblemError extends MunadiError {
  override name = "ProblemError";

  constructor(
    readonly problem: ProblemDetails,
    /** Seconds to wait, where the API says so. */
    readonly retryAfter: number | null = null,
    /** Beside the body: the request's id, and the limits that it counted against. */
    readonly response: ResponseMetadata | null = null,
  ) {
    super(`${problem.status} ${problem.title}${problem.detail ? `: ${problem.detail}` : ""}`);
  }

  get status(): number {
    return this.problem.status;
  }

  get code(): ProblemCode | (string & {}) | null {
    return this.problem.code;
  }

  /** Whether the same request may succeed later without a change: the API is away, or a limit is used up. */
  get isTemporary(): boolean {
    return isTemporary(this.status, this.retryAfter);
  }

  /** Each broken rule, with pointer, rule, limit and actual value. */
  get violations(): Problem[] {
    return this.problem.errors ?? [];
  }
}

/** No answer came. A POST may still have arrived: repeat it with `idempotencyKey`. */
export class NotReachableError extends MunadiError {
  override name = "NotReachableError";

  constructor(
    readonly url: string,
    /** The key that was sent: with the same one a repeat has no second effect. */
    readonly idempotencyKey: string | null,
    cause: unknown,
  ) {
    super(`${url} cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** `wait` timed out; publishing continues. */
export class NotEndedError extends MunadiError {
  override name = "NotEndedError";

  constructor(
    /** The post as it was last seen. */
    readonly content: ContentView,
    seconds: number,
    options: ErrorOptions = {},
  ) {
    super(`${content.id} is ${content.status} after ${seconds} s; publishing continues`, options);
  }
}
