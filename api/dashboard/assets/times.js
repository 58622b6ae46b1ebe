// Times are written by the server, in the page's zone: the brand's. Here they get how far away they are, and the reader's
// own time in a tooltip, where that differs.

import { meta } from "./api.js";
import { _, language, locale } from "./language.js";

const AWAY = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const DAY = 86_400_000;
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const OWN = { dateStyle: "medium", timeStyle: "short" };

/** The IANA zone of all times on this page. */
export const pageZone = () => meta("zone") || "UTC";

// What places were called before: Chromium and Safari still name their zones so.
const RENAMED = { "Asia/Calcutta": "Asia/Kolkata", "Asia/Katmandu": "Asia/Kathmandu", "Asia/Rangoon": "Asia/Yangon", "Asia/Saigon": "Asia/Ho_Chi_Minh", "Europe/Kiev": "Europe/Kyiv" };

function ownZone() {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return RENAMED[timeZone] ?? timeZone;
}

/** Complete every time under `root`. */
export function localize(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.valueOf())) continue;
    const distance = time.querySelector("[data-away]");
    if (distance) write(distance, ` (${away(at)})`);
    const own = written(at, ownZone());
    if (own !== written(at)) time.title = _("%(time)s in %(zone)s, where you are", { time: own, zone: ownZone() });
  }
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** An instant in a zone, by default the page's. */
export function written(at, timeZone = pageZone(), style = OWN) {
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : locale, { hourCycle: "h23", ...style, timeZone }).format(at);
}

/** The distance of an instant from now, such as “in 2 hours”. */
export function away(at, now = Date.now()) {
  const seconds = (at - now) / 1000;
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? UNITS.at(-1);
  return AWAY.format(Math.round(seconds / size), unit);
}

/** The instant of a local time, such as 2027-01-15T09:00, by default in the page's zone; RFC 3339. A skipped hour is the
 * one after it. RangeError for a zone that does not exist. */
export function instantOf(local, timeZone = pageZone()) {
  const asUtc = Date.parse(`${local}Z`);
  const first = asUtc - aheadOfUtc(asUtc, timeZone);
  return new Date(asUtc - aheadOfUtc(first, timeZone)).toISOString();
}

/** Whether the clock of a zone shows a local time twice, as when it is put back. */
export function comesTwice(local, timeZone = pageZone()) {
  try {
    const asUtc = Date.parse(`${local}Z`);
    const ahead = new Set([-DAY, DAY].map((away) => aheadOfUtc(asUtc + away, timeZone)));
    return ahead.size > 1 && [...ahead].every((each) => aheadOfUtc(asUtc - each, timeZone) === each);
  } catch {
    return false; // not written yet, or no zone
  }
}

/** How far a zone is ahead of UTC at an instant, in milliseconds. */
function aheadOfUtc(at, timeZone) {
  const numbers = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" };
  const parts = new Intl.DateTimeFormat("en", { ...numbers, timeZone, hourCycle: "h23" }).formatToParts(at);
  const { year, month, day, hour, minute, second } = Object.fromEntries(parts.map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
}

/** Offer time zones in fields with `list="zones"`: the reader's own first, each with its distance from UTC. A field with
 * `data-own-zone` begins with it. */
export function offerZones() {
  for (const field of document.querySelectorAll("[data-own-zone]")) field.value ||= ownZone();
  const list = document.createElement("datalist");
  list.id = "zones";
  document.body.append(list);
  // Hundreds of distances take a moment, so they are computed for a person who is about to choose.
  document.addEventListener("focusin", ({ target }) => {
    if (target.matches?.('[list="zones"]') && !list.children.length) list.append(...zoneOptions());
  });
}

function zoneOptions() {
  const names = new Set([ownZone(), pageZone(), "UTC", ...(Intl.supportedValuesOf?.("timeZone") ?? [])]);
  return [...names].map((name) => {
    const option = document.createElement("option");
    option.value = name;
    const distance = distanceOf(name);
    option.label = name === ownZone() ? _("%(distance)s, where you are", { distance }) : distance;
    return option;
  });
}

function distanceOf(timeZone) {
  const parts = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" }).formatToParts();
  return parts.find(({ type }) => type === "timeZoneName").value.replace("GMT", "UTC");
}
