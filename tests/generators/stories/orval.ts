// The README's story and a refusal, with the fetch client of orval, and each answer read by its zod schemas.
import {
  accountsImport,
  brandsCreate,
  contentsCreate,
  contentsGet,
  contentsWithdraw,
  eventsList,
  type MunadiEvent,
  type OtherEvent,
} from "./made/orval.js";
import { ContentsCreateBody, ContentsGetResponse, EventsListResponse } from "./made/orval.zod.js";

const [baseUrl = "", key = "", serviceUrl = "", brandRef = ""] = process.argv.slice(2);
const send = fetch;
globalThis.fetch = (input, init) => send(baseUrl + String(input), init);
const options = { headers: { authorization: `Bearer ${key}` } };

const brand = await brandsCreate({ ref: brandRef }, options);
if (brand.status !== 201) throw new Error(brand.data.detail);
const credentials = { identifier: "munadi.bsky.test", password: "sand-box2-app3-pass" };
const account = await accountsImport(brandRef, { channel: "bluesky", serviceUrl, credentials }, options);
if (account.status !== 200 && account.status !== 201) throw new Error(account.data.detail);

const sale = { brandRef, text: `Monsoon sale of ${brandRef}`, channels: ["bluesky" as const] };
ContentsCreateBody.parse(sale);
const made = await contentsCreate(sale, options);
if (made.status !== 202) throw new Error(made.data.detail);
console.log(made.data.status);
for (let ended = false; !ended; ) {
  const read = await contentsGet(made.data.id, undefined, options);
  if (read.status !== 200) throw new Error("not read");
  const content = ContentsGetResponse.parse(read.data);
  ended = content.status === "published" || content.status === "failed";
  if (ended) console.log(content.status, content.publications[0]?.providerUrl?.startsWith("http"));
  else await new Promise((resolve) => setTimeout(resolve, 200));
}

const withdrawn = await contentsWithdraw(made.data.id, undefined, options);
if (withdrawn.status !== 202) throw new Error("not withdrawn");
console.log(withdrawn.data.publications[0]?.withdrawal?.status);

const refused = await contentsCreate({ brandRef, text: "x".repeat(400), channels: ["bluesky", "threads"] }, options);
if (refused.status !== 422) throw new Error("it was accepted");
console.log(refused.data.code satisfies string, refused.data.errors?.map((each) => each.pointer).join(" "));

const log = await eventsList({ brandRef, type: ["content.completed"] }, options);
if (log.status !== 200) throw new Error("no log");
EventsListResponse.parse(log.data);
// Its union has no discriminator, so the member for types that are unknown has to be left out by hand.
type KnownEvent = Exclude<MunadiEvent, OtherEvent>;
for (const event of log.data.data) show(event as KnownEvent);

function show(event: KnownEvent): void {
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
