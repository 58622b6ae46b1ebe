// Everything of the SDK that needs something of its runtime: fetch, timers, FormData and Web Crypto.
import { Munadi, ProblemError, responseOf } from "munadi";
import { verify, WebhookVerificationError } from "munadi/webhooks";

/** What happened, a line each. `webhooks` are requests as they reach a receiver, with their bodies as texts. */
export async function exercise({ url, apiKey, brandRef, text, picture, webhooks }) {
  const lines = [];
  const munadi = new Munadi({ url, apiKey });
  const bytes = Uint8Array.from(atob(picture), (one) => one.charCodeAt(0));
  const file = await munadi.upload(new Blob([bytes]), { brandRef, filename: "a.jpg" });
  const again = await munadi.upload(new Blob([bytes]), { brandRef, filename: "a.jpg" });
  lines.push(`${file.kind} ${file.id === again.id}`);
  const post = { brandRef, text, channels: ["bluesky"], media: [{ id: file.id }] };
  const made = await munadi.contents.create(post, { idempotencyKey: brandRef });
  const repeated = await munadi.contents.create(post, { idempotencyKey: brandRef });
  lines.push(`${made.status} ${responseOf(made).replayed} ${responseOf(repeated).replayed}`);
  lines.push((await munadi.wait(made.id)).status);
  try {
    await munadi.contents.create({ ...post, text: "x".repeat(400) });
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    lines.push(`${error.code} ${error.violations.map((each) => each.pointer)}`);
  }
  for (const { secret, headers, body } of webhooks) {
    try {
      lines.push((await verify(body, headers, secret)).id);
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error;
      lines.push("refused");
    }
  }
  return lines;
}
