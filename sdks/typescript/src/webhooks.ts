import { createHmac, createPublicKey, timingSafeEqual, verify as verifySignature } from "node:crypto";
import { MunadiError } from "./errors.js";

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
// The DER head of an ed25519 public key (RFC 8410); the 32 bytes follow.
const ED25519 = Buffer.from("302a300506032b6570032100", "hex");

/**
 * The event of a webhook, if one of `secrets` (`whsec_…`, or `whpk_…` for v1a) signed it just now, by Standard Webhooks.
 *
 * `body` is the request's body as it arrived, not parsed JSON. Throws WebhookVerificationError for anything wrong.
 */
export function verify<T = unknown>(
  body: string | Uint8Array,
  headers: Headers_,
  secrets: string | readonly string[],
  { tolerance = 300, now = Date.now() }: VerifyOptions = {},
): T {
  const id = header(headers, "webhook-id");
  const sent = header(headers, "webhook-timestamp");
  if (!ID.test(id) || !/^\d{1,11}$/.test(sent)) throw new WebhookVerificationError("a webhook header is malformed");
  if (!(Math.abs(now / 1000 - Number(sent)) <= tolerance)) {
    throw new WebhookVerificationError("the message timestamp is too old or in the future");
  }
  const signatures = header(headers, "webhook-signature").split(" ");
  const text = typeof body === "string" ? Buffer.from(body) : Buffer.from(body);
  const signed = Buffer.concat([Buffer.from(`${id}.${sent}.`), text]);
  const keys = typeof secrets === "string" ? [secrets] : secrets;
  if (!keys.some((key) => signatures.some((signature) => matches(key, signed, signature)))) {
    throw new WebhookVerificationError("no signature matches");
  }
  try {
    return JSON.parse(text.toString("utf8")) as T;
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

function matches(key: string, signed: Buffer, given: string): boolean {
  const [version, text = ""] = given.split(",", 2);
  if (key.startsWith("whpk_")) {
    const raw = Buffer.from(key.slice("whpk_".length), "base64");
    if (raw.length !== 32) throw new WebhookVerificationError("a public key is whpk_ and 32 bytes in base64");
    const publicKey = createPublicKey({ key: Buffer.concat([ED25519, raw]), format: "der", type: "spki" });
    return version === "v1a" && verifySignature(null, signed, publicKey, Buffer.from(text, "base64"));
  }
  const secret = Buffer.from(key.replace(/^whsec_/, ""), "base64");
  if (secret.length === 0) throw new WebhookVerificationError("a secret is whsec_ and base64");
  const wanted = Buffer.from(createHmac("sha256", secret).update(signed).digest("base64"));
  const shown = Buffer.from(text);
  return version === "v1" && wanted.length === shown.length && timingSafeEqual(wanted, shown);
}
