// Loads details when they are opened: `<details data-src="/publications/…" data-part="…">` shows the part of that page
// with the same `data-part`, and loads it again whenever the page was refreshed.

import { localize } from "./times.js";

export function watchDetails() {
  document.addEventListener("toggle", (event) => load(event.target), true);
  document.addEventListener("refreshed", () => {
    for (const details of document.querySelectorAll("details[data-src][open]")) load(details);
  });
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
