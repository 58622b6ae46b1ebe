// On a narrow screen the pages are behind a menu button. Without this script they are simply shown (dashboard.css).

export function watchMenu() {
  const button = document.getElementById("menu");
  if (!button) return;
  const isOpen = () => button.getAttribute("aria-expanded") === "true";
  const show = (open) => button.setAttribute("aria-expanded", String(open));
  button.addEventListener("click", () => show(!isOpen()));
  document.addEventListener("keydown", (event) => {
    // A dialog above the page takes its own Escape.
    if (event.key !== "Escape" || !isOpen() || document.querySelector("dialog[open]")) return;
    show(false);
    button.focus();
  });
  document.addEventListener("click", ({ target }) => {
    if (isOpen() && !target.closest(".top")) show(false);
  });
}
