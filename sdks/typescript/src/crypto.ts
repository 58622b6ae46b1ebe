// Web Crypto, which Node, browsers and edge runtimes have alike.

const text = new TextEncoder();

/** A random idempotency key, a UUID. Browsers have `randomUUID` only where a page came by https. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = hexadecimal(bytes);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** The SHA-256 of bytes, in hexadecimal. */
export async function sha256(bytes: BufferSource): Promise<string> {
  return hexadecimal(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

export function utf8(written: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(text.encode(written));
}

/** The bytes of base64, padded or not; undefined for anything else. */
export function fromBase64(written: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(written), (one) => one.charCodeAt(0));
  } catch {
    return undefined;
  }
}

export function concatenated(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
}
