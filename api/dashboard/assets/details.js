// Loads details when they are opened: `<details data-src="/publications/…" data-part="…">` shows the part of that page
// with the same `data-part`, and loads it again whenever the page was refreshed. `<button data-close>` closes the details
// around it.

import { localize } from "./times.js";

export function watchDetails() {
  document.addEventListener("toggle", (event) => load(event.target), true);
  document.addEventListener("click", ({ target }) => {
    const details = target.closest("button[data-close]")?.closest("details");
    if (!details) return;
    details.open = false;
    details.querySelector("summary").focus();
  });
  // What explains a badge lies over the page, and goes by a click beside it or by Escape.
  document.addEventListener("click", ({ target }) => leaveOthers(target.closest(".explained")));
  document.addEventListener("keydown", ({ key, target }) => {
    if (key !== "Escape") return;
    target.closest(".explained[open]")?.querySelector("summary").focus();
    leaveOthers(null);
  });
  document.addEventListener("refreshed", loadOpenOnes);
  loadOpenOnes();
}

function loadOpenOnes() {
  for (const details of document.querySelectorAll("details[data-src][open]")) load(details);
}

function leaveOthers(kept) {
  for (const each of document.querySelectorAll(".explained[open]")) if (each !== kept) each.open = false;
}

async function load(details) {
  if (!details.open || !details.dataset.src) return;
  const answer = await fetch(details.dataset.src, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const part = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(
    `[data-part="${details.dataset.part}"]`,
  );
  localize(part);
  details.querySelector(".loaded").replaceChildren(...part.childNodes);
}
