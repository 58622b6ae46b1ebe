// Messages in the page's language. The page hands over the translations of all scripts in a meta element; what it lacks
// is shown in English. `_` and `ngettext` are the names that catalogue tools look for.

const messages = JSON.parse(document.querySelector("meta[name=messages]")?.content ?? "{}");

/** The page's language, such as "hi". */
export const language = document.documentElement.lang || "en";

/** For dates and numbers: the reader's own variant of the page's language, such as en-IN, if the browser has one. */
export const locale = navigator.languages?.find((each) => each.split("-")[0] === language) ?? language;

/** A message, with its `%(name)s` filled in from `values`. */
export function _(message, values = {}) {
  return filled(messages[message] ?? message, values);
}

/** The form for a count, which fills in `%(num)s`. Catalogues here have two forms: of one, and of all others. */
export function ngettext(singular, plural, num, values = {}) {
  const [one, many] = messages[singular] ?? [singular, plural];
  return filled(num === 1 ? one : many, { num, ...values });
}

/** A message without its values, to be filled in later. */
export function filled(message, values) {
  return message.replace(/%\((\w+)\)s/g, (whole, name) => (name in values ? values[name] : whole));
}

/** Names in a sentence: “a, b and c”. */
export function listed(names) {
  return new Intl.ListFormat(language === "en" ? "en-GB" : language).format(names);
}

/** A text from the API, which is English: an element that says so, or just the text on an English page. */
export function fromApi(text) {
  if (language === "en") return text;
  return Object.assign(document.createElement("span"), { lang: "en", textContent: text });
}
