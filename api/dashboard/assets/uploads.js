// The files of a post: upload with progress, describe, reorder. Each upload is its own POST /v1/media.

import { meta, newKey } from "./app.js";

/** The list of files. `changed` is called whenever the request body would change. */
export class Uploads {
  constructor(list, { brandRef, changed, say }) {
    this.list = list;
    this.brandRef = brandRef;
    this.changed = changed;
    this.say = say;
    this.files = []; // {element, file, url, media, request}
  }

  get isBusy() {
    return this.files.some(({ request }) => request);
  }

  /** The entry of a stored media, if it was uploaded on this page. */
  shown(mediaId) {
    return this.files.find(({ media }) => media?.id === mediaId);
  }

  /** The media of the request. Adds the files' fields to `places`. */
  read(places) {
    const stored = this.files.filter(({ media }) => media);
    stored.forEach(({ element }, index) => {
      places.set(`/media/${index}`, element.querySelector(".about-file"));
      places.set(`/media/${index}/alt`, element.querySelector("[data-alt]"));
    });
    return stored.map(({ element, media }) => {
      const alt = element.querySelector("[data-alt] input").value;
      return alt.trim() ? { id: media.id, alt } : { id: media.id };
    });
  }

  add(file) {
    const element = document.getElementById("file").content.firstElementChild.cloneNode(true);
    const entry = { element, file, url: URL.createObjectURL(file) };
    const alt = element.querySelector("[data-alt] input");
    alt.id = `alt-${(this.made = (this.made ?? 0) + 1)}`;
    element.querySelector("[data-alt] label").htmlFor = alt.id;
    element.querySelector("[data-name]").textContent = file.name;
    element.querySelector("progress").setAttribute("aria-label", `Uploading ${file.name}`);
    element.querySelector("[data-thumb]").append(thumbOf(entry));
    for (const button of element.querySelectorAll("button")) {
      button.setAttribute("aria-label", `${button.textContent}: ${file.name}`);
      button.addEventListener("click", () => this.act(entry, button));
    }
    this.files.push(entry);
    this.list.append(element);
    this.upload(entry);
  }

  act(entry, button) {
    const from = this.files.indexOf(entry);
    if ("remove" in button.dataset) {
      entry.request?.abort();
      URL.revokeObjectURL(entry.url);
      this.files.splice(from, 1);
      entry.element.remove();
      this.say(`${entry.file.name} removed`);
      (this.files[Math.min(from, this.files.length - 1)]?.element.querySelector("[data-remove]")
        ?? document.getElementById("files")).focus();
    } else {
      const to = Math.min(Math.max(from + Number(button.dataset.move), 0), this.files.length - 1);
      this.files.splice(from, 1);
      this.files.splice(to, 0, entry);
      this.list.replaceChildren(...this.files.map(({ element }) => element));
      this.say(`${entry.file.name} is number ${to + 1} of ${this.files.length}`);
      button.focus();
    }
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
    const length = media.duration ? `, ${media.duration.toFixed(1)} s` : "";
    const facts = `${media.width} × ${media.height}${length}, ${sizeOf(media.bytes)}`;
    entry.element.querySelector("[data-facts]").textContent = facts;
    this.say(`${entry.file.name} uploaded`);
  }

  failed(entry, request) {
    const trouble = entry.element.querySelector("[data-trouble]");
    trouble.textContent = `Not uploaded: ${reasonOf(request)}`;
    trouble.hidden = false;
    entry.element.classList.add("broken");
  }
}

/** A picture of a file, or a word where the browser cannot show it. */
export function thumbOf({ file, url, media }) {
  const moves = media ? media.kind === "video" : file.type.startsWith("video/");
  const shown = document.createElement(moves ? "video" : "img");
  shown.src = url;
  if (moves) Object.assign(shown, { muted: true, preload: "metadata" });
  else shown.alt = "";
  shown.addEventListener("error", () => shown.replaceWith(moves ? "Video" : "Picture"), { once: true });
  return shown;
}

function reasonOf(request) {
  try {
    const problem = JSON.parse(request.responseText);
    return problem.errors?.[0]?.message ?? problem.detail;
  } catch {
    return "the connection was lost; remove the file and choose it again";
  }
}

function sizeOf(bytes) {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
