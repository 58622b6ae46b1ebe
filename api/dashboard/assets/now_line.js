// The line at the present minute, in the calendar's zone. The server draws the first one.

const EVERY = 20_000;

/** Keep the line at the present. */
export function showNow(calendar) {
  draw(calendar());
  setInterval(() => draw(calendar()), EVERY);
  document.addEventListener("refreshed", () => draw(calendar()));
}

function draw(calendar) {
  if (calendar.dataset.view === "month") return;
  const { hour, minute } = clock(calendar.dataset.zone);
  const hours = new Set(calendar.querySelectorAll(`[data-at="${hour}"]`));
  for (const line of calendar.querySelectorAll(".now-line")) if (!hours.has(line.closest(".hour"))) line.remove();
  for (const each of hours) place(each, `${Math.round((minute / 60) * 100)}%`);
}

function place(hour, y) {
  const found = hour.querySelector(".now-line");
  const line = found ?? document.getElementById("now-line").content.firstElementChild.cloneNode(true);
  const [stroke, dot] = line.children;
  stroke.setAttribute("y1", y);
  stroke.setAttribute("y2", y);
  dot.setAttribute("cy", y);
  if (!found) hour.append(line);
}

/** The present hour as `2027-01-15T09:00`, and its minute. */
function clock(timeZone) {
  const numbers = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" };
  const format = new Intl.DateTimeFormat("en-CA", { timeZone, hourCycle: "h23", ...numbers });
  const part = Object.fromEntries(format.formatToParts(new Date()).map(({ type, value }) => [type, value]));
  return { hour: `${part.year}-${part.month}-${part.day}T${part.hour}:00`, minute: Number(part.minute) };
}
