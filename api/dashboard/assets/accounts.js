// Accounts: check, connect and reconnect them, in this browser or by a link for their owner.

import { api, refresh, written } from "./app.js";
import { attempt, copyFrom, notice } from "./buttons.js";
import { wanted } from "./connecting.js";
import { _ } from "./language.js";

const POLL = 3000; // milliseconds between checks of a connection's progress
const form = () => document.getElementById("connect");

document.addEventListener("click", (event) => {
  const { target } = event;
  const link = target.closest("a[data-connect]");
  // With a key held, a browser opens the account in another tab, as for any link.
  if (link && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)) {
    event.preventDefault();
    leaveBy(link, link.dataset.connect);
    return;
  }
  const button = target.closest("button");
  if (!button) return;
  if (button.dataset.check) check(button);
  else if (button.dataset.reconnect) leaveBy(button, `/v1/accounts/${button.dataset.reconnect}/reconnect`);
  else if (button.dataset.connect) leaveBy(button, button.dataset.connect);
  else if ("link" in button.dataset) makeLink(button);
  else if ("copy" in button.dataset) copyFrom(document.getElementById(button.dataset.copy));
});

document.addEventListener("submit", (event) => {
  if (event.target !== form()) return;
  event.preventDefault();
  const button = event.target.querySelector("[type=submit]");
  attempt(button, async () => leave(await api("POST", form().dataset.path, { ...wanted(), ...backHere() })));
});

/** Where the network sends the browser back to: this page, or another one here, if the API accepts its address. */
function backHere(page = location.href) {
  const here = new URL(page, location.href);
  here.searchParams.delete("connectionId");
  here.searchParams.delete("status");
  here.searchParams.delete("chooseUrl");
  here.hash = "";
  return isSecureContext ? { redirectUrl: here.href } : {};
}

function leave({ connectUrl }) {
  location.assign(connectUrl);
}

async function check(button) {
  await attempt(button, async () => {
    const result = button.closest(".account").querySelector("[data-result]");
    const answer = await api("POST", `/v1/accounts/${button.dataset.check}/check`);
    const words = answer.ok
      ? _("It works: the network confirmed this profile.")
      : `${sentence(answer.failure.message)} ${answer.failure.remedy}`;
    result.replaceChildren(notice(answer.ok, words));
    await refresh();
  });
}

/** A network's message as a sentence: another one follows it. */
const sentence = (text) => (/[.!?…।]\s*$/.test(text) ? text : `${text}.`);

/** What a button's request has beside the address to come back to. */
const bodyOf = (button) => JSON.parse(button.dataset.body ?? "{}");

function leaveBy(button, path) {
  attempt(button, async () => leave(await api("POST", path, { ...bodyOf(button), ...backHere(button.dataset.back) })));
}

/** Create a link to send to the owner, and show the progress here. */
function makeLink(button) {
  attempt(button, async () => {
    const isNew = button.form === form();
    const path = isNew ? form().dataset.path : button.dataset.link;
    const made = await api("POST", path, { ...(isNew ? wanted() : bodyOf(button)), ...lifeOf(button) });
    const result = button.closest(".card").querySelector("[data-link-result]");
    result.replaceChildren(...linkOf(made));
    result.hidden = false;
    result.querySelector("input").select();
    follow(made.id, result.querySelector("[data-state]"));
  });
}

/** When the link of a button ends, where a person chose that; a clock that is a bit ahead does no harm. */
function lifeOf(button) {
  const seconds = Number(button.parentElement.querySelector("[data-life]")?.value ?? 0);
  return seconds ? { expiresAt: new Date(Date.now() + (seconds - 60) * 1000).toISOString() } : {};
}

function linkOf({ id, connectUrl, expiresAt }) {
  const label = document.createElement("label");
  const address = Object.assign(document.createElement("input"), { readOnly: true, value: connectUrl, id: `link-${id}` });
  label.append(_("For the owner. Valid until %(time)s, for one connection.", { time: written(new Date(expiresAt)) }), address);
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: _("Copy") });
  button.dataset.copy = address.id;
  const state = Object.assign(document.createElement("p"), { className: "soft", textContent: _("Not opened yet.") });
  state.dataset.state = "";
  state.setAttribute("role", "status");
  return [label, button, state];
}

const STATES = {
  waiting: _("Not opened yet."),
  consenting: _("The owner is on the network’s site now."),
  choosing: _("The owner has given consent and is choosing a profile."),
  connected: _("Connected."),
  expired: _("The link expired without being used."),
};

async function follow(id, state) {
  while (state.isConnected) {
    await new Promise((done) => setTimeout(done, POLL));
    if (document.hidden) continue;
    let found;
    try {
      found = await api("GET", `/v1/connections/${id}`);
    } catch (problem) {
      state.textContent = _("We can’t check the progress. %(problem)s", { problem: problem.message });
      return;
    }
    const words = found.failure ? _("Not connected: %(problem)s The link can still be used.", { problem: sentence(found.failure.message) }) : STATES[found.status];
    if (state.textContent !== words) state.textContent = words;
    if (found.status === "connected") await refresh();
    if (found.status === "connected" || found.status === "expired") return;
  }
}
