// A preview for each account, close enough to the network's post to judge it, from POST /v1/contents/validate.

import { _ } from "./language.js";
import { factsOf, thumbOf } from "./uploads.js";

// A text without a known fold is folded by its height.
const TALL = 600;
// In the place of a file that this page has no picture of.
const KINDS = { image: _("image"), video: _("video"), document: _("document") };

/** One card for each publication in the validation's result. `panels` are those of the accounts, `shown` finds a file. */
export function showPreviews(root, publications, panels, shown) {
  const open = new Set([...root.querySelectorAll(".preview.unfolded")].map(({ dataset }) => dataset.key));
  root.replaceChildren(...publications.map((publication) => {
    const panel = panels.find(({ box }) => box.value === publication.accountId);
    const made = card(publication, panel, shown);
    made.dataset.key = publication.accountId;
    made.classList.toggle("unfolded", open.has(publication.accountId));
    return made;
  }));
}

/** Show only the preview of the account that is being written for; all of them while the post for all is. */
export function choosePreview(root, key) {
  const own = [...root.children].some(({ dataset }) => dataset.key === key);
  for (const preview of root.children) preview.hidden = own && preview.dataset.key !== key;
}

function card(publication, panel, shown) {
  const made = element("article", "preview");
  const facts = panel?.facts ?? { fold: 0, least: 0.5, most: 2, name: "" };
  made.append(headOf(publication, panel, facts));
  if (publication.text) made.append(...foldedText(publication.text, facts.fold, made));
  if (publication.media.length) made.append(mediaOf(publication, facts, shown));
  if (publication.link) made.append(linkOf(publication.link));
  for (const part of publication.parts) made.append(element("p", "words part", part));
  if (publication.firstComment) {
    const comment = element("p", "words comment");
    comment.append(element("span", "soft", _("First comment")), " ", publication.firstComment);
    made.append(comment);
  }
  const options = Object.entries(publication.options);
  if (options.length) {
    const values = options.map(([name, value]) => `${name}: ${typeof value === "object" ? JSON.stringify(value) : value}`);
    made.append(element("p", "soft small", values.join(" · ")));
  }
  for (const text of made.querySelectorAll(".words")) text.dir = "auto";
  return made;
}

function headOf(publication, panel, { name }) {
  const head = element("header");
  const avatar = element("span", "avatar", [...(name || "?").replace(/^@/, "")][0].toUpperCase());
  avatar.setAttribute("aria-hidden", "true");
  const who = element("div");
  who.append(element("strong", "", name), element("span", "soft", panel?.box.dataset.handle ?? ""));
  head.append(avatar, who, element("span", "badge", panel?.box.dataset.title ?? publication.channel));
  return head;
}

/** The text as a feed shows it: its beginning, and a button for the rest. */
function foldedText(text, fold, preview) {
  const letters = [...text];
  const most = fold || TALL;
  if (letters.length <= most) return [element("p", "words", text)];
  const start = element("p", "words folded", `${letters.slice(0, most).join("").trimEnd()}… `);
  const whole = element("p", "words whole", text);
  for (const [paragraph, label] of [[start, _("more")], [whole, _("less")]]) {
    const button = element("button", "fold", label);
    button.type = "button";
    button.addEventListener("click", () => {
      preview.classList.toggle("unfolded");
      preview.querySelector(preview.classList.contains("unfolded") ? ".whole button" : ".folded button").focus();
    });
    paragraph.append(" ", button);
  }
  return [start, whole];
}

// Each picture and video is created once: with every keystroke pictures would flicker and videos restart.
const shots = new Map();

function shotOf(asset, accountId, shown) {
  const key = `${accountId} ${asset.id}`;
  let shot = shots.get(key);
  if (!shot) {
    const known = shown(asset.id);
    shot = element("figure");
    if (asset.kind === "document") shot.append(...fileCard(asset));
    else shot.append(known?.url ? thumbOf(known) : element("span", "soft", KINDS[asset.kind] ?? asset.kind));
    if (known) shots.set(key, shot);
  }
  const image = shot.querySelector("img");
  if (image) image.alt = asset.alt ?? "";
  return shot;
}

/** What a feed shows of a document before it is opened: its kind, its name, how long it is. */
function fileCard(asset) {
  const words = element("figcaption", "file-card");
  words.append(element("strong", "", asset.name ?? _("Document")), element("span", "soft", factsOf(asset)));
  return [thumbOf({ media: asset }), words];
}

/** The files, cropped as a feed crops them: one alone as far as the network allows, several to a grid. */
function mediaOf({ media, accountId }, { least, most }, shown) {
  const row = element("div", `shots of-${Math.min(media.length, 4)}`);
  for (const asset of media.slice(0, 4)) row.append(shotOf(asset, accountId, shown));
  const [first] = media;
  const ratio = media.length === 1 && first.width && first.height ? first.width / first.height : 1;
  row.style.setProperty("--ratio", String(Math.min(Math.max(ratio, least), most)));
  if (media.length > 4) row.append(element("span", "further", `+${media.length - 4}`));
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
  made.append(element("span", "soft", host), element("strong", "", link));
  return made;
}

function element(name, kind = "", text = "") {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  made.append(text);
  return made;
}
