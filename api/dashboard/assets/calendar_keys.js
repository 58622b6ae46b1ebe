// The calendar by keyboard: Alt and the arrow keys choose another time for the focused post, Enter moves it there and
// Escape keeps it. The arrow keys alone go from one empty hour to another.

import { say } from "./app.js";
import { _ } from "./language.js";

const DAY = 86_400_000;
const HOUR = 3_600_000;
const pending = () => document.getElementById("pending");
let chosen = null;

/** Listen. `move(id, version, local)` moves a post, `mark(place)` shows where it would be put. */
export function watchKeys({ calendar, move, mark, inWords }) {
  document.addEventListener("keydown", (event) => {
    const entry = event.target.closest?.("[data-movable]");
    if (entry && event.altKey && event.key.startsWith("Arrow")) {
      event.preventDefault();
      choose(entry, event.key);
    } else if (chosen && event.key === "Enter") {
      event.preventDefault();
      const { id, version, local } = chosen;
      forget();
      move(id, version, local).then(() => document.querySelector(`[data-entry="${id}"]`)?.focus());
    } else if (chosen && event.key === "Escape") {
      event.preventDefault();
      forget();
      say(_("Not moved."));
    } else if (!event.altKey && event.target.matches?.(".slot") && event.key.startsWith("Arrow")) {
      if (goTo(calendar(), event.target, event.key)) event.preventDefault();
    }
  });
  document.addEventListener("focusout", forget);
  // The fresh page knows nothing of a time that is only chosen.
  document.addEventListener("refreshed", () => chosen && show());

  function choose(entry, key) {
    const { entry: id, version, local } = entry.dataset;
    const from = chosen?.id === id ? chosen.local : local;
    const at = new Date(Date.parse(`${from}Z`) + step(calendar().dataset.view, key));
    chosen = { id, version, local: at.toISOString().slice(0, 19) };
    say(show());
  }

  /** Show the chosen time, and return it in words. */
  function show() {
    const entry = document.querySelector(`[data-entry="${chosen.id}"]`);
    mark(entry && placeAt(calendar(), entry, chosen.local));
    const words = _("%(time)s: press Enter to move it there, Escape to keep it.", { time: inWords(chosen.local) });
    pending().textContent = words;
    pending().hidden = false;
    return words;
  }

  function forget() {
    if (!chosen) return;
    chosen = null;
    mark(null);
    pending().hidden = true;
  }
}

// Up and down are a week in a month, and an hour where hours are shown.
function step(view, key) {
  const sign = key === "ArrowUp" || key === "ArrowLeft" ? -1 : 1;
  if (key === "ArrowLeft" || key === "ArrowRight") return sign * DAY;
  return sign * (view === "month" ? 7 * DAY : HOUR);
}

function placeAt(calendar, entry, local) {
  const { brand } = entry.closest(".day").dataset;
  const days = [...calendar.querySelectorAll(`[data-date="${local.slice(0, 10)}"]`)];
  const day = days.find((each) => each.dataset.brand === brand);
  return day?.querySelector(`[data-at="${local.slice(0, 13)}:00"]`) ?? day ?? null;
}

/** Focus the next empty hour in that direction; false if there is none. Only the focused one is a tab stop. */
function goTo(calendar, slot, key) {
  const days = [...calendar.querySelectorAll(".day")];
  const hour = slot.closest(".hour");
  const beside = { ArrowLeft: -1, ArrowRight: 1 }[key] ?? 0;
  const below = { ArrowUp: -1, ArrowDown: 1 }[key] ?? 0;
  const day = days[days.indexOf(slot.closest(".day")) + beside];
  const found = day?.querySelectorAll(".hour")[Number(hour.dataset.key) + below]?.querySelector(".slot");
  if (!found) return false;
  for (const other of day.querySelectorAll(".slot")) other.tabIndex = other === found ? 0 : -1;
  found.focus();
  return true;
}
