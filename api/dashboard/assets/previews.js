// A plain preview for each network, and the length of each text, both from POST /v1/contents/validate.

import { thumbOf } from "./uploads.js";

/** One card for each publication in the validation's result. */
export function showPreviews(root, publications, boxes, uploads) {
  root.replaceChildren(...publications.map((publication) => {
    const box = boxes.find(({ value }) => value === publication.accountId);
    return card(publication, box, uploads);
  }));
}

/** A counter beside each text, for the tightest limit of each network. */
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

function share({ actual, maximum }) {
  return actual / maximum;
}

function counter({ channel, unit, actual, maximum }, titles) {
  const item = document.createElement("li");
  const over = actual - maximum;
  item.className = over > 0 ? "over" : share({ actual, maximum }) > 0.9 ? "near" : "";
  item.title = `in ${unit.replaceAll("_", " ")}`;
  const number = document.createElement("b");
  number.textContent = actual;
  item.append(`${titles.get(channel) ?? channel} `, number, ` / ${maximum}`);
  if (over > 0) item.append(` · ${over} too many`);
  return item;
}

function card(publication, box, uploads) {
  const made = element("article", "preview");
  const head = element("header");
  head.append(element("strong", "", box?.dataset.title ?? publication.channel), " ",
    element("span", "soft", box?.dataset.handle ?? ""));
  made.append(head);
  if (publication.media.length) made.append(mediaOf(publication, uploads));
  if (publication.text) made.append(element("p", "words", publication.text));
  if (publication.link) made.append(linkOf(publication.link));
  for (const part of publication.parts) made.append(element("p", "words part", part));
  if (publication.firstComment) {
    const comment = element("p", "words comment");
    comment.append(element("span", "soft", "First comment "), publication.firstComment);
    made.append(comment);
  }
  const options = Object.entries(publication.options);
  if (options.length) {
    const shown = options.map(([name, value]) => `${name}: ${typeof value === "object" ? JSON.stringify(value) : value}`);
    made.append(element("p", "soft small", shown.join(" · ")));
  }
  return made;
}

// Each picture and video is created once: with every keystroke pictures would flicker and videos restart.
const shots = new Map();

function shotOf(asset, accountId, uploads) {
  const key = `${accountId} ${asset.id}`;
  let shot = shots.get(key);
  if (!shot) {
    const known = uploads.shown(asset.id);
    shot = element("figure");
    shot.append(known ? thumbOf(known) : element("span", "soft", asset.kind));
    shots.set(key, shot);
  }
  const image = shot.querySelector("img");
  if (image) image.alt = asset.alt ?? "";
  return shot;
}

function mediaOf({ media, accountId }, uploads) {
  const row = element("div", `shots of-${Math.min(media.length, 4)}`);
  for (const asset of media) {
    row.append(shotOf(asset, accountId, uploads));
  }
  return row;
}

function linkOf(link) {
  const made = element("p", "link-card");
  let host = link;
  try {
    host = new URL(link).host;
  } catch {
    // An invalid address is reported as a problem; here it is shown unchanged.
  }
  made.append(element("strong", "", host), element("span", "soft", link));
  return made;
}

function element(name, kind = "", text = "") {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  made.append(text);
  return made;
}
