// Fills the form in from a draft, or from a post that is copied. A draft may hold anything: what the form cannot show is
// left out.

const OF_TIME = { timezone: "time-zone", fold: "fold" };

/** The fields of a post's texts. `data-text` is the text's name in a request. */
export const textsOf = (form) => [...form.querySelectorAll("[data-text]")];

/**
 * Fill `form` in from `content`, the body of a post. `boxes` are the accounts; `showPanels` shows those that are chosen.
 * The accounts in `off` are filled in but not checked, so that their text is there when a person checks them.
 */
export function fillIn(form, content, { boxes, uploads, showPanels, panelOf, off }) {
  for (const field of textsOf(form)) {
    if (typeof content[field.dataset.text] === "string") field.value = content[field.dataset.text];
  }
  for (const [name, id] of Object.entries(OF_TIME)) {
    if (typeof content[name] === "string") document.getElementById(id).value = content[name];
  }
  if (Array.isArray(content.media)) uploads.restore(content.media);
  const entries = entriesOf(content.channels, boxes);
  for (const box of boxes) box.checked = entries.has(box.value);
  fillTimes(form, content);
  const comment = sharedComment([...entries.values()]);
  const field = document.getElementById("first-comment");
  if (field) field.value = comment;
  showPanels();
  const shared = { text: content.text ?? "", link: content.link ?? "", firstComment: comment };
  for (const box of boxes) if (box.checked) panelOf(box).fill(entries.get(box.value), shared);
  if (!off.size) return;
  for (const box of boxes) box.checked = box.checked && !off.has(box.value);
  showPanels();
}

/** The entries of a draft by account: a channel's name alone means its only account. */
function entriesOf(channels, boxes) {
  const found = new Map();
  for (const each of Array.isArray(channels) ? channels : []) {
    const entry = typeof each === "string" ? { channel: each } : (each ?? {});
    const of = boxes.filter(({ dataset, value }) => (entry.accountId ? value === entry.accountId : dataset.channel === entry.channel));
    if (of.length === 1) found.set(of[0].value, entry);
  }
  return found;
}

/** The first comment that most accounts have. */
function sharedComment(entries) {
  const counts = new Map();
  for (const { firstComment } of entries) {
    if (typeof firstComment === "string") counts.set(firstComment, (counts.get(firstComment) ?? 0) + 1);
  }
  return [...counts].sort((one, other) => other[1] - one[1])[0]?.[0] ?? "";
}

function fillTimes(form, { scheduledAt, slot, publishBy, withdrawAt }) {
  const local = (value) => (typeof value === "string" ? (value.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d/)?.[0] ?? "") : "");
  if (local(scheduledAt)) {
    form.elements.when.value = "later";
    document.getElementById("at").value = local(scheduledAt);
  }
  const weekly = form.querySelector("[name='when'][value='slot']");
  if (slot && weekly) {
    weekly.checked = true;
    if (slot.after) weekly.dataset.after = slot.after;
  }
  document.getElementById("publish-by").value = local(publishBy);
  document.getElementById("withdraw-at").value = local(withdrawAt);
}
