// Names in place of ids: an option whose values the account knows is chosen from them.

import { _ } from "./language.js";

// “Board ID” is a board, where it is chosen by its name.
const ID = /\s+id\s*$/i;

/** Replace the fields of `element` for the options that `box` lists (`data-listed`: {option: [[id, name]]}). */
export function offerNames(element, box) {
  const listed = JSON.parse(box.dataset.listed ?? "{}");
  for (const [option, pairs] of Object.entries(listed)) {
    const field = element.querySelector(`[data-option="${CSS.escape(option)}"]`);
    const input = field?.querySelector("input");
    if (!input) continue;
    const select = document.createElement("select");
    for (const { name, value } of input.attributes) if (["id", "data-pointer", "aria-describedby"].includes(name)) select.setAttribute(name, value);
    select.dataset.listed = "";
    select.append(new Option(_("Choose…"), ""), ...pairs.map(([id, name]) => new Option(name, id)));
    input.replaceWith(select);
    const words = field.querySelector("label [lang]") ?? field.querySelector("label");
    words.textContent = words.textContent.replace(ID, "");
    Object.assign(field.dataset, { kind: "choice", need: field.dataset.need.replace(ID, ""), label: field.dataset.label.replace(ID, "") });
    const hint = document.createElement("p");
    hint.className = "hint";
    const link = Object.assign(document.createElement("a"), { href: `/accounts/${box.value}`, target: "_blank", textContent: _("Check the account if one is missing.") });
    hint.append(_("As the account had them at its last check."), " ", link);
    select.after(hint);
  }
}

/** Choose a value; one that is no longer listed stays what it is. */
export function chooseListed(select, value) {
  if (![...select.options].some((option) => option.value === value)) select.append(new Option(value, value));
  select.value = value;
}
