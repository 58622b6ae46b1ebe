// Buttons and forms that call the API:
//   <button data-action="POST /v1/contents/…/cancel" data-confirm="Cancel it?" data-body='{"a": 1}'>
//   <form data-action="PATCH /v1/contents/…" data-if-match='"3"'>   fields are named as the API names them
//   <button data-actions='[{"path": "/v1/contents/…/retry", "body": {…}}]'>          several POSTs in turn
// `data-done` is announced on success, and shown in #done with a link to `data-see`; `data-then` is the next page, `data-confirm-label` the label of the confirm button.
// `data-read` names the function in `readers` that reads the form; `data-folds` folds the details around it on success.

import { api, Problem } from "./api.js";
import { _, fromApi } from "./language.js";
import { refresh, say } from "./live.js";
import { inUse, ownWords } from "./people.js";
import { instantOf } from "./times.js";

// A file that is still needed. The page lists by what, with links.
const IN_USE = "MEDIA_IN_USE";
let placed = 0; // errors beside fields, for their ids

/** How forms with `data-read` are read, by its value: a function from the form to the body, which may throw Problem. */
export const readers = {};

/** Listen for clicks and submits anywhere on the page. */
export function watchActions() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-action], button[data-actions]");
    if (button?.dataset.actions) actOnAll(button);
    else if (button) act(button, () => read(button.dataset.body));
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-action]");
    if (!form) return;
    event.preventDefault();
    act(form, () => (readers[form.dataset.read] ?? fieldsOf)(form));
  });
}

/** A form's fields as JSON. Empty fields are left out, except those with `data-empty="keep"`. A local time with
 * `data-instant` is in the page's zone. */
export function fieldsOf(form) {
  const body = read(form.dataset.body) ?? {};
  for (const [name, value] of new FormData(form)) {
    const field = form.elements[name];
    if (value !== "" && field.dataset?.instant !== undefined) body[name] = instantOf(value);
    else if (value !== "" || field.dataset?.empty === "keep") body[name] = value;
  }
  return body;
}

/** Show a problem: each error beside its field, by pointer, the rest in the box above. */
export function showProblem(scope, problem) {
  clearProblem(scope);
  const errors = problem.errors.filter((error) => !besideField(scope, error));
  if (errors.length === 0 && problem.errors.length > 0) return scope.querySelector("[aria-invalid]")?.focus();
  const box = boxOf(scope);
  if (!box) return say(problem.message);
  const list = errors.length > 1 && problem.code !== IN_USE ? errors.map((error) => element("li", `${error.pointer} `, [wordsOf(error)])) : [];
  box.replaceChildren(element("strong", "", [shownOf(problem)]), ...(list.length ? [element("ul", "", list)] : []));
  box.hidden = false;
  box.scrollIntoView({ block: "nearest" });
}

/** Remove what `showProblem` has shown. */
export function clearProblem(scope) {
  for (const field of scope.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    describe(field, descriptionsOf(field).filter((id) => !scope.querySelector(`.wrong[id="${CSS.escape(id)}"]`)));
  }
  for (const words of scope.querySelectorAll(".wrong")) words.remove();
  const box = boxOf(scope);
  if (box) box.hidden = true;
}

// The nearest one: in the form, in the row or the card around the button, or on the page.
function boxOf(scope) {
  const around = [scope, scope.closest(".row"), scope.closest(".card"), scope.closest("dialog")];
  const near = around.map((each) => each?.querySelector(".problem")).find(Boolean);
  return near ?? document.querySelector("main .problem");
}

