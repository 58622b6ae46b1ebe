// Milliseconds between tries: a dead server is reported within four seconds, a restarting one is usually back.
export const PAUSES: readonly number[] = [200, 500, 1000, 2000];
const LONGEST_WAIT = 10_000;
// A gateway without its API, or an API without its database. The request may have arrived.
const AWAY: ReadonlySet<number> = new Set([502, 503, 504]);
// An earlier try with the same key is in flight; a limit is used up. Without Retry-After they are final.
const ASKED_TO_WAIT: ReadonlySet<number> = new Set([409, 429]);

/** Whether the same request may succeed later without a change: the API is away, or a limit is used up. */
export function isTemporary(status: number, retryAfter: number | null): boolean {
  return AWAY.has(status) || (ASKED_TO_WAIT.has(status) && retryAfter !== null);
}

/** Milliseconds until the next try, at least `pause`; undefined when this is the final answer. */
export function pauseBeforeRepeat(answer: Response, pause: number): number | undefined {
  const asked = retryAfter(answer);
  if (!isTemporary(answer.status, asked)) return undefined;
  const wait = Math.max(pause, (asked ?? 0) * 1000);
  // A wait that is longer than a call should take is the caller's decision.
  return wait > LONGEST_WAIT ? undefined : wait;
}

/**
 * `Retry-After` in whole seconds, from seconds or an HTTP date; null if it is absent or unreadable. A date counts from the
 * answer's own `Date`, so that this machine's clock does not matter where the server has one.
 */
export function retryAfter(answer: Response): number | null {
  const value = (answer.headers.get("retry-after") ?? "").trim();
  if (/^\d{1,10}$/.test(value)) return Number(value);
  // JavaScript reads "-5" and "1.5" as dates, too.
  const until = /^[A-Z][a-z]{2}/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(until)) return null;
  const own = Date.parse(answer.headers.get("date") ?? "");
  return Math.max(0, Math.ceil((until - (Number.isNaN(own) ? Date.now() : own)) / 1000));
}
