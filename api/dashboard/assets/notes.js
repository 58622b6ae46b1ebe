// Shows notes beside their fields, and removes them once they are solved. What they say is in people.js.

import { _, fromApi } from "./language.js";

let made = 0;
const WORDS = { problem: _("Problem:"), todo: _("To do:"), warning: _("Note:") };

/** The field of a JSON pointer, or the nearest field around it, or null. `places`: a Map from pointers to fields. */
export function placeOf(pointer, places) {
  for (let rest = pointer; rest; rest = rest.slice(0, rest.lastIndexOf("/"))) {
    if (places.has(rest)) return places.get(rest);
  }
  return null;
}

/** Show notes (`{kind, pointer, message, contentId}`) at their fields, in place of earlier ones. Returns those without a field. */
export function showNotes(root, notes, places) {
  const byField = new Map();
  const unplaced = [];
  for (const one of notes) {
    const field = placeOf(one.pointer ?? "", places);
    if (!field) unplaced.push(one);
    else byField.set(field, [...(byField.get(field) ?? []), one]);
  }
  for (const list of root.querySelectorAll("[data-notes]")) {
    if (!byField.has(list.parentElement)) fill(list, []);
  }
  for (const [field, found] of byField) fill(field.querySelector(":scope > [data-notes]"), found);
  return unplaced;
}

/** Write notes into a list. The field around it is marked invalid if one of them is a problem. */
export function fill(list, notes) {
  const shown = notes.map(({ kind, message }) => `${kind} ${message}`).join("\n");
  if (list.dataset.shown === shown) return; // screen readers would announce it twice
  list.dataset.shown = shown;
  list.id ||= `notes-${(made += 1)}`;
  list.hidden = notes.length === 0;
  list.replaceChildren(...notes.map(noteOf));
  const field = list.parentElement;
  const broken = notes.some(({ kind }) => kind === "problem");
  field.classList.toggle("broken", broken);
  field.classList.toggle("unfinished", notes.some(({ kind }) => kind === "todo"));
  for (const control of controlsOf(field)) {
    describe(control, list.id, notes.length > 0);
    if (broken) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  }
}

/** The first control that has a problem, in the whole form: a folded part of it must be opened first. */
export function firstBroken(root) {
  return root.querySelector("[aria-invalid='true']");
}

function noteOf({ kind, message, isOwn, contentId }) {
  const item = document.createElement("li");
  item.className = `is-${kind}`; // "problem" alone is the box of app.js
  const word = document.createElement("span");
  word.className = "unseen";
  word.textContent = `${WORDS[kind]} `;
  item.append(word, isOwn ? message : fromApi(message));
  if (contentId) item.append(" ", linkTo(contentId));
  return item;
}

/** In a tab of its own: what is written here must stay. */
function linkTo(contentId) {
  const link = document.createElement("a");
  link.href = `/contents/${encodeURIComponent(contentId)}`;
  link.target = "_blank";
  link.textContent = _("Open that post");
  return link;
}

/** A field's own controls; of a group of choices, the first one. */
function controlsOf(field) {
  const all = [...field.querySelectorAll("input, select, textarea")];
  const own = all.filter((each) => each.closest(".field, [data-at]") === field);
  return own.slice(0, 1);
}

function describe(control, id, wanted) {
  const ids = (control.getAttribute("aria-describedby") ?? "").split(" ").filter((each) => each && each !== id);
  if (wanted) ids.push(id);
  if (ids.length) control.setAttribute("aria-describedby", ids.join(" "));
  else control.removeAttribute("aria-describedby");
}