function besideField(scope, error) {
  const field = fieldAt(scope, error.pointer);
  if (!field || field.type === "hidden") return false;
  for (let fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  const words = element("p", "", [wordsOf(error, field)]);
  words.className = "wrong";
  words.id = `wrong-${(placed += 1)}`;
  field.setAttribute("aria-invalid", "true");
  describe(field, [words.id, ...descriptionsOf(field)]);
  (field.closest("label") ?? field).after(words);
  return true;
}

/** The field that a pointer names, or that has what it names: a list in one field has `/name/0`. */
function fieldAt(scope, pointer) {
  for (let at = pointer; at; at = at.slice(0, at.lastIndexOf("/"))) {
    const name = CSS.escape(at.replace(/^\//, ""));
    const field = scope.querySelector(`[name="${name}"], [data-pointer="${CSS.escape(at)}"]`);
    if (field) return field;
  }
  return null;
}

const descriptionsOf = (field) => (field.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean);

function describe(field, ids) {
  if (ids.length) field.setAttribute("aria-describedby", ids.join(" "));
  else field.removeAttribute("aria-describedby");
}

async function act(source, bodyOf) {
  const [method, path] = source.dataset.action.split(" ", 2);
  const button = source.matches("form") ? source.querySelector("[type=submit], button:not([type])") : source;
  if (button.getAttribute("aria-busy") === "true" || !(await isConfirmed(source))) return;
  button.setAttribute("aria-busy", "true");
  const match = source.dataset.ifMatch;
  try {
    const body = source.matches("form") || source.dataset.body ? bodyOf() : undefined;
    const answer = await api(method, path, body, match ? { "If-Match": match } : {});
    clearProblem(source);
    source.removeAttribute("data-touched");
    const dialog = source.closest("dialog");
    dialog?.close();
    source.dispatchEvent(new CustomEvent("acted", { bubbles: true, detail: answer }));
    if (source.dataset.then) return location.assign(source.dataset.then.replace("{id}", answer?.id ?? ""));
    say(source.dataset.done ?? _("Done."));
    showDone(source.dataset);
    // While the page is loaded again, a person may open the dialog for another post: it works, and keeps what it shows.
    button.removeAttribute("aria-busy");
    await refresh();
    if (!dialog?.open) source.reset?.();
    if (source.dataset.folds !== undefined) fold(source.closest("details"));
    keepFocus(button);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 412 && source.dataset.mustBeRead !== undefined) {
      // What somebody decides about must have been seen: the page shows the new version, and nothing is sent again.
      await refresh();
      problem.message = _("Somebody has changed this post in the meantime. Read it again, then decide.");
      problem.isOwn = true;
    } else if (problem.status === 412 && problem.etag) {
      source.dataset.ifMatch = problem.etag;
      problem.message = _("Someone else changed this post in the meantime. Your text is still here. Save again to replace their change.");
      problem.isOwn = true;
    }
    showProblem(source, problem);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** Several calls by one button, one after the other. The first problem stops them; what is done stays done. */
async function actOnAll(button) {
  if (button.getAttribute("aria-busy") === "true" || !(await isConfirmed(button))) return;
  button.setAttribute("aria-busy", "true");
  try {
    for (const { path, body } of read(button.dataset.actions)) await api("POST", path, body);
    clearProblem(button);
    say(button.dataset.done ?? _("Done."));
    showDone(button.dataset);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    showProblem(button, problem);
  } finally {
    button.removeAttribute("aria-busy");
  }
  await refresh();
  keepFocus(button);
}

/** What an action did, above all: the row or card of its button may be gone. A later action removes it. */
function showDone({ done, see, seeLabel }) {
  const box = document.getElementById("done");
  if (!box) return;
  box.hidden = !see;
  if (!see) return;
  const link = element("a", seeLabel);
  link.href = see;
  box.replaceChildren(`${done} `, link);
  box.scrollIntoView({ block: "nearest" });
}

/** A button that an action has removed takes the focus with it: the keyboard continues at the page's content. */
function keepFocus(button) {
  if (button.isConnected || document.activeElement !== document.body) return;
  document.getElementById("live").focus({ preventScroll: true });
}

function fold(details) {
  if (!details?.isConnected) return;
  details.open = false;
  details.querySelector("summary").focus({ preventScroll: true });
}

/** Whether a person confirms what `data-confirm` asks; true when it asks nothing. */
export function isConfirmed(source) {
  if (!source.dataset.confirm) return Promise.resolve(true);
  const dialog = document.getElementById("confirm");
  dialog.querySelector("p").textContent = source.dataset.confirm;
  dialog.querySelector("[value=yes]").textContent = source.dataset.confirmLabel ?? source.textContent.trim();
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** The page’s own words for an error, else the API’s. */
const wordsOf = (error, field) => ownWords(error, field) ?? fromApi(error.message);

/** What a problem says above its list of errors. */
function shownOf(problem) {
  if (problem.code === IN_USE) return inUse(problem.errors);
  if (problem.errors.length === 1) return wordsOf(problem.errors[0]);
  return problem.isOwn ? problem.message : fromApi(problem.message);
}

const read = (text) => (text ? JSON.parse(text) : undefined);

function element(name, text, children = []) {
  const made = document.createElement(name);
  made.textContent = text;
  made.append(...children);
  return made;
}
