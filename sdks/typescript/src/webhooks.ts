import { concatenated, fromBase64, utf8 } from "./crypto.js";
import { MunadiError } from "./errors.js";
import type { MunadiEvent } from "./schema.js";

/** The signature or the timestamp of a webhook is wrong. The message says which check failed. */
export class WebhookVerificationError extends MunadiError {
  override name = "WebhookVerificationError";
}

export interface VerifyOptions {
  /** Seconds that the signature may be old, or ahead of this clock. */
  tolerance?: number;
  /** Milliseconds since the epoch; without it this clock. */
  now?: number;
}

type Headers_ = Headers | Record<string, string | string[] | undefined>;

const ID = /^[A-Za-z0-9_~+/=:@-]{1,255}$/;

/**
 * The event of a webhook, if one of `secrets` (`whsec_…`, or `whpk_…` for v1a) signed it just now, by Standard Webhooks.
 *
 * `body` is the request's body as it arrived, not parsed JSON. Rejects with WebhookVerificationError for anything wrong.
 * `switch (event.type)` tells TypeScript what is in `event.data`; a newer server may send types that are not listed.
 */
export async function verify(
  body: string | Uint8Array,
  headers: Headers_,
  secrets: string | readonly string[],
  { tolerance = 300, now = Date.now() }: VerifyOptions = {},
): Promise<MunadiEvent> {
  const id = header(headers, "webhook-id");
  const sent = header(headers, "webhook-timestamp");
  if (!ID.test(id) || !/^\d{1,11}$/.test(sent)) throw new WebhookVerificationError("a webhook header is malformed");
  if (!(Math.abs(now / 1000 - Number(sent)) <= tolerance)) {
    throw new WebhookVerificationError("the message timestamp is too old or in the future");
  }
  const signatures = header(headers, "webhook-signature").split(" ");
  const bytes = typeof body === "string" ? utf8(body) : body;
  const signed = concatenated(utf8(`${id}.${sent}.`), bytes);
  if (!(await isSigned(typeof secrets === "string" ? [secrets] : secrets, signed, signatures))) {
    throw new WebhookVerificationError("no signature matches");
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as MunadiEvent;
  } catch {
    throw new WebhookVerificationError("the body is not JSON");
  }
}

function header(headers: Headers_, name: string): string {
  const values =
    headers instanceof Headers
      ? [headers.get(name)]
      : Object.entries(headers)
          .filter(([key]) => key.toLowerCase() === name)
          .flatMap(([, value]) => value);
  const [value] = values;
  if (values.length !== 1 || typeof value !== "string") {
    throw new WebhookVerificationError(`expected one ${name} header`);
  }
  return value;
}

async function isSigned(
  secrets: readonly string[],
  signed: Uint8Array<ArrayBuffer>,
  signatures: readonly string[],
): Promise<boolean> {
  for (const secret of secrets) {
    const [version, key] = await imported(secret);
    for (const signature of signatures) {
      const [given, text = ""] = signature.split(",", 2);
      const bytes = given === version ? fromBase64(text) : undefined;
      // Texts are compared too: base64 has several spellings of the same bytes.
      if (bytes === undefined || btoa(String.fromCharCode(...bytes)) !== text) continue;
      if (await crypto.subtle.verify(key.algorithm.name, key, bytes, signed)) return true;
    }
  }
  return false;
}

/** The version of signatures that a secret verifies, and its key. */
async function imported(secret: string): Promise<["v1" | "v1a", CryptoKey]> {
  const isPublic = secret.startsWith("whpk_");
  const raw = fromBase64(secret.replace(/^whpk_|^whsec_/, ""));
  if (isPublic) {
    if (raw?.length !== 32) throw new WebhookVerificationError("a public key is whpk_ and 32 bytes in base64");
    return ["v1a", await crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"])];
  }
  if (!raw?.length) throw new WebhookVerificationError("a secret is whsec_ and base64");
  return ["v1", await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["verify"])];
}
