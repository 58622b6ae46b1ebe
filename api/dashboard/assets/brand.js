// The choice of the brand in the header takes effect at once. Without this script, a button sends it.

import { isConfirmed } from "./actions.js";
import { _ } from "./language.js";

export function watchBrand() {
  const form = document.querySelector("form[data-brand-picker]");
  const field = form?.elements.brandRef;
  if (!form || field.tagName !== "SELECT") return;
  form.querySelector("button").hidden = true;
  const before = field.value;
  field.addEventListener("change", async () => {
    if (await mayLeave()) form.submit();
    else field.value = before;
  });
}

// A post that is being written belongs to its brand: its text and files do not move to another one (drafts.js saves it).
async function mayLeave() {
  const post = document.querySelector("form[data-brand][data-touched]");
  if (!post) return true;
  const words = _("Switch the brand? What you are writing stays here, among the drafts of this brand.");
  return isConfirmed({ dataset: { confirm: words, confirmLabel: _("Switch") } });
}
