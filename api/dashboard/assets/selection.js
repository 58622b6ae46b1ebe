// Several posts at once: chosen in the list, then moved, canceled, retried, copied or withdrawn one after the other. Each
// has a result of its own, and stays listed until a person closes the results.

import { isConfirmed } from "./actions.js";
import { api, meta, Problem, refresh, say } from "./app.js";
import { _, fromApi, ngettext } from "./language.js";
import { instantOf } from "./times.js";

const by = (id) => document.getElementById(id);
const boxes = () => [...document.querySelectorAll("[name='chosen']")];
const chosen = () => boxes().filter((box) => box.checked);
let isBusy = false;

// What each button does with one post, and whether it asks first.
const WORK = {
  move: (box) => move(box),
  cancel: (box) => api("POST", `/v1/contents/${box.value}/cancel`),
  retry: (box) => api("POST", `/v1/contents/${box.value}/retry`),
  copy: (box) => copy(box),
  withdraw: (box) => api("POST", `/v1/contents/${box.value}/withdraw`),
};

document.addEventListener("change", ({ target }) => {
  if (target.id === "choose-all") for (const box of boxes()) box.checked = target.checked;
  if (target.id === "choose-all" || target.name === "chosen") show();
  if (target.id === "move-unit") by("move-by").parentElement.hidden = target.value === "at";
  if (target.id === "move-unit") by("move-at").parentElement.hidden = target.value !== "at";
});

document.addEventListener("click", ({ target, shiftKey }) => {
  if (target.name === "chosen") range(target, shiftKey);
  const button = target.closest?.("[data-many]");
  if (button) start(button);
  if (target.closest?.("[data-none]")) clear();
  if (target.closest?.("[data-close-results]")) by("results").hidden = true;
});

// The list is loaded again while people choose: what they have chosen stays, and what is gone is not counted.
document.addEventListener("refreshed", show);
addEventListener("pageshow", show);

/** Shift chooses everything between the last box and this one. */
let last = null;
function range(box, shiftKey) {
  const all = boxes();
  const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((one, other) => one - other);
  if (shiftKey && from >= 0) for (const each of all.slice(from, to + 1)) each.checked = box.checked;
  last = box;
  show();
}

function show() {
  if (!by("selection")) return; // no posts
  const count = chosen().length;
  by("selection").hidden = !count;
  by("chosen-count").textContent = ngettext("%(num)s post chosen", "%(num)s posts chosen", count);
  by("choose-all").checked = count > 0 && count === boxes().length;
  by("choose-all").indeterminate = count > 0 && count < boxes().length;
}

function clear() {
  for (const box of boxes()) box.checked = false;
  show();
}

async function start(button) {
  const { many } = button.dataset;
  const picked = chosen();
  if (isBusy || !picked.length || (many === "move" && !by("move-many").reportValidity())) return;
  if (button.dataset.confirm && !(await isConfirmed(button))) return;
  isBusy = true;
  button.setAttribute("aria-busy", "true");
  const list = by("results").querySelector("ul");
  list.replaceChildren();
  by("results").hidden = false;
  let done = 0;
  for (const box of picked) {
    const row = line(box);
    list.append(row);
    try {
      await WORK[many](box);
      done += 1;
      row.append(` ${button.dataset.done}`);
      row.className = "is-done";
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      row.append(" ", fromApi(problem.message));
      row.className = "is-refused";
    }
  }
  isBusy = false;
  button.removeAttribute("aria-busy");
  const words = _("%(done)s of %(total)s done.", { done, total: picked.length });
  by("results").querySelector("[data-sum]").textContent = words;
  say(words);
  await refresh();
  clear();
  by("results").focus({ preventScroll: true });
  by("results").scrollIntoView({ block: "nearest" });
}

function line(box) {
  const row = document.createElement("li");
  const link = Object.assign(document.createElement("a"), { href: `/contents/${box.value}`, textContent: box.dataset.title });
  link.dir = "auto";
  row.append(link, ":");
  return row;
}

/** By days or hours of the clock in the page’s zone, or to one time. */
function move(box) {
  const unit = by("move-unit").value;
  const timezone = meta("zone") || "UTC";
  const path = `/v1/contents/${box.value}/reschedule`;
  if (unit === "at") return api("POST", path, { scheduledAt: by("move-at").value, timezone });
  const amount = Number(by("move-by").value);
  if (unit === "hours") {
    return api("POST", path, { scheduledAt: new Date(Date.parse(box.dataset.due) + amount * 3_600_000).toISOString(), timezone });
  }
  const local = new Date(Date.parse(`${box.dataset.local}Z`) + amount * 86_400_000).toISOString().slice(0, 19);
  return api("POST", path, { scheduledAt: instantOf(local, timezone), timezone });
}

/** As a draft: nothing goes out before a person submits it. */
async function copy(box) {
  const { drafts } = await api("GET", `/contents/${box.value}/copy`);
  for (const body of drafts) await api("POST", "/v1/drafts", body);
}
