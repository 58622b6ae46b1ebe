// A queue: its weekly times, and the order of its posts, by dragging, by buttons and by the keyboard.

import { isConfirmed } from "./actions.js";
import { api, Problem, refresh, say, showProblem } from "./app.js";
import { attempt } from "./buttons.js";
import { _ } from "./language.js";
import { toast } from "./toast.js";

const card = () => document.querySelector("[data-queue]");
const list = () => document.querySelector(".queue");
const order = () => list().dataset.order.split(" ");
let dragged = null;

document.addEventListener("submit", (event) => {
  if (event.target.id !== "add-times") return;
  event.preventDefault();
  attempt(event.target.querySelector("[type=submit]"), () => addTimes(event.target));
});

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  if ("removeSlot" in button.dataset) attempt(button, () => removeTime(button.closest("[data-slot]").dataset.slot));
  else if ("shuffle" in button.dataset) attempt(button, () => shuffle(button));
  else if (button.dataset.shift) shift(button.closest("[data-post]").dataset.post, Number(button.dataset.shift), button);
});

/** Change the times of this queue, and leave those of the others as they are now. */
async function changeTimes(change) {
  const { queue, path } = card().dataset;
  const { slots } = await api("GET", path);
  const isOwn = ({ accountId }) => (accountId ?? "") === queue;
  const own = change(slots.filter(isOwn).map(({ weekday, time }) => ({ weekday, time })));
  const others = slots.filter((each) => !isOwn(each)).map(({ accountId, weekday, time }) => ({ accountId, weekday, time }));
  await api("PUT", path, { slots: [...others, ...own.map((each) => ({ ...each, accountId: queue || null }))] });
  await refresh();
}

async function addTimes(form) {
  const given = new FormData(form);
  const time = given.get("time");
  const days = given.getAll("weekday");
  if (!days.length) throw new Problem({ detail: _("Choose at least one day of the week.") }, 422);
  const has = (own, weekday) => own.some((each) => each.weekday === weekday && each.time === time);
  await changeTimes((own) => [...own, ...days.filter((weekday) => !has(own, weekday)).map((weekday) => ({ weekday, time }))]);
  say(_("Added."));
  form.elements.time.value = "";
  form.elements.time.focus();
}

async function removeTime(slot) {
  const [weekday, time] = slot.split(" ");
  await changeTimes((own) => own.filter((each) => each.weekday !== weekday || each.time !== time));
  toast(_("Removed. Posts keep the times that they have taken."), () => change(() => changeTimes((own) => [...own, { weekday, time }])));
}

async function shuffle(button) {
  if (!(await isConfirmed(button))) return;
  const before = order();
  await reorder({ shuffle: true });
  toast(_("Shuffled."), () => change(() => reorder({ contentIds: before })));
}

async function reorder(body) {
  const { queue, path } = card().dataset;
  await api("POST", `${path}/reorder`, { ...body, accountId: queue || null });
  await refresh();
}

/** Do it, and show a problem above the lists. */
async function change(work) {
  try {
    await work();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    showProblem(document.getElementById("live"), problem);
    await refresh();
  }
}

/** Move a post by one place. */
async function shift(id, by, focused) {
  const ids = order();
  const from = ids.indexOf(id);
  if (from + by < 0 || from + by >= ids.length) return say(_("It has no other place there."));
  await place(id, from + by);
  const row = rowOf(id);
  const button = row?.querySelector(`[data-shift="${by}"]`);
  if (focused?.dataset.shift) (button?.disabled ? row.querySelector("[data-shift]:not(:disabled)") : button)?.focus();
  else row?.querySelector("a").focus();
}

/** Give a post another place. The posts between share out their times. */
async function place(id, to) {
  const ids = order();
  const from = ids.indexOf(id);
  const [first, last] = [Math.min(from, to), Math.max(from, to)];
  const before = ids.slice(first, last + 1);
  ids.splice(to, 0, ...ids.splice(from, 1));
  const after = ids.slice(first, last + 1);
  await change(async () => {
    await reorder({ contentIds: after });
    const time = rowOf(id)?.querySelector(".slot-time").textContent.trim().replace(/\s+/g, " ");
    toast(_("Moved to %(time)s.", { time }), () => change(() => reorder({ contentIds: before })));
  });
}

const rowOf = (id) => list()?.querySelector(`[data-post="${id}"]`);

document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.(".queue [data-post][draggable]");
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!row || !by || !event.altKey) return;
  event.preventDefault();
  shift(row.dataset.post, by, event.target.closest("[data-shift]"));
});

document.addEventListener("dragstart", (event) => {
  const row = event.target.closest?.(".queue [data-post][draggable]");
  if (!row) return;
  dragged = row.dataset.post;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", row.querySelector(".what a").textContent);
});

document.addEventListener("dragend", () => {
  dragged = null;
  mark(null);
});

document.addEventListener("dragover", (event) => {
  const row = dragged && event.target.closest?.(".queue [data-post]");
  mark(row);
  if (!row) return;
  event.preventDefault(); // without this the browser allows no drop
  event.dataTransfer.dropEffect = "move";
});

document.addEventListener("drop", (event) => {
  const row = dragged && event.target.closest?.(".queue [data-post]");
  if (!row) return;
  event.preventDefault();
  if (row.dataset.post !== dragged) place(dragged, order().indexOf(row.dataset.post));
});

function mark(row) {
  for (const each of document.querySelectorAll(".queue .over")) if (each !== row) each.classList.remove("over");
  row?.classList.add("over");
}
