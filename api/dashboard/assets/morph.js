// Makes one tree look like another while the nodes that stay are the same ones: focus, scroll, open dialogs and what
// somebody is typing survive.

/** Change `old` into `fresh`. What is `data-keep`, an open dialog, or a form somebody has touched is left alone. */
export function morph(old, fresh) {
  if (isKept(old)) return;
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  copyAttributes(old, fresh);
  if (old.matches("textarea") && old !== document.activeElement) old.value = fresh.value;
  const unused = [...old.childNodes];
  let place = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const index = unused.findIndex((node) => isSame(node, wanted));
    const found = index < 0 ? old.ownerDocument.importNode(wanted, true) : unused.splice(index, 1)[0];
    if (found === place) place = place.nextSibling;
    else old.insertBefore(found, place);
    if (index >= 0) morph(found, wanted);
  }
  for (const node of unused) if (!isKept(node)) node.remove();
}

/** Remember that somebody began to fill in a form, until it was sent. */
export function watchForms() {
  document.addEventListener("input", (event) => event.target.form?.setAttribute("data-touched", ""));
}

function isKept(node) {
  return node.nodeType === Node.ELEMENT_NODE && node.matches("[data-keep], dialog[open], form[data-touched]");
}

function isSame(node, wanted) {
  return node.nodeName === wanted.nodeName && keyOf(node) === keyOf(wanted);
}

const keyOf = (node) => node.id || node.dataset?.key || "";

function copyAttributes(old, fresh) {
  const own = old.matches("details, dialog") ? ["open"] : [];
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !own.includes(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) {
    if (!own.includes(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}
