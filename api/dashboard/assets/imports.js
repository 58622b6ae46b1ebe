// Imports: check a file, show the result of each row, then accept it. The file stays in this page between the two.

import { api, meta, newKey, Problem, refresh } from "./app.js";
import { attempt } from "./buttons.js";
import { _, ngettext } from "./language.js";

const POLL = 1_000;
const TYPES = { csv: "text/csv", ndjson: "application/x-ndjson", jsonl: "application/x-ndjson", zip: "application/zip" };
const by = (id) => document.getElementById(id);
let checked = null; // the file of the last check

by("import")?.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(event.target.querySelector("[type=submit]"), check);
});
by("import")?.elements.file.addEventListener("change", forget);
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-accept]");
  if (button) attempt(button, accept);
});

// An import that runs is not an event, so /live does not report it.
if (document.querySelector("#live > [data-running]")) {
  const timer = setInterval(async () => {
    if (document.hidden) return;
    await refresh();
    if (!document.querySelector("[data-running]")) clearInterval(timer);
  }, POLL);
}

function forget() {
  checked = null;
  by("import-result").replaceChildren();
  by("import-accept").hidden = true;
}

async function check() {
  const file = by("import").elements.file.files[0];
  forget();
  const found = await send(file, true);
  await show(found.id);
  const box = by("import-result").querySelector("[data-import]");
  const good = Number(box?.dataset.counted ?? 0);
  checked = good ? file : null;
  by("import-accept").hidden = !good;
  const words = Number(box?.dataset.refused)
    ? ngettext("Accept %(num)s row, and leave the refused ones out", "Accept %(num)s rows, and leave the refused ones out", good)
    : ngettext("Accept %(num)s row", "Accept %(num)s rows", good);
  document.querySelector("[data-accept]").textContent = words;
}

async function accept() {
  const made = await send(checked, false);
  location.assign(`/imports/${made.id}`);
}

/** Send the file; its type is that of its name, because browsers know none for some. */
async function send(file, dryRun) {
  const kind = TYPES[file.name.split(".").at(-1).toLowerCase()];
  if (!kind) throw new Problem({ detail: _("Choose a file that ends with .csv, .ndjson or .zip.") }, 415);
  const query = new URLSearchParams({ brandRef: by("import").dataset.brand, dryRun: String(dryRun) });
  const bar = by("import").querySelector("[data-upload]");
  bar.hidden = false;
  try {
    return await upload(`/v1/imports?${query}`, file, kind, (part) => { bar.value = part; });
  } finally {
    bar.hidden = true;
  }
}

/** A request that reports how much of the file has left. */
function upload(path, file, kind, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.setRequestHeader("Content-Type", kind);
    request.setRequestHeader("X-CSRF-Token", meta("csrf"));
    request.setRequestHeader("Idempotency-Key", newKey());
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => progress(total ? loaded / total : 0);
    request.onerror = () => reject(new Problem({ detail: _("The connection broke. Send the file again: no row is accepted twice.") }, 0));
    request.onload = () => {
      if (request.status < 300) resolve(request.response);
      else reject(new Problem(request.response ?? {}, request.status));
    };
    request.send(file);
  });
}

/** Show an import, and follow it to its end. */
async function show(id) {
  for (;;) {
    const found = await api("GET", `/v1/imports/${id}`);
    const page = new DOMParser().parseFromString(await (await fetch(`/imports/${id}`, { headers: { Accept: "text/html" } })).text(), "text/html");
    const shown = document.importNode(page.getElementById("import-shown"), true);
    // What leads away from here would lose the file.
    for (const each of shown.querySelectorAll(".filters, [data-alone]")) each.remove();
    for (const heading of shown.querySelectorAll("h1")) heading.replaceWith(Object.assign(document.createElement("h3"), { textContent: heading.textContent }));
    by("import-result").replaceChildren(shown);
    if (found.status !== "running") return;
    await new Promise((done) => setTimeout(done, POLL));
  }
}
