// A brand's look on the pages for owners and reviewers, and its apps at networks.

import { api, refresh, say } from "./app.js";
import { attempt } from "./buttons.js";
import { _ } from "./language.js";

document.addEventListener("submit", (event) => {
  const form = event.target;
  const work = "branding" in form.dataset ? saveLook : "app" in form.dataset ? saveApp : null;
  if (!work) return;
  event.preventDefault();
  attempt(form.querySelector("[type=submit]"), () => work(form));
});

// The colour can be written, or picked beside it.
document.addEventListener("input", ({ target }) => {
  if (target.dataset.picks) target.form.elements[target.dataset.picks].value = target.value;
  const picker = target.form?.querySelector(`[data-picks="${target.name}"]`);
  if (picker && /^#[0-9a-f]{6}$/i.test(target.value)) picker.value = target.value;
});

async function saveLook(form) {
  const logoMediaId = await logoOf(form);
  const body = { name: textOf(form, "name"), colour: textOf(form, "colour"), supportUrl: textOf(form, "supportUrl"), logoMediaId };
  await api("PUT", form.dataset.branding, body);
  form.removeAttribute("data-touched");
  say(_("Look saved."));
  await refresh();
  form.reset(); // to what is stored now
}

/** The stored file: a new one is uploaded first. */
async function logoOf(form) {
  const [file] = form.elements.logo?.files ?? [];
  if (!file) return form.elements.removeLogo?.checked ? null : form.dataset.logo || null;
  const upload = new FormData();
  upload.append("brandRef", form.dataset.brand);
  upload.append("file", file);
  return (await api("POST", "/v1/media", upload)).id;
}

async function saveApp(form) {
  const [channel, login] = form.elements.network.value.split(" ");
  const { clientId, clientSecret, review } = form.elements;
  const body = { clientId: clientId.value.trim(), clientSecret: clientSecret.value, login: login || null, review: review.value || null };
  await api("PUT", form.dataset.app + channel, body);
  form.removeAttribute("data-touched");
  form.reset();
  say(_("App saved."));
  await refresh();
}

/** Empty means none. */
function textOf(form, name) {
  return form.elements[name].value.trim() || null;
}
