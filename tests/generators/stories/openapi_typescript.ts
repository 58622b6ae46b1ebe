// The README's story and a refusal, with the types of openapi-typescript and its own openapi-fetch.
import createClient from "openapi-fetch";
import type { paths } from "./made/openapi-typescript.js";

const [baseUrl = "", key = "", serviceUrl = "", brandRef = ""] = process.argv.slice(2);
const api = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${key}` } });

const brand = await api.POST("/v1/brands", { body: { ref: brandRef } });
if (brand.error) throw new Error(brand.error.detail);
const credentials = { identifier: "munadi.bsky.test", password: "sand-box2-app3-pass" };
const account = await api.POST("/v1/brands/{ref}/accounts", {
  params: { path: { ref: brandRef } },
  body: { channel: "bluesky", serviceUrl, credentials },
});
if (account.error) throw new Error(account.error.detail);

const made = await api.POST("/v1/contents", {
  params: { header: { "Idempotency-Key": `"${brandRef}-1"` } },
  body: { brandRef, text: `Monsoon sale of ${brandRef}`, channels: ["bluesky"] },
});
if (made.error) throw new Error(made.error.detail);
console.log(made.data.status);
for (let ended = false; !ended; ) {
  const read = await api.GET("/v1/contents/{content_id}", { params: { path: { content_id: made.data.id } } });
  if (read.error) throw new Error(read.error.detail);
  ended = read.data.status === "published" || read.data.status === "failed";
  if (ended) console.log(read.data.status, read.data.publications[0]?.providerUrl?.startsWith("http"));
  else await new Promise((resolve) => setTimeout(resolve, 200));
}

// What does not need a body or a filter needs none.
const withdrawn = await api.POST("/v1/contents/{content_id}/withdraw", {
  params: { path: { content_id: made.data.id } },
});
if (withdrawn.error) throw new Error(withdrawn.error.detail);
console.log(withdrawn.data.publications[0]?.withdrawal?.status);

const refused = await api.POST("/v1/contents", { body: { brandRef, text: "x".repeat(400), channels: ["bluesky", "threads"] } });
if (!refused.error) throw new Error("it was accepted");
console.log(refused.error.code satisfies string, refused.error.errors?.map((each) => each.pointer).join(" "));

const log = await api.GET("/v1/events", { params: { query: { brandRef, type: ["content.completed"] } } });
if (log.error) throw new Error(log.error.detail);
for (const event of log.data.data) {
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
