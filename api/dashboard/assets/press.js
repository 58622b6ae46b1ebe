// What a press of a button does on several pages: one call at a time, and what the API says against it told beside it.

import { Problem, say, showProblem } from "./app.js";

/** Do `work` once, while the button says that it is busy. A problem is told in the form or card around it. */
export async function attempt(button, work) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  const scope = button.form ?? button.closest(".card");
  scope.querySelector(".problem").hidden = true;
  try {
    await work();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    showProblem(scope, problem);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** Put a field's text on the clipboard, or say how to do it by hand. */
export async function copyFrom(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    say("Copied.");
  } catch {
    say("It is selected: copy it by hand, as the browser does not let this page do it.");
  }
}

/** A good or bad notice. */
export function notice(isGood, words) {
  const made = document.createElement("p");
  made.className = isGood ? "notice good" : "notice bad";
  made.textContent = words;
  return made;
}
