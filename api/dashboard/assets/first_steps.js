// The first brand, in the browser's own time zone. The next step is its first account.

import { api } from "./app.js";
import { attempt } from "./buttons.js";
import { followNames } from "./short_names.js";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.id !== "first-brand") return;
  event.preventDefault();
  attempt(form.querySelector("[type=submit]"), async () => {
    const { name, ref, timezone } = form.elements;
    const body = { ref: ref.value.trim(), name: name.value.trim() || null, timezone: timezone.value.trim() || null };
    const added = await api("POST", "/v1/brands", body);
    location.assign(`/accounts?brandRef=${encodeURIComponent(added.ref)}#connect-title`);
  });
});

followNames();
