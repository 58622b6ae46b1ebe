// The form for a post. The API has all the rules: the page validates while a person types, and shows the result.

import { api, comesTwice, newKey, say } from "./app.js";
import { showCounters, tightest } from "./counters.js";
import { Draft } from "./drafts.js";
import { Editing } from "./editing.js";
import { fillIn, textsOf } from "./filling.js";
import { keep, takeKept } from "./kept.js";
import { _, ngettext } from "./language.js";
import { fill, firstBroken, showNotes } from "./notes.js";
import { Panels } from "./panels.js";
import { inWords, verdictOf } from "./people.js";
import { watchPicks } from "./picks.js";
import { choosePreview, showPreviews } from "./previews.js";
import { Repeating } from "./repeating.js";
import { Tabs } from "./tabs.js";
import { Uploads } from "./uploads.js";
import { showVerdict } from "./verdict.js";

const QUIET = 500; // milliseconds without a keystroke before validation
const NOTHING = { problems: [], warnings: [], publications: [], lengths: [] };
const form = document.getElementById("compose");
const by = (id) => document.getElementById(id);
const boxes = () => [...form.querySelectorAll("input[name='account']")];
const chosen = () => boxes().filter((box) => box.checked);
const titles = new Map(boxes().map((box) => [box.dataset.channel, box.dataset.title]));
const forUploads = { brandRef: form.dataset.brand, changed: () => changed(), say };
const uploads = new Uploads(form.querySelector("[data-at='/media']"), forUploads);
const panels = new Panels(by("panels"), forUploads);
const tabs = new Tabs(by("tabs"), (key) => choosePreview(by("previews"), key));
const stored = form.dataset.draft ? JSON.parse(form.dataset.draft) : null;
const copied = form.dataset.copy ? JSON.parse(form.dataset.copy) : null;
const opened = form.dataset.post ? JSON.parse(form.dataset.post) : null;
const series = form.dataset.series ? JSON.parse(form.dataset.series) : null;
const given = opened ?? series ?? stored ?? copied; // what the form begins with
const texts = textsOf(form).map(({ dataset }) => dataset.text);
const draft = new Draft(stored, { texts, read: () => read().body, say: (said) => (by("saved").textContent = said) });
const editing = opened && new Editing(opened, () => read().body);
const repeating = new Repeating(form, series, () => changed());

let shownPanels = [];
let lengths = []; // as the last validation found them
let waiting = 0;
let asked = 0;
let insists = false; // whether a person tried to submit: from then on, what is missing is a problem
// The same body is sent with the same key, so that a lost response and a second click create one post.
let sending = { text: "", key: "" };

/** The request body, and the field of each pointer in it. */
function read() {
  const places = new Map([["/channels", form.querySelector("[data-at='/channels']")], ["/shared", by("for-all")], ["/slot", form.querySelector("[data-at='/scheduledAt']")], ["/start", form.querySelector("[data-at='/scheduledAt']")]]);
  for (const field of form.querySelectorAll("[data-at]")) places.set(field.dataset.at, field);
  const body = { brandRef: form.dataset.brand };
  for (const { dataset, value } of textsOf(form)) if (value.trim()) body[dataset.text] = value;
  // What the form has no field for stays as it was opened.
  const unseen = form.dataset.stored.split(" ").filter((name) => !texts.includes(name));
  for (const name of unseen) if (given?.content[name]) body[name] = given.content[name];
  const media = uploads.read(places);
  if (media.length) body.media = media;
  const shared = {
    text: by("text").value,
    link: by("link").value,
    firstComment: by("first-comment")?.value ?? "",
    commentField: form.querySelector("[data-shared-comment]"),
    media,
  };
  body.channels = shownPanels.map((panel, index) => panel.read(`/channels/${index}`, places, shared));
  if (repeating.isChosen) return { body, places }; // its times are those of the rule
  if (isLater()) body.scheduledAt = by("at").value;
  const slot = form.querySelector("[name='when'][value='slot']:checked");
  if (slot) body.slot = slot.dataset.after ? { after: slot.dataset.after } : "next";
  const ends = { publishBy: by("publish-by").value, withdrawAt: by("withdraw-at").value };
  if ((isLater() || ends.publishBy || ends.withdrawAt) && by("time-zone").value.trim()) body.timezone = by("time-zone").value.trim();
  if (isLater() && by("fold").value && comesTwice(by("at").value, by("time-zone").value.trim())) body.fold = by("fold").value;
  for (const [name, value] of Object.entries(ends)) if (value) body[name] = value;
  return { body, places };
}

