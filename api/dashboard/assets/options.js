// A channel's options as form fields: read them for a request, and fill them in from a draft.

import { chooseListed } from "./listed.js";

/** The value of an option's field; undefined if it is empty, so that the channel's default applies. */
export function valueOf(field) {
  if (field.dataset.kind === "choices") {
    const chosen = [...field.querySelectorAll("input:checked")].map((box) => box.value);
    return chosen.length ? chosen : undefined;
  }
  const control = field.querySelector("input, select, textarea");
  if (field.dataset.kind === "flag") return control.checked === control.defaultChecked ? undefined : control.checked;
  if (!control.value.trim()) return undefined;
  switch (field.dataset.kind) {
    case "ternary":
      return control.value === "true";
    case "number":
      return Number.isNaN(Number(control.value)) ? control.value : Number(control.value);
    case "lines":
      return control.value.split("\n").map((line) => line.trim()).filter(Boolean);
    case "json":
      return parsed(control.value);
    default:
      return control.value;
  }
}

/** Unreadable JSON is sent as text: the API reports what is wrong. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Fill a field in. `undefined` leaves it as it is. */
export function setValue(field, value) {
  if (value === undefined || value === null) return;
  if (field.dataset.kind === "choices") {
    for (const box of field.querySelectorAll("input")) box.checked = [value].flat().includes(box.value);
    return;
  }
  const control = field.querySelector("input, select, textarea");
  if (field.dataset.kind === "flag") control.checked = value === true;
  else if (control.matches("[data-listed]")) chooseListed(control, String(value));
  else if (field.dataset.kind === "lines" && Array.isArray(value)) control.value = value.join("\n");
  else control.value = typeof value === "object" ? JSON.stringify(value) : String(value);
}
