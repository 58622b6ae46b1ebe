// The API's problems and warnings, as people say them: one note where several channels report the same.

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
 * The message of one of the API's errors as its field on the page says it: a button or a choice there does what a client
 * does by a request. A field's `title` says what its `pattern` is, as HTML has it.
 */
export function messageOf({ code, pointer, message }, field = null) {
  if (code === "TIME_IN_PAST" && pointer === "/scheduledAt") return "the time has passed; choose a later one, or publish now";
  if (field?.title && (field.validity?.patternMismatch || field.validity?.valueMissing)) return field.title;
  return message;
}

/** Why a file is not deleted, and what to do first, from the API's errors: one for each post or draft that needs it. */
export function inUse(errors) {
  const drafts = errors.filter(({ actual }) => String(actual).startsWith("drf_")).length;
  const count = (number, one, many) => (number ? [number === 1 ? `a ${one}` : `${number} ${many}`] : []);
  const posts = errors.length - drafts;
  const who = listed([...count(posts, "post", "posts"), ...count(drafts, "draft", "drafts")]);
  return [
    `Not deleted: ${who} still ${errors.length === 1 ? "needs" : "need"} this file.`,
    posts && "A post needs it until it is published or canceled, or its failure is dismissed.",
    drafts && "A draft needs it until the file is removed from it, or the draft is submitted or deleted.",
  ].filter(Boolean).join(" ");
}

/** The words of a group. A missing thing is a request: what to add or to choose, and for whom. */
function asked({ code, pointer, message, channel, channels }, places, kinds) {
  const who = listed(channels);
  if (code === "MISSING_FIELD" && pointer?.endsWith("/media") && who) {
    return { lead: `Add ${kinds(channel)} for`, ends: "." };
  }
  const field = pointer && places.get(pointer);
  if (code === "MISSING_FIELD" && CHOSEN.has(field?.dataset?.kind) && who) {
    return { message: `Choose ${field.dataset.need} on ${who}.` };
  }
  message = messageOf({ code, pointer, message }).replaceAll(OPTION, (whole, name) => labelOf(name) ?? whole);
  if (channels.length < 2) return { message };
  return { message: `${message}. The same goes for ${listed(channels.slice(1))}.` };
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
  return found.map((each) => (each.lead ? { ...each, message: `${each.lead} ${listed(each.channels)}${each.ends}` } : each));
}

/** How many of each kind there are, in words. */
export function verdictOf(notes) {
  const count = (kind) => notes.filter((each) => each.kind === kind).length;
  const some = (number, one, many) => (number ? `${number} ${number === 1 ? one : many}` : "");
  const parts = [
    some(count("problem"), "problem", "problems") || (count("todo") ? "" : "No problems"),
    some(count("todo"), "thing to do", "things to do"),
    some(count("warning"), "note", "notes"),
  ];
  return `${parts.filter(Boolean).join(", ")}.`;
}

function listed(names) {
  return names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
