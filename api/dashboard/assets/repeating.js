// A post that comes again: its rule in plain words, written as RFC 5545 does; the next dates; its texts in turn.

import { api } from "./app.js";
import { _, fromApi } from "./language.js";

const QUIET = 300; // milliseconds without a change before the dates are asked for
const DAYS = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
// What a post has and a series has not: it has times of its own.
const TIMES = ["brandRef", "scheduledAt", "slot", "timezone", "fold", "publishBy", "withdrawAt"];
const by = (id) => document.getElementById(id);

export class Repeating {
  /** `stored`: the series that is edited, or null. `changed` is called when the texts in turn change. */
  constructor(form, stored, changed) {
    this.form = form;
    this.stored = stored;
    this.changed = changed;
    this.asked = 0;
    this.waiting = 0;
  }

  /** Whether the post comes again. */
  get isChosen() {
    return this.form.elements.when.value === "repeats";
  }

  /** Fill the rule in, and follow its fields. */
  begin() {
    if (!by("repeat")) return;
    if (this.stored) this.#fill(this.stored);
    else this.#chooseDay();
    by("repeat").addEventListener("input", () => this.show());
    for (const id of ["at", "time-zone"]) by(id).addEventListener("input", () => this.show());
    by("add-variant").addEventListener("click", () => this.#add("").querySelector("textarea").focus());
    by("variants").addEventListener("click", ({ target }) => {
      if (!target.closest("button")) return;
      target.closest("li").remove();
      this.#number();
      this.changed();
    });
    this.show();
  }

  /** Show the fields that the rule has, and its dates. */
  show() {
    if (!by("repeat")) return;
    const chosen = this.isChosen;
    by("repeat").hidden = !chosen;
    for (const each of this.form.querySelectorAll("[data-once]")) each.hidden = chosen;
    for (const each of this.form.querySelectorAll("[data-repeats]")) each.hidden = !chosen;
    if (!chosen) return;
    const unit = by("unit").value;
    for (const each of by("repeat").querySelectorAll("[data-of]")) each.hidden = each.dataset.of !== unit;
    for (const each of by("repeat").querySelectorAll("[data-not-own]")) each.hidden = unit === "own";
    for (const each of by("repeat").querySelectorAll("[data-ends]")) each.hidden = unit === "own" || each.dataset.ends !== by("ends").value;
    by("every").parentElement.hidden = unit === "own";
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.#showDates(), QUIET);
  }

  /** Store the series with what the form says of its posts. Throws Problem. */
  async send(body, key) {
    const content = Object.fromEntries(Object.entries(body).filter(([name]) => !TIMES.includes(name)));
    const variants = [...by("variants").querySelectorAll("textarea")].map(({ value }) => value).filter((text) => text.trim());
    const rule = { rrule: this.rule, start: by("at").value, timezone: by("time-zone").value.trim(), content };
    if (this.stored) return api("PATCH", `/v1/series/${this.stored.id}`, { ...rule, variants: variants.length ? variants : null });
    const made = { brandRef: body.brandRef, ...rule, ...(variants.length ? { variants } : {}) };
    return api("POST", "/v1/series", made, { "Idempotency-Key": key });
  }

  /** The rule as RFC 5545 writes it. */
  get rule() {
    const unit = by("unit").value;
    if (unit === "own") return by("own-rule").value.trim();
    const parts = [`FREQ=${unit}`];
    if (Number(by("every").value) > 1) parts.push(`INTERVAL=${Number(by("every").value)}`);
    const days = [...by("repeat").querySelectorAll("[name='rule-day']:checked")].map(({ value }) => value);
    if (unit === "WEEKLY" && days.length) parts.push(`BYDAY=${days.join(",")}`);
    if (unit === "MONTHLY") parts.push(...this.#dayOfMonth());
    const ends = by("ends").value;
    if (ends === "count" && by("count").value) parts.push(`COUNT=${Number(by("count").value)}`);
    if (ends === "until" && by("until").value) parts.push(`UNTIL=${by("until").value.replaceAll("-", "")}`);
    return parts.join(";");
  }

  #dayOfMonth() {
    const first = new Date(`${by("at").value.slice(0, 10)}T00:00:00Z`);
    const day = DAYS[first.getUTCDay()];
    const week = Math.ceil(first.getUTCDate() / 7);
    const choice = by("in-month").value;
    if (choice === "last") return ["BYMONTHDAY=-1"];
    if (choice === "last-weekday" || (choice === "weekday" && week > 4)) return [`BYDAY=-1${day}`];
    return choice === "weekday" ? [`BYDAY=${week}${day}`] : [];
  }

  async #showDates() {
    const mine = (this.asked += 1);
    const query = new URLSearchParams({ rule: this.rule, start: by("at").value, timezone: by("time-zone").value.trim() });
    let found;
    try {
      found = await api("GET", `/series/dates?${query}`);
    } catch (problem) {
      found = { problems: [problem.message] };
    }
    if (mine !== this.asked) return;
    const { words, dates = [], problems = [] } = found;
    const said = dates.length ? words : _("All dates of the rule have passed.");
    by("rule-words").replaceChildren(problems.length ? fromApi(problems.join(" ")) : said);
    by("rule-words").classList.toggle("dead", problems.length > 0 || !dates.length);
    by("rule-dates").replaceChildren(...dates.map((each) => Object.assign(document.createElement("li"), { textContent: each })));
  }

  /** The weekday of the first date, until a person chooses others. */
  #chooseDay() {
    const day = DAYS[new Date(`${by("at").value.slice(0, 10)}T00:00:00Z`).getUTCDay()];
    for (const box of by("repeat").querySelectorAll("[name='rule-day']")) box.checked = box.value === day;
  }

  #fill({ rrule, variants }) {
    const parts = Object.fromEntries(rrule.toUpperCase().replace(/^RRULE:/, "").split(";").map((part) => part.split("=")));
    by("unit").value = parts.FREQ;
    by("every").value = parts.INTERVAL ?? 1;
    for (const box of by("repeat").querySelectorAll("[name='rule-day']")) box.checked = (parts.BYDAY ?? "").split(",").includes(box.value);
    by("in-month").value = parts.BYMONTHDAY === "-1" ? "last" : /^-1/.test(parts.BYDAY ?? "") ? "last-weekday" : parts.BYDAY ? "weekday" : "date";
    by("ends").value = parts.COUNT ? "count" : parts.UNTIL ? "until" : "";
    if (parts.COUNT) by("count").value = parts.COUNT;
    if (parts.UNTIL) by("until").value = parts.UNTIL.replace(/^(\d{4})(\d\d)(\d\d).*/, "$1-$2-$3");
    // A rule that these fields cannot say stays as it is written.
    if (sorted(this.rule) !== sorted(rrule)) {
      by("unit").value = "own";
      by("own-rule").value = rrule;
    }
    for (const text of variants) this.#add(text);
    by("variants-box").open = variants.length > 0;
  }

  #add(text) {
    const made = by("variant").content.firstElementChild.cloneNode(true);
    made.querySelector("textarea").value = text;
    by("variants").append(made);
    this.#number();
    return made;
  }

  #number() {
    [...by("variants").children].forEach((each, index) => {
      const field = each.querySelector("textarea");
      field.id = `variant-${index}`;
      each.dataset.at = `/variants/${index}`;
      each.querySelector("label").htmlFor = field.id;
      each.querySelector("label").textContent = _("Text %(number)s", { number: index + 1 });
    });
  }
}

const sorted = (rule) => rule.toUpperCase().replace(/^RRULE:/, "").replace(/;$/, "").split(";").filter((part) => part !== "INTERVAL=1").sort().join(";");
