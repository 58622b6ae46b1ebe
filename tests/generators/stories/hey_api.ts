// The README's story and a refusal, with the client of @hey-api/openapi-ts.
import { client } from "./made/hey-api/client.gen.js";
import {
  accountsImport,
  brandsCreate,
  contentsCreate,
  contentsGet,
  contentsWithdraw,
  eventsList,
} from "./made/hey-api/sdk.gen.js";
import type { MunadiEvent } from "./made/hey-api/types.gen.js";

const [baseUrl = "", key = "", serviceUrl = "", brandRef = ""] = process.argv.slice(2);
client.setConfig({ baseUrl, headers: { authorization: `Bearer ${key}` } });

await brandsCreate({ body: { ref: brandRef }, throwOnError: true });
const credentials = { identifier: "munadi.bsky.test", password: "sand-box2-app3-pass" };
const body = { channel: "bluesky", serviceUrl, credentials } as const;
await accountsImport({ path: { ref: brandRef }, body, throwOnError: true });

const { data: made } = await contentsCreate({
  headers: { "Idempotency-Key": `"${brandRef}-1"` },
  body: { brandRef, text: `Monsoon sale of ${brandRef}`, channels: ["bluesky"] },
  throwOnError: true,
});
console.log(made.status);
const path = { content_id: made.id };
for (let ended = false; !ended; ) {
  const { data: read } = await contentsGet({ path, throwOnError: true });
  ended = read.status === "published" || read.status === "failed";
  if (ended) console.log(read.status, read.publications[0]?.providerUrl?.startsWith("http"));
  else await new Promise((resolve) => setTimeout(resolve, 200));
}

const { data: withdrawn } = await contentsWithdraw({ path, throwOnError: true });
console.log(withdrawn.publications[0]?.withdrawal?.status);

const refused = await contentsCreate({ body: { brandRef, text: "x".repeat(400), channels: ["bluesky", "threads"] } });
if (!refused.error) throw new Error("it was accepted");
console.log(refused.error.code satisfies string, refused.error.errors?.map((each) => each.pointer).join(" "));

const { data: log } = await eventsList({ query: { brandRef, type: ["content.completed"] }, throwOnError: true });
for (const event of log.data) show(event);

function show(event: MunadiEvent): void {
  switch (event.type) {
    case "content.completed":
      console.log(event.type, event.data.content?.status);
      break;
    case "account.expiring":
      console.log(event.data.account.handle);
      break;
    default:
      console.log(event.type);
  }
}
