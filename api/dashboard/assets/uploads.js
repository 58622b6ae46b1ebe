// The files of a post: upload with progress, describe, reorder. Each upload is its own POST /v1/media.

import { api, meta, newKey } from "./app.js";
import { _, ngettext } from "./language.js";

// Names and facts of the files that this page uploaded, by media id.
const names = new Map();

let made = 0;

const OFFICE = "application/vnd.openxmlformats-officedocument";
const ENDS = {
  "application/pdf": "PDF",
  [`${OFFICE}.wordprocessingml.document`]: "DOCX",
  [`${OFFICE}.presentationml.presentation`]: "PPTX",
  "application/msword": "DOC",
  "application/vnd.ms-powerpoint": "PPT",
};

/** The files of a field with `[data-files]` and `[data-drop]`. `changed` is called when the request body would change. */
export class Uploads {
  constructor(field, { brandRef, changed, say }) {
    this.list = field.querySelector("[data-files]");
    this.input = field.querySelector("[data-drop] input");
    this.brandRef = brandRef;
    this.changed = changed;
    this.say = say;
    this.files = []; // {element, name, file, url, media, request}
    this.watch(field.querySelector("[data-drop]"));
  }

  watch(drop) {
    const take = (files) => [...files].forEach((file) => this.add(file));
    this.input.addEventListener("change", () => take(this.input.files));
    // Empty before a person chooses, so that the same file can be chosen again.
    this.input.addEventListener("click", () => (this.input.value = ""));
    this.input.addEventListener("cancel", () => this.nameFiles());
    for (const kind of ["dragover", "dragleave", "drop"]) {
      drop.addEventListener(kind, (event) => {
        event.preventDefault();
        drop.classList.toggle("over", kind === "dragover");
        if (kind === "drop") take(event.dataTransfer.files);
      });
    }
  }

  /** Let the browser's own field name the files of the list, instead of "No file chosen". It is not sent. */
  nameFiles() {
    const held = new DataTransfer();
    for (const { file, name } of this.files) held.items.add(file ?? new File([], name));
    this.input.files = held.files;
  }

  get isBusy() {
    return this.files.some(({ request }) => request);
  }

  /** The entry of a stored media, if it was uploaded on this page. */
  shown(mediaId) {
    return this.files.find(({ media }) => media?.id === mediaId);
  }

  /** The media of the request. Adds the files' fields to `places`, by their pointers below `root`. */
  read(places, root = "/media") {
    const stored = this.files.filter(({ media }) => media);
    stored.forEach(({ element }, index) => {
      places.set(`${root}/${index}`, element.querySelector(".about-file"));
      places.set(`${root}/${index}/alt`, element.querySelector("[data-alt]"));
    });
    return stored.map(({ element, media }) => {
      const alt = element.querySelector("[data-alt] input").value;
      const source = media.id ? { id: media.id } : { url: media.url };
      return alt.trim() ? { ...source, alt } : source;
    });
  }

  /** Upload a file. */
  add(file) {
    this.upload(this.show({ name: file.name, file, url: URL.createObjectURL(file) }));
  }

  /** Show files that are stored already, such as those of a draft: `{id, alt}`, or `{url, alt}` of one to fetch. */
  restore(media) {
    for (const each of media.filter((one) => one && (one.id || one.url))) {
      const known = each.id ? names.get(each.id) : null;
      const url = each.id ? `/previews/${encodeURIComponent(each.id)}` : "";
      const entry = this.show({ name: known?.name ?? each.url ?? _("File"), url, media: { ...known?.media, ...each } });
      entry.element.querySelector("progress").hidden = true;
      entry.element.querySelector("[data-alt] input").value = each.alt ?? "";
      if (known) this.describe(entry);
      else if (each.id) this.lookUp(entry);
    }
  }

  /** Forget all files. */
  clear() {
    for (const { request } of this.files) request?.abort();
    this.files = [];
    this.list.replaceChildren();
    this.nameFiles();
  }

  async lookUp(entry) {
    try {
      entry.media = { ...(await api("GET", `/v1/media/${encodeURIComponent(entry.media.id)}`)), alt: entry.media.alt };
      if (entry.media.name) entry.element.querySelector("[data-name]").textContent = entry.name = entry.media.name;
      this.nameFiles();
      this.describe(entry);
      entry.element.querySelector("[data-thumb]").replaceChildren(thumbOf(entry));
      this.changed();
    } catch (error) {
      this.trouble(entry, error.message);
    }
  }

