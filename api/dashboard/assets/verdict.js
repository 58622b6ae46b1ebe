// What validation found, in one sentence. It leads to the first thing to do.

const UNSOLVED = ":is(.field, .tab-panel, [data-at]):is(.broken, .unfinished)";

/** Write `text` into `box`: as a button, where a field of the form has a problem or is not finished. */
export function showVerdict(box, text, { form, tabs }) {
  const leads = Boolean(text && form.querySelector(UNSOLVED));
  if (box.textContent === text && Boolean(box.querySelector("button")) === leads) return;
  box.replaceChildren(leads ? leading(text, form, tabs) : text);
}

function leading(text, form, tabs) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "leads", textContent: text });
  button.addEventListener("click", () => {
    const field = form.querySelector(UNSOLVED);
    if (!field) return;
    tabs.reveal(field);
    const control = field.querySelector("[aria-invalid='true']") ?? field.querySelector("input:not([type=hidden]), select, textarea");
    control?.focus();
  });
  return button;
}
