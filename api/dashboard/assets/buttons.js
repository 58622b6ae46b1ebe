// Shared button behavior: one call at a time, with its problem shown beside the button.

import { clearProblem } from "./actions.js";
import { Problem, say, showProblem } from "./app.js";
import { _ } from "./language.js";

/** Do `work` once, with the button marked busy. A problem is shown in the form or card around it. */
export async function attempt(button, work) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  const scope = button.form ?? button.closest(".card") ?? document.getElementById("live");
  try {
    await work();
    clearProblem(scope);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    showProblem(scope, problem);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** Copy a field's text to the clipboard, or select it for copying by hand. */
export async function copyFrom(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    say(_("Copied."));
  } catch {
    say(_("The text is selected. Your browser does not let this page copy it, so please copy it yourself."));
  }
}

/** A good or bad notice. */
export function notice(isGood, words) {
  const made = document.createElement("p");
  made.className = isGood ? "notice good" : "notice bad";
  made.textContent = words;
  return made;
}
