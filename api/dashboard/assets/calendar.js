// Reschedules posts: by a form, which also works with a keyboard, or by dragging a post to another day.

import { api, Problem, refresh, say, showProblem } from "./app.js";

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
  const day = dragged && event.target.closest(".day");
  mark(day);
  if (!day) return;
  event.preventDefault(); // without this the browser allows no drop
  event.dataTransfer.dropEffect = "move";
});

document.addEventListener("drop", (event) => {
  const day = dragged && event.target.closest(".day");
  if (!day) return;
  event.preventDefault();
  const { entry, version, local } = dragged;
  const at = `${day.dataset.date}T${local.slice(11)}`;
  if (at !== local) move(entry, version, at, day);
});

/** Move a post to another day at the same time of day. A problem is shown above the days. */
async function move(id, version, scheduledAt, day) {
  const box = calendar().querySelector(".problem");
  box.hidden = true;
  try {
    const body = { scheduledAt, timezone: calendar().dataset.zone };
    await api("POST", `/v1/contents/${id}/reschedule`, body, { "If-Match": `"${version}"` });
    say(`Moved to ${day.querySelector("h2").textContent}, ${scheduledAt.slice(11, 16)}.`);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    showProblem(calendar(), problem);
  }
  await refresh();
}

function mark(day) {
  for (const each of document.querySelectorAll(".day.over")) if (each !== day) each.classList.remove("over");
  day?.classList.add("over");
}
