// A message that stays for some seconds, with a way back: a button, and Ctrl+Z (or ⌘Z) outside fields.

import { say } from "./app.js";
import { _ } from "./language.js";

const STAYS = 12_000;
let timer = 0;
let back = null;

/** Show `words`. `undo`, if there is a way back, is called at most once. */
export function toast(words, undo = null) {
  const box = document.getElementById("toast") ?? create();
  back = undo;
  box.querySelector("span").textContent = words;
  box.querySelector("button").hidden = !undo;
  box.hidden = false;
  const how = _("Press Ctrl and Z to undo it.");
  say(undo ? `${words} ${how}` : words);
  leaveSoon();
}

function create() {
  const box = document.createElement("div");
  box.id = "toast";
  box.className = "toast";
  box.dataset.keep = "";
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: _("Undo") });
  box.append(document.createElement("span"), button);
  button.addEventListener("click", goBack);
  // Who reads it, or is about to press, has the time that it takes.
  for (const event of ["pointerenter", "focusin"]) box.addEventListener(event, () => clearTimeout(timer));
  for (const event of ["pointerleave", "focusout"]) box.addEventListener(event, leaveSoon);
  document.addEventListener("keydown", (event) => {
    const isUndo = event.key === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
    if (!isUndo || !back || box.hidden || event.target.matches?.("input, textarea, select")) return;
    event.preventDefault();
    goBack();
  });
  document.getElementById("live").append(box);
  return box;
}

function leaveSoon() {
  clearTimeout(timer);
  timer = setTimeout(leave, STAYS);
}

function leave() {
  const box = document.getElementById("toast");
  if (box) box.hidden = true;
  back = null;
}

function goBack() {
  const undo = back;
  leave();
  undo?.();
}
