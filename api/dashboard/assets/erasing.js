// Forms that erase a brand or an account: the name is typed first.
//   <form data-erase="/v1/brands/acme" data-name="acme" data-confirmed="acme" data-erased="…">

import { api, Problem, refresh, say } from "./app.js";
import { attempt } from "./buttons.js";
import { _ } from "./language.js";

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-erase]");
  if (!form) return;
  event.preventDefault();
  attempt(form.querySelector("[type=submit]"), () => erase(form));
});

async function erase(form) {
  const { erase: path, name, confirmed, erased } = form.dataset;
  if (form.elements.typed.value.trim() !== name) throw wrongName(name);
  await api("DELETE", `${path}?confirm=${encodeURIComponent(confirmed)}`);
  say(erased);
  await refresh();
}

function wrongName(name) {
  const problem = new Problem({ detail: _("That is another name. To erase it, type %(name)s.", { name }) }, 422);
  return Object.assign(problem, { isOwn: true });
}
