// Reschedules posts: by a form, by dragging a post to another day or hour, or by the arrow keys (calendar_keys.js).

import { api, Problem, refresh, say, showProblem } from "./app.js";
import { watchKeys } from "./calendar_keys.js";
import { _, language, locale } from "./language.js";
import { showNow } from "./now_line.js";

const dialog = () => document.getElementById("move");
const calendar = () => document.querySelector("[data-calendar]");
let dragged = null;

document.addEventListener("click", ({ target }) => {
  const entry = target.closest("[data-entry]");
  if (entry) open(entry);
  if (target.closest("[data-close]")) dialog().close();
});

function open(entry) {
  const { entry: id, version, local, status } = entry.dataset;
  const movable = "movable" in entry.dataset;
  const box = dialog();
  const form = box.querySelector("[data-move]");
  form.hidden = !movable;
  box.querySelector("[data-settled]").hidden = movable;
  box.querySelector("#move-title").textContent = entry.querySelector(".entry-title").textContent;
  box.querySelector("[data-status]").textContent = status;
  box.querySelector("[data-open]").href = `/contents/${id}`;
  box.querySelector("[data-edit]").href = `/contents/${id}/edit`;
  box.querySelector("[data-edit]").hidden = !("editable" in entry.dataset);
  form.dataset.action = `POST /v1/contents/${id}/reschedule`;
  form.dataset.ifMatch = `"${version}"`;
  form.reset();
  form.querySelector(".problem").hidden = true;
  form.elements.scheduledAt.value = local;
  box.showModal();
  (movable ? form.elements.scheduledAt : box.querySelector("[data-settled] [data-close]")).focus();
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

/** Move a post to a local time, such as 2027-01-15T09:00:00. A problem is shown above the days. */
async function move(id, version, scheduledAt) {
  const box = calendar().querySelector(".problem");
  box.hidden = true;
  try {
    const body = { scheduledAt, timezone: calendar().dataset.zone };
    await api("POST", `/v1/contents/${id}/reschedule`, body, { "If-Match": `"${version}"` });
    say(_("Moved to %(time)s.", { time: inWords(scheduledAt) }));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    showProblem(calendar(), problem);
  }
  await refresh();
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
