// Secret addresses of a calendar: each is shown once, when it is created.

import { api, refresh } from "./app.js";
import { attempt, copyFrom } from "./buttons.js";

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button?.dataset.createFeed) attempt(button, () => create(button));
  else if (button && "copyFeed" in button.dataset) copyFrom(field(button));
});

async function create(button) {
  const { url } = await api("POST", button.dataset.createFeed);
  const shown = field(button);
  shown.value = url;
  shown.closest("[data-new-feed]").hidden = false;
  shown.focus();
  shown.select();
  await refresh();
}

const field = (button) => button.closest(".card").querySelector("[data-feed-url]");
