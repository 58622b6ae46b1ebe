/** What an answer says beside its body. */
export interface ResponseMetadata {
  status: number;
  /** Of support and the server's log: `X-Request-Id`. */
  requestId: string | null;
  /** Whether this is the stored answer to an earlier request with the same idempotency key. */
  replayed: boolean;
  /** The version that a later change is based on, for `ifMatch`. */
  etag: string | null;
  /** The limits of the brand that the request counted against, by their names. */
  limits: Record<string, RateLimit>;
}

/** What is left of a limit, of how much, and in how many seconds it is full again. */
export interface RateLimit {
  remaining: number;
  quota: number | null;
  resetSeconds: number | null;
}

const known = new WeakMap<object, ResponseMetadata>();

/** The metadata of what a call returned: `responseOf(post).replayed`. Undefined for any other object. */
export function responseOf(answer: object): ResponseMetadata | undefined {
  return known.get(answer);
}

/** The body of an answer, of which `responseOf` knows the rest. */
export function answered(body: unknown, response: Response): unknown {
  if (body !== null && typeof body === "object") known.set(body, metadataOf(response));
  return body;
}

export function metadataOf({ status, headers }: Response): ResponseMetadata {
  return {
    status,
    requestId: headers.get("x-request-id"),
    replayed: headers.get("idempotent-replayed") === "true",
    etag: headers.get("etag"),
    limits: limitsOf(headers),
  };
}

/** The limits of `RateLimit` and `RateLimit-Policy`: `"apiCallsPerMinute";r=3;t=12` and `…;q=60;w=60`. */
function limitsOf(headers: Headers): Record<string, RateLimit> {
  const quotas = items(headers.get("ratelimit-policy"));
  const found: Record<string, RateLimit> = {};
  for (const [name, given] of items(headers.get("ratelimit"))) {
    const remaining = given.get("r");
    if (remaining === undefined) continue;
    found[name] = { remaining, quota: quotas.get(name)?.get("q") ?? null, resetSeconds: given.get("t") ?? null };
  }
  return found;
}

/** A list of quoted names with numbers as parameters (RFC 9651). What is not of this form is left out. */
function items(header: string | null): Map<string, Map<string, number>> {
  const found = new Map<string, Map<string, number>>();
  for (const [, name, parameters] of (header ?? "").matchAll(/"([^"]*)"((?:;[a-z]+=\d+)*)/g)) {
    const pairs = [...(parameters ?? "").matchAll(/;([a-z]+)=(\d+)/g)];
    found.set(name ?? "", new Map(pairs.map(([, key, value]) => [key ?? "", Number(value)])));
  }
  return found;
}
