// The API's problems and warnings, as people say them: one note where several channels report the same.

import { _, filled, listed, ngettext } from "./language.js";

const DUPLICATE = "DUPLICATE_OF_RECENT";
const CHANNEL = /^\/channels\/\d+/;
// How the API's messages name an option.
const OPTION = /\boptions\.(\w+)/g;
// Kinds of fields that a person chooses in. What must be written keeps the API's words.
const CHOSEN = new Set(["choice", "choices", "ternary"]);

/**
 * Notes to show: {kind: "problem" | "todo" | "warning", pointer, message, channels, contentId}. What is missing is still to do, until a
 * person tries to submit (`insists`): an unfinished post is not a mistake.
 */
export function inWords({ problems = [], warnings = [] }, { titles, places, kinds, insists }) {
  const found = [
    ...problems.map((each) => ({
      ...each,
      kind: each.code === "MISSING_FIELD" && !insists ? "todo" : "problem",
      contentId: each.code === DUPLICATE ? each.actual : null,
    })),
    ...warnings.map((each) => ({ ...each, kind: "warning" })),
  ];
  const groups = new Map();
  for (const each of found) {
    const title = titles.get(each.channel) ?? "";
    const said = title ? each.message.replaceAll(title, "\0") : each.message;
    // A problem stays at its own field; the same warning about several accounts is one note.
    const place = each.kind === "warning" ? each.pointer?.replace(CHANNEL, "") : each.pointer;
    const key = [each.kind, place, each.code, said].join("\n");
    const group = groups.get(key) ?? { ...each, channels: [] };
    if (title && !group.channels.includes(title)) group.channels.push(title);
    if (group.pointer !== each.pointer) group.pointer = place || "/shared";
    groups.set(key, group);
  }
  return merged([...groups.values()].map((each) => ({ ...each, ...asked(each, places, kinds) })));
}

/**
 * One of the API's errors as its field on the page says it: a button or a choice there does what a client does by a
 * request. A field's `title` says what its `pattern` is, as HTML has it. Null when the API's message is the best there is.
 */
export function ownWords({ code, pointer }, field = null) {
  if (code === "TIME_IN_PAST" && pointer === "/scheduledAt") return _("the time has passed; choose a later one, or publish now");
  if (field?.title && (field.validity?.patternMismatch || field.validity?.valueMissing)) return field.title;
  return null;
}

/** Why a file is not deleted, and what to do first, from the API's errors: one for each post, draft or look of a brand that needs it. */
export function inUse(errors) {
  const drafts = errors.filter(({ actual }) => String(actual).startsWith("drf_")).length;
  const logos = errors.filter(({ actual }) => String(actual).startsWith("bdg_")).length;
  const posts = errors.length - drafts - logos;
  const who = listed([
    ...(posts ? [ngettext("a post", "%(num)s posts", posts)] : []),
    ...(drafts ? [ngettext("a draft", "%(num)s drafts", drafts)] : []),
    ...(logos ? [ngettext("a brand", "%(num)s brands", logos)] : []),
  ]);
  return [
    ngettext("Not deleted: %(what)s still needs this file.", "Not deleted: %(what)s still need this file.", errors.length, { what: who }),
    posts && _("A post needs it until it is published or canceled, or its failure is dismissed."),
    drafts && _("A draft needs it until the file is removed from it, or the draft is submitted or deleted."),
    logos && _("A brand needs its logo until it gets another one."),
  ].filter(Boolean).join(" ");
}

/** The words of a group. A missing thing is a request: what to add or to choose, and for whom. */
function asked({ code, pointer, message, channel, channels }, places, kinds) {
  const who = listed(channels);
  if (code === "MISSING_FIELD" && pointer?.endsWith("/media") && who) {
    return { lead: kinds(channel), isOwn: true };
  }
  const field = pointer && places.get(pointer);
  if (code === "MISSING_FIELD" && CHOSEN.has(field?.dataset?.kind) && who) {
    return { message: _("Choose %(need)s on %(networks)s.", { need: field.dataset.need, networks: who }), isOwn: true };
  }
  const own = ownWords({ code, pointer });
  message = (own ?? message).replaceAll(OPTION, (whole, name) => labelOf(name) ?? whole);
  if (channels.length < 2) return { message, isOwn: own !== null };
  const others = listed(channels.slice(1));
  return { message: _("%(problem)s. The same goes for %(networks)s.", { problem: message, networks: others }), isOwn: true };
}

/** An option as its field on the page names it. */
function labelOf(name) {
  const label = document.querySelector(`#panels [data-option="${name}"]`)?.dataset.label;
  return label && `“${label}”`;
}

/** Requests for the same thing at the same place, in one sentence. */
function merged(groups) {
  const found = [];
  for (const each of groups) {
    const same = each.lead && found.find(({ lead, pointer, kind }) => lead === each.lead && pointer === each.pointer && kind === each.kind);
    if (same) same.channels.push(...each.channels);
    else found.push(each);
  }
  return found.map((each) => (each.lead ? { ...each, message: filled(each.lead, { networks: listed(each.channels) }) } : each));
}

/** How many of each kind there are, in words. */
export function verdictOf(notes) {
  const count = (kind) => notes.filter((each) => each.kind === kind).length;
  const [problems, todos, warnings] = ["problem", "todo", "warning"].map(count);
  const parts = [
    problems ? ngettext("%(num)s problem", "%(num)s problems", problems) : todos ? "" : _("No problems"),
    todos ? ngettext("%(num)s thing to do", "%(num)s things to do", todos) : "",
    warnings ? ngettext("%(num)s note", "%(num)s notes", warnings) : "",
  ];
  return parts.filter(Boolean).join(", ") + _(".");
}
