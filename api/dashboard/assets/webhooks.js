// Webhook endpoints: create them and rotate secrets (each secret is shown once), test them, recover and replay events.

import { isConfirmed } from "./actions.js";
import { api, instantOf, readers, refresh } from "./app.js";
import { attempt, copyFrom, notice } from "./buttons.js";
import { _, ngettext } from "./language.js";

const POLL = 2000; // milliseconds

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  if (button.dataset.test) attempt(button, () => test(button));
  else if (button.dataset.rotate) attempt(button, () => rotate(button));
  else if ("copySecret" in button.dataset) copyFrom(button.closest("[data-secret]").querySelector("[data-secret-value]"));
});

// Of an endpoint that is changed: what is not chosen any more is sent, too.
readers.endpoint = (form) => {
  const given = new FormData(form);
  return { url: given.get("url").trim(), description: given.get("description").trim() || null, types: given.getAll("types"), channels: given.getAll("channels") };
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  const work = { create, recover, replay }[form.id];
  if (!work) return;
  event.preventDefault();
  attempt(form.querySelector("[type=submit]"), () => work(form));
});

async function create(form) {
  const named = form.elements.everywhere?.checked ? ["url", "description"] : ["url", "brandRef", "description"];
  const body = { ...textsOf(form, ...named), ...listsOf(form, "types", "channels") };
  const made = await api("POST", "/v1/webhooks/endpoints", body);
  showSecret(form.closest(".card"), made.secret, _("It signs all messages to %(url)s.", { url: made.url }));
  form.reset();
  await refresh();
}

async function rotate(button) {
  const confirm = _("Rotate the secret? The endpoint must learn the new one within 24 hours; until then both are valid.");
  if (!(await isConfirmed({ dataset: { confirm, confirmLabel: _("Rotate secret") } }))) return;
  const made = await api("POST", button.dataset.rotate);
  showSecret(button.closest(".card"), made.secret, _("The previous secret stays valid for 24 hours."));
  await refresh();
}

/** Send a test event and show the response. */
async function test(button) {
  const delivery = await api("POST", button.dataset.test);
  const last = delivery.attemptLog.at(-1);
  const good = delivery.status === "delivered";
  const answer = last?.statusCode ? `HTTP ${last.statusCode}` : last?.error ?? _("no response");
  const words = good ? _("Test delivered: %(answer)s in %(ms)s ms.", { answer, ms: last.durationMs }) : _("Test failed: %(answer)s.", { answer });
  const shown = [notice(good, words)];
  if (last?.responseHead) shown.push(Object.assign(document.createElement("pre"), { className: "answered", tabIndex: 0, dir: "auto", textContent: last.responseHead.slice(0, 600) }));
  button.closest(".card").querySelector("[data-result]").replaceChildren(...shown);
  await refresh();
}

/** Resend every event of a range: one call queues a part of it and says where the next begins. */
async function replay(form) {
  const words = form.querySelector("[data-replayed]");
  const body = { ...listsOf(form, "types"), ...rangeOf(form) };
  for (let count = 0; body.since; ) {
    const { replayed, nextSince } = await api("POST", form.dataset.path, body);
    count += replayed;
    body.since = nextSince;
    words.textContent = [ngettext("%(num)s event queued.", "%(num)s events queued.", count), nextSince && _("There are more …")].filter(Boolean).join(" ");
  }
  await refresh();
}

/** Send what did not arrive, and show how far it is until all of it arrived or was given up. */
async function recover(form) {
  const body = { ...listsOf(form, "types"), ...rangeOf(form), ...textsOf(form, "only") };
  let state = await api("POST", `${form.dataset.path}/recover`, body);
  showRecovery(form, state);
  while (state.status === "running") {
    await new Promise((done) => setTimeout(done, POLL / 2));
    state = await api("GET", `${form.dataset.path}/recoveries/${state.id}`);
    showRecovery(form, state);
  }
  await refresh();
}

function showRecovery(form, { status, total, sent, failed, deferred }) {
  const box = form.querySelector("[data-recovery]");
  const bar = box.querySelector("progress");
  bar.max = Math.max(total, 1);
  bar.value = total ? sent + failed : 1;
  const parts = [
    _("%(sent)s of %(total)s arrived", { sent, total }),
    failed ? _("%(count)s given up", { count: failed }) : "",
    deferred ? _("%(count)s waiting for the brand’s limit", { count: deferred }) : "",
  ];
  const words = total ? parts.filter(Boolean).join(", ") + _(".") : _("Nothing is missing in this range.");
  const end = status === "canceled" ? _("Canceled.") : "";
  box.querySelector("[data-recovered]").textContent = [words, end].filter(Boolean).join(" ");
  box.hidden = false;
}

// Delivery attempts are not events, so /live does not report them: poll while one is due.
setInterval(() => {
  const due = [...document.querySelectorAll("[data-due]")].map((each) => new Date(each.dataset.due).valueOf());
  if (!document.hidden && due.some((at) => at < Date.now() + POLL)) refresh();
}, POLL);

function rangeOf(form) {
  const given = ["since", "until"].filter((name) => form.elements[name].value);
  return Object.fromEntries(given.map((name) => [name, instantOf(form.elements[name].value)]));
}

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