function isLater() {
  return form.elements.when.value === "later";
}

function showPanels() {
  shownPanels = panels.show(chosen());
  const all = { key: "all", title: _("All accounts"), detail: "", panel: by("for-all") };
  const each = shownPanels.map(({ box: { value, dataset }, element }) => {
    const isOneOfSeveral = boxes().filter((other) => other.dataset.channel === dataset.channel).length > 1;
    return { key: value, title: dataset.title, detail: isOneOfSeveral ? dataset.handle : "", panel: element };
  });
  tabs.show([all, ...each]);
}

/** Validate after a short pause in typing, and save after a longer one. */
function changed() {
  clearTimeout(waiting);
  waiting = setTimeout(check, QUIET);
  if (!editing && !series) draft.soon();
}

const isBusy = () => uploads.isBusy || panels.isBusy;

async function check() {
  const { body, places } = read();
  const mine = (asked += 1);
  if (!body.channels.length) {
    show(NOTHING, places);
    verdict(insists ? _("Choose at least one account.") : "");
    return;
  }
  try {
    const found = await api("POST", "/v1/contents/validate", body);
    if (mine !== asked) return; // a newer validation is running, or the form was submitted
    const notes = show(found, places);
    verdict(isBusy() ? _("A file is still uploading.") : verdictOf(notes));
  } catch (error) {
    if (mine === asked) verdict(_("We couldn’t check this post. %(problem)s", { problem: error.message }));
  }
}

function show(result, places) {
  const { problems, warnings, publications } = editing ? withoutItself(result) : result;
  lengths = result.lengths;
  const notes = placed({ problems, warnings }, places);
  showCounters(form.querySelectorAll("[data-counters]"), lengths, places, titles);
  showPreviews(by("previews"), publications, shownPanels, (id) => uploads.shown(id) ?? panels.shown(id));
  choosePreview(by("previews"), tabs.chosen);
  by("no-preview").hidden = publications.length > 0;
  markTabs();
  return notes;
}

/** The stored post is the same as itself: that is no duplicate. */
function withoutItself({ problems, warnings, ...rest }) {
  const isOther = ({ code, actual, contentId }) => code !== "DUPLICATE_OF_RECENT" || ![actual, contentId].includes(opened.id);
  return { ...rest, problems: problems.filter(isOther), warnings: warnings.filter(isOther) };
}

function markTabs() {
  shownPanels.forEach((panel, index) => markTab(panel, tightest(lengths, panel.box.value, `/channels/${index}`)));
}

