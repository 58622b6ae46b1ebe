// The gallery of networks: shows what the chosen one needs, and reads the form for it.

import { api, refresh } from "./app.js";
import { attempt, notice } from "./buttons.js";
import { _ } from "./language.js";

const form = () => document.getElementById("connect");
const chosen = () => form().querySelector("input[name=channel]:checked");
const all = (selector) => form().querySelectorAll(selector);

/** What a connection in a browser is asked for by. */
export function wanted() {
  const { login, hint } = form().elements;
  const { value, dataset } = chosen();
  const server = dataset.ownServer !== undefined && hint.value.trim();
  return { channel: value, ...(login.value ? { login: login.value } : {}), ...(server ? { serviceUrl: server } : {}) };
}

/** Show the fields of the chosen network. */
function show() {
  const network = chosen();
  document.getElementById("chosen").hidden = !network;
  if (!network) return;
  const { way, title, missing, ownServer, byPassword, token, target, example, logins } = network.dataset;
  for (const part of all("[data-for]")) part.hidden = part.dataset.for !== way;
  for (const each of all(".chosen [data-title]")) each.textContent = title;
  form().querySelector(".chosen [data-missing]").textContent = missing;
  for (const link of all("[data-guide]")) link.href = `/docs/going-live/${network.value}`;
  const paste = document.getElementById("paste");
  paste.open = way === "token";
  paste.querySelector("summary").hidden = way === "token";
  for (const label of all("[data-password]")) label.hidden = byPassword === undefined;
  for (const label of all("[data-token-field]")) label.hidden = byPassword !== undefined;
  for (const label of all("label[data-own-server]")) label.hidden = ownServer === undefined;
  paste.querySelector("[data-token]").textContent = token;
  paste.querySelector("[data-target]").textContent = target;
  form().elements.target.placeholder = example;
  form().querySelector("[data-login]").hidden = !logins;
  showLogins(network.value);
  suggestServer(network.dataset.server);
}

function showLogins(channel) {
  const { login } = form().elements;
  for (const option of login.options) option.hidden = option.disabled = option.dataset.of !== channel;
  login.value = [...login.options].find((option) => !option.disabled)?.value ?? "";
}

/** The sandbox has one server, which no person can know. */
function suggestServer(server) {
  const note = form().querySelector("[data-sandbox-server]");
  note.hidden = !server;
  note.querySelector("code").textContent = server;
  for (const name of ["hint", "server"]) form().elements[name].value ||= server;
}

/** Connect by what a person pasted. */
function paste(button) {
  attempt(button, async () => {
    const { identifier, password, token, target, server } = form().elements;
    const { value, dataset } = chosen();
    const text = (field) => field.value.trim();
    const credentials = dataset.byPassword === undefined ? { accessToken: text(token) } : { identifier: text(identifier), password: password.value };
    const body = { channel: value, credentials };
    if (dataset.byPassword === undefined && text(target)) body.externalId = text(target);
    if (dataset.ownServer !== undefined && text(server)) body.serviceUrl = text(server);
    const account = await api("POST", form().dataset.import, body);
    for (const field of [identifier, password, token, target]) field.value = "";
    const said = notice(true, _("%(network)s %(handle)s is connected.", { network: dataset.title, handle: account.handle }));
    const next = Object.assign(document.createElement("a"), { href: `/compose?brandRef=${encodeURIComponent(form().dataset.brand)}`, textContent: _("Write a post") });
    said.append(" ", next);
    form().querySelector("[data-pasted]").replaceChildren(said);
    await refresh();
  });
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button[data-paste]");
  if (button) paste(button);
});

document.addEventListener("change", ({ target }) => {
  if (target.name !== "channel" || target.form !== form()) return;
  show();
  document.getElementById("chosen").scrollIntoView({ block: "nearest" });
});

if (form()) show();
