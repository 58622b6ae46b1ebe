// Updates the page in place. Nodes that stay are the same nodes, so focus, scrolling, open dialogs and text being typed
// survive. A library such as idiomorph would be many times this size, and need the same rules about what to keep.

/** Change `old` into `fresh`, except what has `data-keep`, open dialogs, and forms that a person began to fill in. */
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

/** Mark a form that a person began to fill in, until it is sent. */
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
