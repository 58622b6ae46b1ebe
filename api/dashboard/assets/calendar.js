// Reschedules posts: by a form, by dragging a post to another day or hour, or by the arrow keys (calendar_keys.js).

import { api, comesTwice, localize, Problem, refresh, say, showProblem, written } from "./app.js";
import { watchKeys } from "./calendar_keys.js";
import { _, language, locale } from "./language.js";
import { showNow } from "./now_line.js";
import { toast } from "./toast.js";

const dialog = () => document.getElementById("move");
const calendar = () => document.querySelector("[data-calendar]");
let dragged = null;

document.addEventListener("click", ({ target }) => {
  const entry = target.closest("[data-entry]");
  if (entry) open(entry);
  if (target.closest("[data-close]")) dialog().close();
});

function open(entry) {
  const { entry: id, version, local, due, status } = entry.dataset;
  const movable = "movable" in entry.dataset;
  const box = dialog();
  const form = box.querySelector("[data-move]");
  form.hidden = !movable;
  box.querySelector("[data-settled]").hidden = movable;
  box.querySelector("#move-title").textContent = entry.querySelector(".entry-title").textContent;
  form.dataset.action = `POST /v1/contents/${id}/reschedule`;
  form.dataset.ifMatch = `"${version}"`;
  form.dataset.due = due;
  form.dataset.post = id;
  form.reset();
  form.querySelector(".problem").hidden = true;
  form.elements.scheduledAt.value = local;
  askWhichHour(form);
  showCard(box.querySelector("[data-card]"), id, status);
  box.showModal();
  (movable ? form.elements.scheduledAt : box.querySelector("[data-settled] [data-close]")).focus();
}

/** What the server says of a post: the picture, the state on each network, and what can be done. */
async function showCard(place, id, status) {
  const link = Object.assign(document.createElement("a"), { href: `/contents/${id}`, textContent: _("Open the post") });
  place.replaceChildren(`${status} `, link);
  place.dataset.post = id;
  // Without a connection, its state in words stays, and the link to its page.
  const answer = await fetch(`/contents/${id}/card`, { headers: { Accept: "text/html" } }).catch(() => null);
  if (place.dataset.post !== id || !answer?.ok) return; // another one was opened meanwhile
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  localize(page);
  place.replaceChildren(...[...page.body.childNodes].map((node) => document.importNode(node, true)));
}

/** The question is there only where the clock shows the chosen hour twice. */
function askWhichHour(form) {
  const label = form.querySelector("[data-fold]");
  label.hidden = !comesTwice(form.elements.scheduledAt.value, form.elements.timezone.value);
  if (label.hidden) form.elements.fold.value = "";
}

document.addEventListener("input", ({ target }) => {
  if (target.name === "scheduledAt" && target.form?.matches("[data-move]")) askWhichHour(target.form);
  if (target.matches("[data-submits]")) target.form.submit();
});

document.addEventListener("acted", ({ target, detail }) => {
  if (target.matches("[data-move]")) offerUndo(target.dataset.post, detail, target.dataset.due);
});

/** Say where a post is now, and offer its time before. */
function offerUndo(id, { version, scheduledAt }, due) {
  const time = written(new Date(scheduledAt), calendar().dataset.zone, { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
  toast(_("Moved to %(time)s.", { time }), async () => {
    if (await reschedule(id, version, due)) say(_("Moved back."));
  });
}

document.addEventListener("dragstart", (event) => {
  const entry = event.target.closest?.("[data-movable]");
  if (!entry) return;
  dragged = { ...entry.dataset };
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", entry.querySelector(".entry-title").textContent);
});

document.addEventListener("dragend", () => {
  dragged = null;
  mark(null);
});

document.addEventListener("dragover", (event) => {
  const place = dragged && placeOf(event.target);
  mark(place);
  if (!place) return;
  event.preventDefault(); // without this the browser allows no drop
  event.dataTransfer.dropEffect = "move";
});

document.addEventListener("drop", (event) => {
  const place = dragged && placeOf(event.target);
  if (!place) return;
  event.preventDefault();
  const { entry, version, local } = dragged;
  // A day keeps the time of day, an hour keeps the minutes.
  const at = place.dataset.at ? place.dataset.at.slice(0, 14) + local.slice(14) : `${place.dataset.date}T${local.slice(11)}`;
  if (at !== local) move(entry, version, at);
});

/** Where a dragged post would be put: an hour where there are hours, else a day. Never in another brand's column. */
function placeOf(target) {
  const day = target.closest?.(".day");
  const own = document.querySelector(`[data-entry="${dragged.entry}"]`)?.closest(".day");
  if (!day || day.dataset.brand !== own?.dataset.brand) return null;
  return calendar().dataset.view === "month" ? day : target.closest(".hour");
}

/** Move a post to a local time, such as 2027-01-15T09:00:00. */
async function move(id, version, scheduledAt) {
  const { due } = document.querySelector(`[data-entry="${id}"]`).dataset;
  const content = await reschedule(id, version, scheduledAt);
  if (content) offerUndo(id, content, due);
}

/** Returns the post, or null where it could not be moved: the problem is then above the days. */
async function reschedule(id, version, scheduledAt) {
  const box = calendar().querySelector(".problem");
  box.hidden = true;
  let content = null;
  try {
    const body = { scheduledAt, timezone: calendar().dataset.zone };
    content = await api("POST", `/v1/contents/${id}/reschedule`, body, { "If-Match": `"${version}"` });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    showProblem(calendar(), problem);
  }
  await refresh();
  return content;
}

function mark(place) {
  for (const each of calendar().querySelectorAll(".over")) if (each !== place) each.classList.remove("over");
  place?.classList.add("over");
}

/** A local time for people. */
function inWords(local) {
  const day = new Date(`${local.slice(0, 10)}T00:00:00Z`);
  const options = { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" };
  return `${new Intl.DateTimeFormat(language === "en" ? "en-GB" : locale, options).format(day)}, ${local.slice(11, 16)}`;
}

if (calendar()) {
  watchKeys({ calendar, move, mark, inWords });
  showNow(calendar);
}
