// Names in place of ids: an option whose values the account's network lists is chosen from them.

import { api } from "./app.js";
import { _ } from "./language.js";

// “Board ID” is a board, where it is chosen by its name.
const ID = /\s+id\s*$/i;

/**
 * Offer names in the fields of `element` for the account of `box`. `data-listed` has those that are known: {option: [[id,
 * name]]}. Those of `data-lists`, {option: the option that it belongs to, or null}, are asked for when a person comes to them.
 */
export function offerNames(element, box) {
  const fieldOf = (option) => element.querySelector(`[data-option="${CSS.escape(option)}"]`);
  for (const [option, pairs] of Object.entries(JSON.parse(box.dataset.listed ?? "{}"))) {
    if (fieldOf(option)) offer(fieldOf(option), box, pairs);
  }
  for (const [option, above] of Object.entries(JSON.parse(box.dataset.lists ?? "{}"))) {
    const field = fieldOf(option);
    const upper = above && fieldOf(above);
    if (!field || field.querySelector("[data-listed]")) continue;
    field.addEventListener("focusin", () => ask(field, box, option, upper));
    upper?.addEventListener("change", () => { delete field.dataset.asked; });
  }
}

/** Choose a value; one that is not listed stays what it is. */
export function chooseListed(select, value) {
  if (![...select.options].some((option) => option.value === value)) select.append(new Option(value, value));
  select.value = value;
}

/** Ask the network once for each value above. Where that fails, or there is nothing, the id can be written as before. */
async function ask(field, box, option, upper) {
  const of = upper ? upper.querySelector("input, select").value.trim() : "";
  const asked = `${box.value}/${of}`;
  if (field.dataset.asked === asked || (upper && !of)) return;
  field.dataset.asked = asked;
  const query = new URLSearchParams({ option, ...(of ? { of } : {}) });
  try {
    const { data } = await api("GET", `/v1/accounts/${encodeURIComponent(box.value)}/choices?${query}`);
    if (data.length && field.dataset.asked === asked) offer(field, box, data.map(({ value, name }) => [value, name]));
  } catch {
    delete field.dataset.asked; // asked again when a person comes back to it
  }
}

function offer(field, box, pairs) {
  const before = field.querySelector("input, select");
  const hadFocus = before === document.activeElement;
  const select = document.createElement("select");
  for (const { name, value } of before.attributes) if (["id", "data-pointer", "aria-describedby"].includes(name)) select.setAttribute(name, value);
  select.dataset.listed = "";
  select.append(new Option(before.placeholder ? _("Default") : _("Choose…"), ""), ...pairs.map(([id, name]) => new Option(name, id)));
  if (before.value) chooseListed(select, before.value);
  before.replaceWith(select);
  if (hadFocus) select.focus();
  const words = field.querySelector("label [lang]") ?? field.querySelector("label");
  words.textContent = words.textContent.replace(ID, "");
  Object.assign(field.dataset, { kind: "choice", need: field.dataset.need.replace(ID, ""), label: field.dataset.label.replace(ID, "") });
  if (!JSON.parse(box.dataset.listed ?? "{}")[field.dataset.option] || field.querySelector("[data-stale]")) return;
  const hint = Object.assign(document.createElement("p"), { className: "hint" });
  hint.dataset.stale = "";
  const link = Object.assign(document.createElement("a"), { href: `/accounts/${box.value}`, target: "_blank", textContent: _("Check the account if one is missing.") });
  hint.append(_("As the account had them at its last check."), " ", link);
  select.after(hint);
}
