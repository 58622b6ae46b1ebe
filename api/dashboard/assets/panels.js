// One panel per chosen account: what differs from the post for all. Made from the page's templates.

import { _ } from "./language.js";
import { offerNames } from "./listed.js";
import { setValue, valueOf } from "./options.js";
import { Uploads } from "./uploads.js";

// What an account shares with all others, until a person changes it here.
const SHARED = ["text", "link", "firstComment"];

/** The open panels, in the order of the accounts on the page. */
export class Panels {
  constructor(root, uploadOptions) {
    this.root = root;
    this.uploadOptions = uploadOptions;
    this.kept = new Map(); // by account, so that a panel survives when its account is unchecked and checked again
  }

  /** Show exactly the panels of these account boxes. */
  show(boxes) {
    const panels = boxes.map((box) => this.kept.get(box.value) ?? this.make(box));
    this.root.replaceChildren(...panels.map(({ element }) => element));
    return panels;
  }

  get isBusy() {
    return [...this.kept.values()].some(({ uploads }) => uploads.isBusy);
  }

  /** The entry of a media that was chosen for one account. */
  shown(mediaId) {
    return [...this.kept.values()].map(({ uploads }) => uploads.shown(mediaId)).find(Boolean);
  }

  make(box) {
    const template = document.getElementById(`panel-${box.dataset.channel}`);
    const element = template.content.firstElementChild.cloneNode(true);
    for (const attribute of ["id", "for", "aria-describedby", "aria-labelledby"]) {
      for (const each of element.querySelectorAll(`[${attribute}]`)) {
        each.setAttribute(attribute, `${box.value}-${each.getAttribute(attribute)}`);
      }
    }
    offerNames(element, box);
    const panel = new Panel(box, element, this.uploadOptions);
    this.kept.set(box.value, panel);
    return panel;
  }
}

class Panel {
  constructor(box, element, uploadOptions) {
    this.box = box;
    this.element = element;
    this.differs = new Set(); // of SHARED and "media"
    this.sharedMedia = [];
    this.uploads = new Uploads(this.own("media"), uploadOptions);
    this.title = `${box.dataset.title} · ${box.dataset.handle}`;
    element.querySelector("[data-add-part]")?.addEventListener("click", () => this.addPart().focus());
    element.addEventListener("input", ({ target }) => {
      const name = target.closest("[data-own]")?.dataset.own;
      if (SHARED.includes(name)) this.setDiffers(name, true);
    });
    element.addEventListener("click", ({ target }) => {
      const { reset, differ } = target.dataset;
      if (differ) this.startOwnMedia();
      if (reset) this.setDiffers(reset, false);
      if (reset || differ) element.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }

  get facts() {
    const [least, most] = this.element.dataset.ratios.split(" ").map(Number);
    return { fold: Number(this.element.dataset.fold), least, most, name: this.box.dataset.name };
  }

  get isDifferent() {
    return this.differs.size > 0 || Boolean(this.sent?.parts || this.sent?.options);
  }

  /** This account's part of the request. Adds its fields to `places`, by their pointers below `root`. */
  read(root, places, shared) {
    places.set(root, this.element);
    const sent = { channel: this.box.dataset.channel, accountId: this.box.value };
    for (const name of SHARED) this.readShared(name, sent, root, places, shared);
    this.readMedia(sent, root, places, shared);
    this.readParts(sent, root, places);
    const options = this.readOptions(root, places);
    if (Object.keys(options).length) sent.options = options;
    this.sent = sent;
    return sent;
  }

  /** Fill the panel in from a draft's entry. A field that is absent there is the same as for all. */
  fill(entry, shared) {
    for (const name of SHARED) {
      const field = this.own(name);
      if (!field || typeof entry[name] !== "string" || entry[name] === shared[name]) continue;
      controlOf(field).value = entry[name];
      this.setDiffers(name, true);
    }
    // An account of a post may be without the first comment of the others.
    if (this.own("firstComment") && shared.firstComment && typeof entry.firstComment !== "string") {
      controlOf(this.own("firstComment")).value = "";
      this.setDiffers("firstComment", true);
    }
    if (Array.isArray(entry.media)) {
      this.setDiffers("media", true);
      this.uploads.restore(entry.media);
    }
    for (const text of Array.isArray(entry.parts) ? entry.parts : []) this.addPart().value = text;
    for (const field of this.element.querySelectorAll("[data-option]")) setValue(field, entry.options?.[field.dataset.option]);
  }

  own(name) {
    return this.element.querySelector(`[data-own="${name}"]`);
  }

  setDiffers(name, differs) {
    if (differs) this.differs.add(name);
    else this.differs.delete(name);
    const field = this.own(name);
    field.querySelector("[data-same]").hidden = differs;
    field.querySelector("[data-differs]").hidden = !differs;
    if (name === "media") field.querySelector("[data-own-files]").hidden = !differs;
  }

  /** Begin with the shared files: removing one of them is the most frequent change. */
  startOwnMedia() {
    this.setDiffers("media", true);
    this.uploads.clear();
    this.uploads.restore(this.sharedMedia);
    this.element.querySelector("[data-own-files] input").focus();
  }

  readShared(name, sent, root, places, shared) {
    const field = this.own(name);
    if (!field) return;
    const control = controlOf(field);
    if (!this.differs.has(name)) {
      if (control.value !== shared[name]) control.value = shared[name];
      if (name === "firstComment") {
        if (shared[name].trim()) sent[name] = shared[name];
        places.set(`${root}/${name}`, shared.commentField);
      }
      return;
    }
    // An empty text or link removes it here; a first comment is only ever given.
    if (name !== "firstComment" || control.value.trim()) sent[name] = control.value;
    places.set(`${root}/${name}`, field);
  }

  readMedia(sent, root, places, shared) {
    this.sharedMedia = shared.media;
    if (!this.differs.has("media")) return;
    places.set(`${root}/media`, this.own("media"));
    sent.media = this.uploads.read(places, `${root}/media`);
  }

  readParts(sent, root, places) {
    const list = this.element.querySelector("[data-parts-list]");
    if (!list) return;
    places.set(`${root}/parts`, this.own("parts"));
    const parts = [...list.children];
    if (parts.length) sent.parts = parts.map((part) => part.querySelector("textarea").value);
    parts.forEach((part, index) => places.set(`${root}/parts/${index}`, part));
  }

  addPart() {
    const list = this.element.querySelector("[data-parts-list]");
    const part = document.getElementById("part").content.firstElementChild.cloneNode(true);
    const text = part.querySelector("textarea");
    text.id = `${this.box.value}-part-${(this.made = (this.made ?? 0) + 1)}`;
    part.querySelector("label").htmlFor = text.id;
    const number = () => [...list.children].forEach((each, index) => {
      each.querySelector("label").textContent = _("Post %(number)s", { number: index + 2 });
    });
    part.querySelector("button").addEventListener("click", () => {
      part.remove();
      number();
      this.element.querySelector("[data-add-part]").focus();
      this.element.dispatchEvent(new Event("input", { bubbles: true }));
    });
    list.append(part);
    number();
    return text;
  }

  readOptions(root, places) {
    const options = {};
    for (const field of this.element.querySelectorAll("[data-option]")) {
      places.set(`${root}/options/${field.dataset.option}`, field);
      const value = valueOf(field);
      if (value !== undefined) options[field.dataset.option] = value;
    }
    return options;
  }
}

const controlOf = (field) => field.querySelector("textarea, input");
