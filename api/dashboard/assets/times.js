// Shows times in the reader's time zone. `<time datetime>` has the instant; `data-relative` adds the distance from now.

const STYLES = {
  medium: new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }),
  exact: new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" }),
};
const AWAY = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

/** The reader's own zone, such as Asia/Kolkata. */
export const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Write every time under `root` in the reader's zone. */
export function localize(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.valueOf())) continue;
    const text = STYLES[time.dataset.style ?? "medium"].format(at);
    const shown = "relative" in time.dataset ? `${text} (${away(at)})` : text;
    if (time.textContent !== shown) time.textContent = shown;
    time.title = `${time.dateTime} · shown in ${zone()}`;
  }
}

/** The distance of an instant from now, such as “in 2 hours”. */
export function away(at, now = Date.now()) {
  const seconds = (at - now) / 1000;
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? UNITS.at(-1);
  return AWAY.format(Math.round(seconds / size), unit);
}

/** Create the list of time zones for fields with `list="zones"`. */
export function offerZones() {
  const list = document.createElement("datalist");
  list.id = "zones";
  for (const name of ["UTC", ...(Intl.supportedValuesOf?.("timeZone") ?? [])]) list.append(new Option("", name));
  document.body.append(list);
}
