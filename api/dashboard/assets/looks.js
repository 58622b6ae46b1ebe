// The fields of a brand that say when its published posts are looked at.

const UNIT = { s: ["PT", "S"], min: ["PT", "M"], h: ["PT", "H"], d: ["P", "D"] };
const AGE = /^(\d+(?:\.\d+)?)\s*(s|min|h|d)$/;

/** A brand's choice as the API takes it; null when nothing is chosen. */
export function looksOf(form) {
  const rows = [...form.querySelectorAll("[data-look]")].map((row) => [row.dataset.look, agesOf(row)]);
  const chosen = rows.filter(([, ages]) => ages !== undefined);
  if (!chosen.length) return null;
  const { "": after = null, ...channels } = Object.fromEntries(chosen);
  return { after, channels };
}

function agesOf(row) {
  const mode = row.querySelector("[data-look-mode]").value;
  if (mode === "default") return undefined;
  return mode === "never" ? [] : row.querySelector("[data-look-ages] input").value.split(",").map(iso);
}

/** `7 d` as `P7D`. What is no age is sent as it is: the API says what is wrong with it. */
function iso(written) {
  const [, number, unit] = AGE.exec(written.trim()) ?? [];
  return unit ? UNIT[unit].join(number) : written.trim();
}

document.addEventListener("input", ({ target }) => {
  if (!target.matches("[data-look-mode]")) return;
  const ages = target.closest("[data-look]").querySelector("[data-look-ages]");
  ages.hidden = target.value !== "ages";
});

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-add-look]");
  if (!button) return;
  const more = button.closest("[data-look-more]");
  const choice = more.querySelector("[data-look-add]");
  const row = document.getElementById(`look-${choice.value}`).content.firstElementChild.cloneNode(true);
  const [option] = choice.selectedOptions;
  option.remove();
  more.before(row);
  more.hidden = choice.options.length === 0;
  button.form.setAttribute("data-touched", "");
  const mode = row.querySelector("[data-look-mode]");
  mode.options[0].textContent = option.dataset.default;
  mode.value = "ages";
  mode.dispatchEvent(new Event("input", { bubbles: true }));
  row.querySelector("input").focus();
});
