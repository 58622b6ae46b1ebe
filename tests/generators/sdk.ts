// What compiles with the TypeScript SDK, and what does not.
import { Munadi, NotEndedError, ProblemError, responseOf, type ContentView, type ContentStatus } from "munadi";
import { verify } from "munadi/webhooks";
export async function publish(munadi: Munadi): Promise<ContentStatus> {
  const made: ContentView = await munadi.contents.create({ brandRef: "acme", text: "x", channels: ["bluesky"] });
  const failed = munadi.publications.listAll({ status: ["failed"] }, { retries: 0 });
  for await (const each of failed) console.log(each.failure?.remedy, each.contentId);
  console.log(responseOf(made)?.requestId, responseOf(made)?.limits["apiCallsPerMinute"]?.remaining);
  // @ts-expect-error a method that does not exist
  munadi.contents.obliterate(made.id);
  // @ts-expect-error a time is a text
  await munadi.contents.reschedule(made.id, { scheduledAt: 17 });
  // @ts-expect-error a network that does not exist
  await munadi.contents.create({ brandRef: "acme", text: "x", channels: ["blusky"] });
  // @ts-expect-error a network that does not exist, in an object
  await munadi.contents.create({ brandRef: "acme", text: "x", channels: [{ channel: "blusky" }] });
  // @ts-expect-error a field that does not exist
  await munadi.contents.create({ brandref: "acme", brandRef: "acme", text: "x", channels: ["bluesky"] });
  // @ts-expect-error a filter that does not exist
  await munadi.contents.list({ brandref: "acme" });
  // @ts-expect-error a status that does not exist
  await munadi.contents.list({ status: ["publisht"] });
  // @ts-expect-error a field of an answer that does not exist
  console.log(made.stauts);
  return (await munadi.wait(made.id)).status;
}
export const last = (error: unknown): ContentView | null => error instanceof NotEndedError ? error.content : null;
export const isStale = (error: unknown): boolean => error instanceof ProblemError && error.code === "STALE";
export async function read(body: string, headers: Headers): Promise<string | undefined> {
  const event = await verify(body, headers, ["whsec_a", "whsec_b"]);
  switch (event.type) {
    case "content.publish.failed":
      return event.data.publication?.failure?.remedy;
    case "account.reauth_required":
      // @ts-expect-error an event about an account has no post
      console.log(event.data.content);
      return event.data.account.handle;
    case "webhook.delivery.exhausted":
      return event.data.delivery.eventType;
    default:
      return undefined;
  }
}
export async function inLog(munadi: Munadi): Promise<string | undefined> {
  for await (const event of munadi.events.listAll({ type: ["content.completed"] })) {
    console.log(event.position);
    if (event.type === "content.completed") return event.data.content?.text ?? undefined;
  }
  return undefined;
}
