// How long each text is on each network, from POST /v1/contents/validate.

import { _ } from "./language.js";

/** A counter beside each text, for the tightest limit of each account. */
export function showCounters(lists, lengths, places, titles) {
  const byField = new Map();
  for (const each of lengths) {
    const field = places.get(each.pointer);
    if (!field) continue;
    const counted = byField.get(field) ?? new Map();
    const of = each.accountId ?? each.channel;
    const known = counted.get(of);
    if (!known || share(each) > share(known)) counted.set(of, each);
    byField.set(field, counted);
  }
  for (const list of lists) {
    const counted = [...(byField.get(list.parentElement)?.values() ?? [])];
    list.replaceChildren(...counted.map((each) => counter(each, titles)));
  }
}

/** The length of an account's main text by its tightest limit: for its tab, which stays in view. */
export function tightest(lengths, accountId, root) {
  const mine = lengths.filter((each) => each.accountId === accountId && [`${root}/text`, "/text"].includes(each.pointer));
  return mine.reduce((found, each) => (!found || share(each) > share(found) ? each : found), null);
}

/** A unit as people call it. What Unicode calls a grapheme is one character to them. */
const WORDS = {
  graphemes: _("characters"),
  code_points: _("characters"),
  utf8_bytes: _("UTF-8 bytes"),
  utf16_units: _("UTF-16 units"),
  emoji_bytes: _("characters, with each emoji counted as its bytes"),
  weighted_characters: _("weighted characters"),
};

function share({ actual, maximum }) {
  return actual / maximum;
}

function counter({ channel, unit, actual, maximum }, titles) {
  const item = document.createElement("li");
  const over = actual - maximum;
  item.className = over > 0 ? "over" : share({ actual, maximum }) > 0.9 ? "near" : "";
  item.title = _("in %(unit)s", { unit: WORDS[unit] ?? unit });
  const number = document.createElement("b");
  number.textContent = actual;
  item.append(`${titles.get(channel) ?? channel} `, number, ` / ${maximum}`);
  if (over > 0) item.append(" · ", _("%(count)s too many", { count: over }));
  return item;
}
