// Keeps the page up to date: when /live reports a change, it loads the page again and updates only what differs.

import { meta } from "./api.js";
import { _ } from "./language.js";
import { morph } from "./morph.js";
import { localize } from "./times.js";

const PAUSE = 400;
const REFUSED = 30_000;
let seen = Number(meta("position"));
let stream = null;
let running = null;
let again = false;
let timer = 0;

/** Load the page again now. Resolves when it is up to date. */
export function refresh() {
  if (running) {
    again = true;
    return running;
  }
  running = readAgain().finally(() => { running = null; });
  return running;
}

/** Announce a message to screen readers. */
export function say(words) {
  document.getElementById("said").textContent = words;
}

/** Follow changes while the page is visible: each stream uses one of the browser's few connections. */
export function follow() {
  if (!meta("position")) return;
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : listen()));
  if (!document.hidden) listen();
}

function listen() {
  if (stream) return;
  stream = new EventSource("/live");
  stream.onopen = () => pulse(true);
  stream.onerror = () => {
    pulse(false);
    // Refused, because too many pages are open. The browser does not reconnect by itself in this case.
    if (stream?.readyState === EventSource.CLOSED) setTimeout(retry, REFUSED);
  };
  stream.onmessage = (event) => {
    const { position } = JSON.parse(event.data);
    if (position <= seen) return;
    seen = position;
    clearTimeout(timer);
    timer = setTimeout(refresh, PAUSE);
  };
  stream.addEventListener("overdue", refresh);
  stream.addEventListener("ended", () => location.reload());
}

function retry() {
  leave();
  if (!document.hidden) listen();
}

function leave() {
  stream?.close();
  stream = null;
}

function pulse(isLive) {
  const mark = document.getElementById("pulse");
  mark.hidden = false;
  mark.classList.toggle("away", !isLive);
  mark.textContent = isLive ? _("live") : _("reconnecting");
}

async function readAgain() {
  do {
    again = false;
    let answer;
    try {
      answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    } catch {
      return; // the stream reconnects when the server is back
    }
    if (answer.redirected && new URL(answer.url).pathname === "/sign-in") return location.assign(answer.url);
    if (!answer.ok) return;
    show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } while (again);
}

function show(page) {
  const fresh = page.getElementById("live");
  const main = document.getElementById("live");
  localize(fresh);
  const before = main.querySelector("[data-said]")?.dataset.said;
  morph(main, fresh);
  for (const id of ["state", "pages", "menu-count"]) morph(document.getElementById(id), page.getElementById(id));
  document.title = page.title;
  const after = main.querySelector("[data-said]")?.dataset.said;
  if (after && after !== before) say(after);
  document.dispatchEvent(new CustomEvent("refreshed"));
}