  show(entry) {
    const element = document.getElementById("file").content.firstElementChild.cloneNode(true);
    entry.element = element;
    const alt = element.querySelector("[data-alt] input");
    alt.id = `alt-${(made += 1)}`;
    element.querySelector("[data-alt] label").htmlFor = alt.id;
    element.querySelector("[data-name]").textContent = entry.name;
    element.querySelector("progress").setAttribute("aria-label", _("Uploading %(name)s", { name: entry.name }));
    element.querySelector("[data-thumb]").append(entry.url ? thumbOf(entry) : _("Link"));
    for (const button of element.querySelectorAll("button")) {
      button.setAttribute("aria-label", `${button.textContent}: ${entry.name}`);
      button.addEventListener("click", () => this.act(entry, button));
    }
    this.files.push(entry);
    this.list.append(element);
    this.nameFiles();
    return entry;
  }

  act(entry, button) {
    const from = this.files.indexOf(entry);
    if ("remove" in button.dataset) {
      entry.request?.abort();
      URL.revokeObjectURL(entry.url);
      this.files.splice(from, 1);
      entry.element.remove();
      this.say(_("%(name)s removed", { name: entry.name }));
      (this.files[Math.min(from, this.files.length - 1)]?.element.querySelector("[data-remove]")
        ?? this.input).focus();
    } else {
      const to = Math.min(Math.max(from + Number(button.dataset.move), 0), this.files.length - 1);
      this.files.splice(from, 1);
      this.files.splice(to, 0, entry);
      this.list.replaceChildren(...this.files.map(({ element }) => element));
      this.say(_("%(name)s is number %(number)s of %(total)s", { name: entry.name, number: to + 1, total: this.files.length }));
      button.focus();
    }
    this.nameFiles();
    this.changed();
  }

  upload(entry) {
    const request = new XMLHttpRequest(); // fetch does not report upload progress
    const progress = entry.element.querySelector("progress");
    entry.request = request;
    request.open("POST", "/v1/media");
    request.setRequestHeader("X-CSRF-Token", meta("csrf"));
    request.setRequestHeader("Idempotency-Key", newKey());
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      progress.value = total ? (100 * loaded) / total : 0;
    });
    request.addEventListener("loadend", () => {
      entry.request = null;
      progress.hidden = true;
      if (request.status === 201) this.stored(entry, JSON.parse(request.responseText));
      else if (this.files.includes(entry)) this.failed(entry, request);
      this.changed();
    });
    const form = new FormData();
    form.append("brandRef", this.brandRef);
    form.append("file", entry.file);
    request.send(form);
    this.changed();
  }

  stored(entry, media) {
    entry.media = media;
    names.set(media.id, { name: entry.name, media });
    // What a document is, is known from its content, whatever the browser took it for.
    if (media.kind === "document") entry.element.querySelector("[data-thumb]").replaceChildren(thumbOf(entry));
    this.describe(entry);
    this.say(_("%(name)s uploaded", { name: entry.name }));
  }

  describe({ element, media }) {
    if (!media.bytes) return;
    element.querySelector("[data-facts]").textContent = factsOf(media);
    element.querySelector("[data-alt]").hidden = media.kind === "document";
  }

  failed(entry, request) {
    this.trouble(entry, _("Not uploaded: %(problem)s", { problem: reasonOf(request) }));
  }

  trouble(entry, words) {
    const trouble = entry.element.querySelector("[data-trouble]");
    trouble.textContent = words;
    trouble.hidden = false;
    entry.element.classList.add("broken");
  }
}

/** A picture of a file, or a word where the browser cannot show it. */
export function thumbOf({ file, url, media }) {
  if (media ? media.kind === "document" : !/^(image|video)\//.test(file.type)) return documentOf(media ?? { mimeType: file.type });
  const moves = media ? media.kind === "video" : file.type.startsWith("video/");
  const shown = document.createElement(moves ? "video" : "img");
  shown.src = url;
  if (moves) Object.assign(shown, { muted: true, preload: "metadata" });
  else shown.alt = "";
  shown.addEventListener("error", () => shown.replaceWith(moves ? _("Video") : _("Picture")), { once: true });
  return shown;
}

/** The end of a document's name, as a sheet of paper shows it. */
function documentOf(media) {
  const sheet = document.createElement("span");
  sheet.className = "sheet";
  sheet.textContent = ENDS[media?.type ?? media?.mimeType] ?? _("Document");
  return sheet;
}

/** What was found in a stored file, in words. */
export function factsOf({ kind, pages, width, height, duration, bytes }) {
  const size = sizeOf(bytes);
  if (kind === "document") return pages ? `${ngettext("%(num)s page", "%(num)s pages", pages)}, ${size}` : size;
  return `${width} × ${height}${duration ? `, ${duration.toFixed(1)} s` : ""}, ${size}`;
}

function reasonOf(request) {
  try {
    const problem = JSON.parse(request.responseText);
    return problem.errors?.[0]?.message ?? problem.detail;
  } catch {
    return _("the connection was lost; remove the file and choose it again");
  }
}

function sizeOf(bytes) {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
