// The form for a post. The API has all the rules: the page validates while a person types, and shows the result.

import { api, newKey, say } from "./app.js";
import { fill, firstBroken, showNotes } from "./notes.js";
import { Panels } from "./panels.js";
import { showCounters, showPreviews } from "./previews.js";
import { Uploads } from "./uploads.js";

// The longest fields, and where the browser stores them while a person signs in again.
const WORDS = ["text", "link", "first-comment"];
const KEPT = "munadi-compose";
const QUIET = 500; // milliseconds without a keystroke before validation
const form = document.getElementById("compose");
const by = (id) => document.getElementById(id);
const boxes = () => [...form.querySelectorAll("input[name='account']")];
const chosen = () => boxes().filter((box) => box.checked);
const titles = new Map(boxes().map((box) => [box.dataset.channel, box.dataset.title]));
const panels = new Panels(by("panels"));
const uploads = new Uploads(by("media"), { brandRef: form.dataset.brand, changed: () => soon(), say });

let shownPanels = [];
let waiting = 0;
let asked = 0;
let checkedOnce = false;
// The same body is sent with the same key, so that a lost response and a second click create one post.
let sending = { text: "", key: "" };

/** The request body, and the field of each pointer in it. */
function read() {
  const places = new Map([["/channels", form.querySelector("[data-at='/channels']")]]);
  for (const field of form.querySelectorAll("[data-at]")) places.set(field.dataset.at, field);
  const body = { brandRef: form.dataset.brand };
  for (const [name, id] of [["text", "text"], ["link", "link"], ["clientRef", "client-ref"]]) {
    if (by(id).value.trim()) body[name] = by(id).value;
  }
  const media = uploads.read(places);
  if (media.length) body.media = media;
  const comment = { field: form.querySelector("[data-shared-comment]"), value: by("first-comment")?.value ?? "" };
  body.channels = shownPanels.map((panel, index) => panel.read(`/channels/${index}`, places, comment));
  if (isLater()) body.scheduledAt = by("at").value;
  if ((isLater() || by("publish-by").value) && by("time-zone").value.trim()) body.timezone = by("time-zone").value.trim();
  if (isLater() && by("fold").value) body.fold = by("fold").value;
  if (by("publish-by").value) body.publishBy = by("publish-by").value;
  return { body, places };
}

function isLater() {
  return form.elements.when.value === "later";
}

function showPanels() {
  shownPanels = panels.show(chosen());
}

/** Validate after a short pause in typing. */
function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(check, QUIET);
}

async function check() {
  const { body, places } = read();
  const mine = (asked += 1);
  if (!body.channels.length) {
    verdict(checkedOnce ? "Choose at least one account." : "");
    showAll({ problems: [], warnings: [], publications: [], lengths: [] }, places);
    return;
  }
  checkedOnce = true;
  try {
    const found = await api("POST", "/v1/contents/validate", body);
    if (mine !== asked) return; // a newer validation is running, or the form was submitted
    showAll(found, places);
    verdict(uploads.isBusy ? "A file is still uploading." : inWords(found));
  } catch (error) {
    if (mine === asked) verdict(`We couldn’t check this post. ${error.message}`);
  }
}

function showAll({ problems, warnings, publications, lengths }, places) {
  const unplaced = showNotes(form, { problems, warnings }, places);
  fill(by("unplaced"), unplaced);
  for (const panel of shownPanels) panel.showTrouble();
  showCounters(form.querySelectorAll("[data-counters]"), lengths, places, titles);
  showPreviews(by("previews"), publications, boxes(), uploads);
  by("no-preview").hidden = publications.length > 0;
  if (problems.some(({ pointer }) => pointer === "/publishBy" || pointer === "/clientRef")) by("more-time").open = true;
}

function inWords({ problems, warnings }) {
  const notes = warnings.length === 1 ? "1 note" : `${warnings.length} notes`;
  if (!problems.length) return warnings.length ? `No problems, ${notes}.` : "No problems.";
  const broken = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return warnings.length ? `${broken}, ${notes}.` : `${broken}.`;
}

function verdict(text) {
  if (by("verdict").textContent !== text) by("verdict").textContent = text;
}

async function submit(event) {
  event.preventDefault();
  if (uploads.isBusy) {
    verdict("A file is still uploading.");
    return;
  }
  clearTimeout(waiting);
  asked += 1;
  const { body, places } = read();
  const text = JSON.stringify(body);
  if (sending.text !== text) sending = { text, key: newKey() };
  by("submit").disabled = true;
  try {
    const content = await api("POST", "/v1/contents", body, { "Idempotency-Key": sending.key });
    location.assign(`/contents/${content.id}`);
  } catch (error) {
    by("submit").disabled = false;
    refused(error, places);
  }
}

function refused(error, places) {
  if (error.status === 0) {
    verdict(`${error.message} Try again: the post is accepted only once.`);
    return;
  }
  const problems = error.errors?.length ? error.errors : [{ pointer: "", message: error.message }];
  const unplaced = showNotes(form, { problems }, places);
  fill(by("unplaced"), unplaced);
  for (const panel of shownPanels) panel.showTrouble();
  verdict(`Not accepted: ${problems.length === 1 ? "1 problem" : `${problems.length} problems`}.`);
  firstBroken(form)?.focus();
}

function takeFiles(files) {
  for (const file of files) uploads.add(file);
}

/** Save what was typed when the session ends, and restore it after the sign-in. */
function keepWords() {
  sessionStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(WORDS.map((id) => [id, by(id)?.value ?? ""]))));
}

function putBackWords() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
  sessionStorage.removeItem(KEPT);
  for (const id of WORDS) if (by(id) && kept[id]) by(id).value = kept[id];
}

/** The button names the chosen time and brand, because the choices themselves may be out of sight. */
function nameButton() {
  const words = isLater() ? "Schedule" : "Publish now";
  by("submit").textContent = form.dataset.brandName ? `${words} for ${form.dataset.brandName}` : words;
}

function begin() {
  putBackWords();
  nameButton();
  addEventListener("signing-in", keepWords);
  showPanels();
  form.addEventListener("submit", submit);
  form.addEventListener("input", ({ target }) => {
    if (target.name === "account") showPanels();
    if (target.name === "when") {
      by("time").hidden = !isLater();
      nameButton();
    }
    if (target.id !== "files") soon();
  });
  by("files").addEventListener("change", ({ target }) => {
    takeFiles(target.files);
    target.value = "";
  });
  const drop = by("drop");
  for (const kind of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", kind === "dragover");
      if (kind === "drop") takeFiles(event.dataTransfer.files);
    });
  }
  if (chosen().length) soon();
}

begin();
