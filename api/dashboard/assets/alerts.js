// Alerts: what their forms say, and test messages.

import { api, readers, refresh } from "./app.js";
import { attempt, notice } from "./buttons.js";
import { _ } from "./language.js";

readers.alert = (form) => {
  const given = new FormData(form);
  const [since, until] = [given.get("quietHours/since"), given.get("quietHours/until")];
  const body = {
    types: given.getAll("types"),
    quietHours: since || until ? { since, until } : null,
    digest: given.get("digest") || null,
  };
  // A change without an address keeps the one that is stored; without a brand it is about all of them.
  for (const name of ["url", "brandRef"]) {
    const value = given.get(name)?.trim();
    if (value) body[name] = value;
  }
  return body;
};

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button[data-test]");
  if (button) attempt(button, () => test(button));
});

/** Send a test message, and show whether the service took it. */
async function test(button) {
  const { sent, error } = await api("POST", button.dataset.test);
  const words = sent ? _("The service took the test message. Look whether it arrived.") : _("Not sent: %(error)s", { error });
  button.closest(".card").querySelector("[data-result]").replaceChildren(notice(sent, words));
  await refresh();
}
