// Brands with their limits, and API keys. A new key is shown once.

import { api, instantOf, refresh, say } from "./app.js";
import { attempt, copyFrom } from "./buttons.js";
import { _ } from "./language.js";
import { looksOf } from "./looks.js";
import { followNames } from "./short_names.js";

// A link of another page leads to one form: it is open, and waits for what is typed.
function openWanted() {
  const wanted = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!wanted?.matches("details")) return;
  wanted.open = true;
  wanted.querySelector("input")?.focus();
}

// After the browser went to the address's fragment itself, which takes the focus away.
if (document.readyState === "complete") openWanted();
else addEventListener("load", openWanted);
addEventListener("hashchange", openWanted);
// What was just added is said first.
document.getElementById("added")?.focus();

followNames();

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-copy-secret]");
  if (button) copyFrom(button.closest("[data-secret]").querySelector("[data-secret-value]"));
  const rotate = target.closest("[data-rotate]");
  if (rotate) attempt(rotate, () => rotateKey(rotate.dataset.rotate));
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  const work = form.id === "new-key" ? createKey : "brandForm" in form.dataset ? saveBrand : null;
  if (!work) return;
  event.preventDefault();
  attempt(form.querySelector("[type=submit]"), () => work(form));
});

async function saveBrand(form) {
  const body = { name: textOf(form, "name"), timezone: textOf(form, "timezone"), duplicates: form.elements.duplicates.value, unusableAccounts: form.elements.unusableAccounts.value, approval: form.elements.approval.value, looks: looksOf(form) };
  const limits = [...form.querySelectorAll("[data-limit]")];
  if (limits.length) body.limits = Object.fromEntries(limits.map((field) => [field.dataset.limit, numberOf(field)]));
  const ref = form.dataset.brandForm;
  if (!ref) {
    if (form.elements.mode) body.mode = form.elements.mode.value;
    const added = await api("POST", "/v1/brands", { ...body, ref: form.elements.ref.value.trim() });
    // Load the whole page again: its header shows this brand and its time zone.
    return location.assign(`/settings?added=${encodeURIComponent(added.ref)}`);
  }
  await api("PATCH", `/v1/brands/${encodeURIComponent(ref)}`, body);
  form.removeAttribute("data-touched");
  say(_("Brand saved."));
  await refresh();
  form.reset(); // to what is stored now, as it is written there
}

async function createKey(form) {
  const at = form.elements.expiresAt.value;
  const body = { name: form.elements.name.value.trim(), scopes: new FormData(form).getAll("scopes") };
  if (form.elements.brandRef.value) body.brandRef = form.elements.brandRef.value;
  if (at) body.expiresAt = instantOf(at);
  showOnce((await api("POST", "/v1/keys", body)).key);
  form.removeAttribute("data-touched");
  form.reset();
  await refresh();
}

async function rotateKey(path) {
  showOnce((await api("POST", path, { overlap: "P1D" })).key);
  await refresh();
  say(_("The key has a new text. The one before works for one more day."));
}

function showOnce(key) {
  const box = document.querySelector("[data-secret]");
  const field = box.querySelector("[data-secret-value]");
  box.hidden = false;
  field.value = key;
  field.focus();
  field.select();
}

/** Empty means none: the API clears a field by null. */
function textOf(form, name) {
  return form.elements[name].value.trim() || null;
}

// What is no number is sent as it is, so that the API says what is wrong with it.
function numberOf(field) {
  if (field.validity.badInput) return field.value || "not a number";
  return field.value === "" ? null : Number(field.value);
}
