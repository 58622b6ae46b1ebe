// The forms that edit a live post. Only what differs from what is live is sent; lengths are counted by validating what
// the post would say, as in Compose.

import { api, Problem, readers } from "./app.js";
import { showCounters } from "./counters.js";
import { _ } from "./language.js";
import { valueOf } from "./options.js";

const QUIET = 500; // milliseconds without a keystroke
const waiting = new WeakMap();
const asked = new WeakMap();

readers.changes = changesOf;
document.addEventListener("input", ({ target }) => {
  const form = target.closest("[data-live-edit] form");
  if (!form) return;
  clearTimeout(waiting.get(form));
  waiting.set(form, setTimeout(() => count(form), QUIET));
});
document.addEventListener("toggle", ({ target }) => {
  if (target.open && target.matches("[data-live-edit]")) count(target.querySelector("form"));
}, true);
document.addEventListener("refreshed", () => {
  for (const form of document.querySelectorAll("[data-live-edit][open] form")) count(form);
});

// A link of Needs attention leads to one form.
function openWanted() {
  const wanted = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!wanted?.matches("[data-live-edit]")) return;
  wanted.open = true;
  wanted.querySelector("input, textarea").focus();
}

if (document.readyState === "complete") openWanted();
else addEventListener("load", openWanted);

/** What the form says: its texts, and the options that it has. */
function read(form) {
  const said = {};
  for (const name of ["text", "title", "link"]) if (form.elements[name]) said[name] = form.elements[name].value;
  const alts = [...form.querySelectorAll("[name=altTexts]")].map(({ value }) => value);
  if (alts.length) said.altTexts = alts;
  const options = [...form.querySelectorAll("[data-option]")].map((field) => [field.dataset.option, optionOf(field)]);
  return { ...said, options: Object.fromEntries(options) };
}

function optionOf(field) {
  if (field.dataset.kind === "flag") return field.querySelector("input").checked;
  return valueOf(field) ?? null;
}

/** The request: each field that differs from what is live. An option without a value is removed. */
function changesOf(form) {
  const live = JSON.parse(form.dataset.live);
  const { options, ...texts } = read(form);
  const body = differing(texts, live);
  const changed = differing(options, live.options);
  if (Object.keys(changed).length) body.options = changed;
  if (Object.keys(body).length) return body;
  const problem = new Problem({ detail: _("Nothing has changed yet.") }, 0);
  problem.isOwn = true;
  throw problem;
}

function differing(said, live) {
  return Object.fromEntries(Object.entries(said).filter(([name, value]) => written(value) !== written(live[name] ?? null)));
}

// A text area has line feeds only.
const written = (value) => JSON.stringify(value, (_name, each) => (typeof each === "string" ? each.replace(/\r\n?/g, "\n") : each));

async function count(form) {
  const mine = (asked.get(form) ?? 0) + 1;
  asked.set(form, mine);
  const body = JSON.parse(form.dataset.validate);
  const [channel] = body.channels;
  const { text, title, link, altTexts, options } = read(form);
  Object.assign(body, text === undefined ? {} : { text }, link === undefined ? {} : { link });
  Object.assign(channel.options, options, title === undefined ? {} : { title });
  for (const [name, value] of Object.entries(channel.options)) if (value === null) delete channel.options[name];
  altTexts?.forEach((alt, index) => Object.assign(channel.media[index], { alt }));
  const lengths = await lengthsOf(body);
  if (asked.get(form) !== mine) return; // a newer count is running
  const places = new Map([...form.querySelectorAll("[data-at]")].map((field) => [field.dataset.at, field]));
  showCounters(form.querySelectorAll("[data-counters]"), lengths, places, new Map([[channel.channel, form.dataset.title]]));
}

/** Without an answer there are no counters; what is wrong is said when the form is sent. */
async function lengthsOf(body) {
  try {
    return (await api("POST", "/v1/contents/validate", body)).lengths;
  } catch (problem) {
    if (problem instanceof Problem) return [];
    throw problem;
  }
}
