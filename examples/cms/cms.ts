// A small CMS: a published article becomes a post; edits, and the end of the article, follow it to the networks.
//
// Its arguments are BRAND and PORT; MUNADI_URL, MUNADI_API_KEY and WEBHOOK_SECRET are set; its articles are in cms.json
//
// PUT    /articles/NAME  {"text": "…", "channels": ["mastodon"]}   publishes the article, or edits what is published
// DELETE /articles/NAME                                            withdraws it
// GET    /articles                                                 where each is live, and what an editor has to do
// POST   /                                                         is Munadi's webhook

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { Munadi, MunadiError, ProblemError } from "munadi";
import type { ContentRequest, ContentView, MunadiEvent, PublicationView } from "munadi";
import { verify, WebhookVerificationError } from "munadi/webhooks";

interface Article {
  post: ContentRequest;
  key: string; // the same key has one effect, however often the post is sent
  id: string | null;
  status: string;
  live: string[];
  todo: string[]; // what needs a person
  refused: string[]; // why the editor's last change was not made
}

const [brandRef = "", port = ""] = process.argv.slice(2);
const secret = process.env["WEBHOOK_SECRET"] ?? "";
const OVER = ["refused", "failed", "canceled", "withdrawn"]; // published again, the article becomes another post
const munadi = new Munadi();
const stored: Record<string, Article> = existsSync("cms.json") ? JSON.parse(readFileSync("cms.json", "utf8")) : {};
const articles = new Map(Object.entries(stored));

function shown(): string {
  return JSON.stringify(Object.fromEntries(articles), null, 2);
}

function store(): void {
  writeFileSync("cms.new", shown());
  renameSync("cms.new", "cms.json"); // whole or not at all
}

async function publish(name: string, { text, channels }: Pick<ContentRequest, "channels"> & { text: string }): Promise<void> {
  const known = articles.get(name);
  if (known && !OVER.includes(known.status)) return edit(known, text);
  const key = `${brandRef}-${name}-${known ? Number(known.key.split("-").at(-1)) + 1 : 1}`;
  const post = { brandRef, text, channels, clientRef: key };
  const article = { post, key, id: null, status: "sending", live: [], todo: [], refused: [] };
  articles.set(name, article);
  store(); // before the call, so that it can be repeated after a restart
  return send(article);
}

async function send(article: Article): Promise<void> {
  const { post, key } = article;
  await refusing(article, async () => show(article, await munadi.contents.create(post, { idempotencyKey: key })));
  if (article.id === null) article.status = "refused";
}

async function edit(article: Article, text: string): Promise<void> {
  await refusing(article, async () => {
    const content = await munadi.contents.get(article.id ?? "");
    const { id, version, publications } = content;
    if (isWaiting(content)) return show(article, await munadi.contents.update(id, { text }, { ifMatch: version }));
    for (const each of publications) await refusing(article, () => munadi.publications.edit(each.id, { text }));
  });
}

async function unpublish(article: Article): Promise<void> {
  await refusing(article, async () => {
    const content = await munadi.contents.get(article.id ?? "");
    const end = isWaiting(content) ? munadi.contents.cancel(content.id) : munadi.contents.withdraw(content.id);
    show(article, await end);
  });
}

async function hear(event: MunadiEvent): Promise<void> {
  if (event.type === "account.reauth_required") {
    console.error(`connect ${event.data.account.handle} again: ${event.reason}`);
  }
  if (event.contentId === null) return;
  const content = await munadi.contents.get(event.contentId); // an event may be late; this is the newest state
  for (const article of articles.values()) if (article.key === content.clientRef) show(article, content);
}

/** Keeps for the editor why a change is refused. An API that is only away has refused nothing. */
async function refusing(article: Article, change: () => Promise<unknown>): Promise<void> {
  try {
    await change();
  } catch (error) {
    if (!(error instanceof ProblemError) || error.isTemporary) throw error;
    const rules = error.violations.map((each) => `${each.pointer}: ${each.message}`);
    const permalink = error.problem["permalink"] ?? "";
    article.refused.push(...(error.code === "INVALID_REQUEST" ? rules : [`${error.message} ${permalink}`.trimEnd()]));
  }
}

/** Nothing of the post is published, and nothing has begun. */
function isWaiting({ publications }: ContentView): boolean {
  return publications.every((each) => each.status === "accepted" || each.status === "queued");
}

function show(article: Article, { id, status, publications }: ContentView): void {
  const isGone = (each: PublicationView): boolean => each.withdrawal?.status === "withdrawn";
  const live = publications.filter((each) => each.status === "published" && !isGone(each));
  article.id = id;
  article.status = publications.some(isGone) && live.length === 0 ? "withdrawn" : status;
  article.live = live.map((each) => each.providerUrl ?? each.channel);
  article.todo = publications.flatMap((each) => remedies(each).map((what) => `${each.channel}: ${what}`));
}

/** What a person has to do about the publication, its withdrawal or its last edit. */
function remedies({ failure, withdrawal, edits, hold }: PublicationView): string[] {
  const failures = [failure, withdrawal?.failure, edits?.at(-1)?.failure];
  return [...failures.flatMap((each) => each?.remedy ?? []), ...(hold ? [`it waits: ${hold.reason}`] : [])];
}

async function handle(request: IncomingMessage): Promise<[status: number, answer: string]> {
  const name = request.url?.split("/").at(-1) ?? "";
  const body = Buffer.concat(await request.toArray());
  const article = articles.get(name);
  if (request.method === "POST") await hear(await verify(body, request.headers, secret));
  if (article && (request.method === "PUT" || request.method === "DELETE")) {
    article.refused = [];
    if (article.status === "sending") await send(article); // the answer was lost: the same key finds the post, or makes it
  }
  if (request.method === "PUT") await publish(name, JSON.parse(body.toString()));
  if (request.method === "DELETE" && article && !OVER.includes(article.status)) await unpublish(article);
  return [200, shown()];
}

let turn: Promise<unknown> = Promise.resolve(); // one request at a time, so that no two change the same article
createServer((request, response) => {
  turn = turn.then(async () => {
    const [status, answer] = await handle(request).catch((error: unknown): [number, string] => {
      const isAway = error instanceof MunadiError && !(error instanceof WebhookVerificationError);
      return isAway ? [503, `${error.message}. Try again: nothing is posted twice.`] : [400, String(error)];
    });
    store();
    response.writeHead(status).end(answer);
  });
}).listen(Number(port), "127.0.0.1");
