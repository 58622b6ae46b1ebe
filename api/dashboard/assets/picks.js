// Choosing among many accounts: found by a part of their name, or all of a network at once. What is chosen stays in sight.

import { _ } from "./language.js";

/** Watch the choice in `form`, if it has one to search. `chosen` is called once boxes were changed here. */
export function watchPicks(form, chosen) {
  const field = document.getElementById("find-pick");
  if (!field) return;
  const boxes = () => [...form.querySelectorAll("input[name='account']")];
  const show = () => {
    const wanted = field.value.trim().toLowerCase();
    for (const box of boxes()) {
      box.closest(".pick").hidden = !box.checked && !box.closest(".pick").textContent.toLowerCase().includes(wanted);
    }
    for (const group of form.querySelectorAll("[data-pick-group]")) group.hidden = !group.querySelector(".pick:not([hidden])");
    const count = boxes().filter(({ checked }) => checked).length;
    document.getElementById("picked").textContent = _("%(count)s of %(total)s chosen", { count, total: boxes().length });
  };
  field.addEventListener("input", (event) => {
    event.stopPropagation(); // what is looked for is no part of the post
    show();
  });
  form.addEventListener("input", ({ target }) => target.name === "account" && show());
  form.addEventListener("click", ({ target }) => {
    const group = target.closest("[data-pick-all]")?.closest("[data-pick-group]");
    if (!group) return;
    const here = [...group.querySelectorAll(".pick:not([hidden]) input")];
    const isOn = here.every(({ checked }) => checked);
    for (const box of here) box.checked = !isOn;
    show();
    chosen();
  });
  show();
}
