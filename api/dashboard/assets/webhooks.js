// Webhook endpoints: create them and rotate secrets (each secret is shown once), test them, replay events.

import { isConfirmed } from "./actions.js";
import { api, refresh } from "./app.js";
import { attempt, copyFrom, notice } from "./buttons.js";

const POLL = 2000; // milliseconds

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  if (button.dataset.test) attempt(button, () => test(button));
  else if (button.dataset.rotate) attempt(button, () => rotate(button));
  else if ("copySecret" in button.dataset) copyFrom(button.closest("[data-secret]").querySelector("[data-secret-value]"));
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.id !== "create" && form.id !== "replay") return;
  event.preventDefault();
  attempt(form.querySelector("[type=submit]"), () => (form.id === "create" ? create(form) : replay(form)));
});

async function create(form) {
  const body = { ...textsOf(form, "url", "brandRef", "description"), ...listsOf(form, "types", "channels") };
  const made = await api("POST", "/v1/webhooks/endpoints", body);
  showSecret(form.closest(".card"), made.secret, `It signs all messages to ${made.url}.`);
  form.reset();
  await refresh();
}

async function rotate(button) {
  const confirm = "Rotate the secret? The endpoint must learn the new one within 24 hours; until then both are valid.";
  if (!(await isConfirmed({ dataset: { confirm, confirmLabel: "Rotate secret" } }))) return;
  const made = await api("POST", button.dataset.rotate);
  showSecret(button.closest(".card"), made.secret, "The previous secret stays valid for 24 hours.");
  await refresh();
}

/** Send a test event and show the response. */
async function test(button) {
  const delivery = await api("POST", button.dataset.test);
  const last = delivery.attemptLog.at(-1);
  const good = delivery.status === "delivered";
  const answer = last?.statusCode ? `HTTP ${last.statusCode}` : last?.error ?? "no response";
  const words = good ? `Test delivered: ${answer} in ${last.durationMs} ms.` : `Test failed: ${answer}.`;
  button.closest(".card").querySelector("[data-result]").replaceChildren(notice(good, words));
  await refresh();
}

async function replay(form) {
  const body = listsOf(form, "types");
  for (const name of ["since", "until"]) {
    if (form.elements[name].value) body[name] = new Date(form.elements[name].value).toISOString();
  }
  const { replayed, nextSince } = await api("POST", form.dataset.path, body);
  const more = nextSince ? ` There are more, starting at ${new Date(nextSince).toLocaleString()}.` : "";
  form.querySelector("[data-replayed]").textContent = `${replayed} ${replayed === 1 ? "event" : "events"} queued.${more}`;
  await refresh();
}

// Delivery attempts are not events, so /live does not report them: poll while one is due.
setInterval(() => {
  const due = [...document.querySelectorAll("[data-due]")].map((each) => new Date(each.dataset.due).valueOf());
  if (!document.hidden && due.some((at) => at < Date.now() + POLL)) refresh();
}, POLL);

function textsOf(form, ...names) {
  const given = names.map((name) => [name, form.elements[name]?.value.trim()]).filter(([, value]) => value);
  return Object.fromEntries(given);
}

function listsOf(form, ...names) {
  const chosen = new FormData(form);
  return Object.fromEntries(names.map((name) => [name, chosen.getAll(name)]).filter(([, values]) => values.length));
}

function showSecret(card, secret, note) {
  const box = card.querySelector("[data-secret]");
  box.hidden = false;
  box.querySelector("[data-secret-note]").textContent = note;
  const field = box.querySelector("[data-secret-value]");
  field.value = secret;
  field.focus();
  field.select();
}