/** Show notes at their fields; returns all of them. */
function placed(found, places) {
  const notes = inWords(found, { titles, places, kinds: kindsOf, insists });
  fill(by("unplaced"), showNotes(form, notes, places));
  const folded = form.querySelectorAll("details:not([open]) .broken");
  for (const field of folded) for (let at = field.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
  return notes;
}

function markTab(panel, length) {
  const has = panel.element.querySelector(".broken") || panel.element.matches(".broken") ? "problem" : "todo";
  const isUnfinished = panel.element.matches(".unfinished") || panel.element.querySelector(".unfinished");
  tabs.mark(panel.box.value, {
    count: length ? `${length.actual} / ${length.maximum}` : "",
    over: Boolean(length) && length.actual > length.maximum,
    has: has === "problem" || isUnfinished ? has : "",
    differs: panel.isDifferent,
  });
}

/** The request for the files that a channel takes. */
function kindsOf(channel) {
  const kinds = shownPanels.find(({ box }) => box.dataset.channel === channel)?.element.dataset.kinds ?? "";
  return kinds === "video"
    ? _("Add a video for %(networks)s.")
    : kinds === "image" ? _("Add a picture for %(networks)s.") : _("Add a picture or video for %(networks)s.");
}

const verdict = (text) => showVerdict(by("verdict"), text, { form, tabs });

async function submit(event) {
  event.preventDefault();
  if (isBusy()) {
    verdict(_("A file is still uploading."));
    return;
  }
  clearTimeout(waiting);
  asked += 1;
  insists = true;
  const { body, places } = read();
  const text = JSON.stringify(body);
  if (sending.text !== text) sending = { text, key: newKey() };
  by("submit").disabled = true;
  draft.pause();
  try {
    await draft.saving;
    const repeats = repeating.isChosen;
    const made = await (repeats ? repeating.send(body, sending.key) : editing ? editing.save() : accept(body));
    if (repeats) await draft.discard();
    draft.end();
    location.assign(repeats ? `/series/${made.id}` : `/contents/${made.id}`);
  } catch (error) {
    by("submit").disabled = false;
    draft.resume();
    refused(error, places);
  }
}

function accept(body) {
  return draft.stored ? draft.submit(sending.key) : api("POST", "/v1/contents", body, { "Idempotency-Key": sending.key });
}

/** Store the time of an accepted post alone; without a new one, ask for it. */
async function move() {
  const { places } = read();
  by("move-post").disabled = true;
  try {
    if (await editing.move()) verdict(_("Moved."));
    else by("at").focus();
  } catch (error) {
    refused(error, places);
  } finally {
    by("move-post").disabled = false;
  }
}

function refused(error, places) {
  if (error.status === 412 && editing) {
    fill(by("unplaced"), [{ kind: "problem", message: error.message, isOwn: true, contentId: opened.id }]);
    verdict(_("Not saved."));
    return;
  }
  if (error.status === 0 && editing) return void verdict(error.message);
  if (error.status === 0) {
    verdict(_("%(problem)s Try again: the post is accepted only once.", { problem: error.message }));
    return;
  }
  const found = error.errors?.length ? error.errors : [{ pointer: "", message: error.message }];
  const problems = found.map((each) => ({ ...each, pointer: each.pointer.replace(/^\/content(?=\/)/, "") }));
  placed({ problems }, places);
  markTabs();
  verdict(ngettext("Not accepted: %(num)s problem.", "Not accepted: %(num)s problems.", problems.length));
  const broken = firstBroken(form);
  if (broken) tabs.reveal(broken);
  broken?.focus();
}

/** The button names the chosen time and brand, because the choices themselves may be out of sight. */
function nameButton() {
  if (editing || series) return;
  const brand = form.dataset.brandName;
  if (by("submit").dataset.proposes !== undefined) return void (by("submit").textContent = _("Propose"));
  const named = () => (isLater() ? _("Schedule for %(brand)s", { brand }) : _("Publish now for %(brand)s", { brand }));
  if (repeating.isChosen) return void (by("submit").textContent = _("Create the series"));
  by("submit").textContent = brand ? named() : isLater() ? _("Schedule") : _("Publish now");
}

function showTime() {
  by("time").hidden = !isLater() && !repeating.isChosen;
  by("fold-field").hidden = !isLater() || !comesTwice(by("at").value, by("time-zone").value.trim());
  repeating.show();
  nameButton();
}

/** The tabs stay in view below the header, which has one row or two. */
function followHeader() {
  const header = document.querySelector("header.top");
  const measure = () => document.documentElement.style.setProperty("--head", `${header.offsetHeight}px`);
  new ResizeObserver(measure).observe(header);
  measure();
}

function begin() {
  followHeader();
  const kept = takeKept();
  const content = kept?.body ?? given?.content;
  const off = new Set(kept ? [] : copied?.off);
  if (content) fillIn(form, content, { boxes: boxes(), uploads, showPanels, panelOf: (box) => panels.kept.get(box.value), off });
  else showPanels();
  if (series) form.elements.when.value = "repeats";
  repeating.begin();
  showTime();
  if (editing) editing.begin(kept?.stored);
  else if (!series) draft.begin({ isCopy: Boolean(copied), isKept: Boolean(kept) });
  addEventListener("signing-in", () => keep({ body: read().body, stored: editing?.stored }));
  form.addEventListener("submit", submit);
  by("save")?.addEventListener("click", () => draft.save({ always: true }));
  by("move-post")?.addEventListener("click", move);
  form.addEventListener("input", ({ target }) => {
    if (target.name === "account") showPanels();
    if (target.name === "when" || target.id === "at" || target.id === "time-zone") showTime();
    if (target.type !== "file") changed();
  });
  watchPicks(form, () => {
    showPanels();
    changed();
  });
  if (chosen().length) check();
}

begin();
