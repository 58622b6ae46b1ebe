// One panel per chosen account: its own text, link and options. Made from the page's templates.

/** The open panels, in the order of the accounts on the page. */
export class Panels {
  constructor(root) {
    this.root = root;
    this.kept = new Map(); // by account, so that a panel survives when its account is unchecked and checked again
  }

  /** Show exactly the panels of these account boxes. */
  show(boxes) {
    const panels = boxes.map((box) => this.kept.get(box.value) ?? this.make(box));
    this.root.replaceChildren(...panels.map(({ element }) => element));
    return panels;
  }

  make(box) {
    const template = document.getElementById(`panel-${box.dataset.channel}`);
    const element = template.content.firstElementChild.cloneNode(true);
    for (const attribute of ["id", "for", "aria-describedby"]) {
      for (const each of element.querySelectorAll(`[${attribute}]`)) {
        each.setAttribute(attribute, `${box.value}-${each.getAttribute(attribute)}`);
      }
    }
    element.querySelector("[data-title]").textContent = `${box.dataset.title} · ${box.dataset.handle}`;
    const panel = new Panel(box, element);
    this.kept.set(box.value, panel);
    return panel;
  }
}

class Panel {
  constructor(box, element) {
    this.box = box;
    this.element = element;
    this.says = element.querySelector("[data-says]");
    element.querySelector("[data-add-part]")?.addEventListener("click", () => this.addPart().focus());
    element.querySelector("summary").addEventListener("click", () => (this.closedByHand = element.open));
  }

  /** Open the panel if it has a problem, unless a person closed it. */
  showTrouble() {
    const broken = this.element.matches(".broken") || this.element.querySelector(".broken");
    if (broken && !this.closedByHand) this.element.open = true;
  }

  get takesFirstComment() {
    return this.element.dataset.firstComment === "yes";
  }

  /** This account's part of the request. Adds its fields to `places`, by their pointers below `root`. */
  read(root, places, shared) {
    places.set(root, this.element);
    const sent = { channel: this.box.dataset.channel, accountId: this.box.value };
    for (const name of ["text", "link"]) {
      const field = this.own(name);
      const value = field.querySelector("textarea, input").value;
      if (value.trim()) {
        sent[name] = value;
        places.set(`${root}/${name}`, field);
      }
    }
    this.readParts(sent, root, places);
    if (this.takesFirstComment) this.readComment(sent, root, places, shared);
    const options = this.readOptions(root, places);
    if (Object.keys(options).length) sent.options = options;
    this.says.textContent = this.summary(sent, shared);
    return sent;
  }

  own(name) {
    return this.element.querySelector(`[data-own="${name}"]`);
  }

  summary(sent, shared) {
    const named = { text: "its own text", link: "its own link", parts: "a thread", options: "options" };
    const found = Object.keys(named).filter((name) => name in sent).map((name) => named[name]);
    if (sent.firstComment && sent.firstComment !== shared.value) found.push("its own first comment");
    return found.length ? `has ${found.join(", ")}` : "same as above";
  }

  readComment(sent, root, places, shared) {
    const field = this.own("firstComment");
    const own = field.querySelector("textarea").value;
    const text = own.trim() ? own : shared.value;
    if (text.trim()) sent.firstComment = text;
    places.set(`${root}/firstComment`, own.trim() ? field : shared.field);
  }

  readParts(sent, root, places) {
    const list = this.element.querySelector("[data-parts-list]");
    if (!list) return;
    places.set(`${root}/parts`, this.own("parts"));
    const parts = [...list.children];
    if (parts.length) sent.parts = parts.map((part) => part.querySelector("textarea").value);
    parts.forEach((part, index) => places.set(`${root}/parts/${index}`, part));
  }

  addPart() {
    const list = this.element.querySelector("[data-parts-list]");
    const part = document.getElementById("part").content.firstElementChild.cloneNode(true);
    const text = part.querySelector("textarea");
    text.id = `${this.box.value}-part-${(this.made = (this.made ?? 0) + 1)}`;
    part.querySelector("label").htmlFor = text.id;
    const number = () => [...list.children].forEach((each, index) => {
      each.querySelector("label").textContent = `Post ${index + 2}`;
    });
    part.querySelector("button").addEventListener("click", () => {
      part.remove();
      number();
      this.element.querySelector("[data-add-part]").focus();
      this.element.dispatchEvent(new Event("input", { bubbles: true }));
    });
    list.append(part);
    number();
    return text;
  }

  readOptions(root, places) {
    const options = {};
    for (const field of this.element.querySelectorAll("[data-option]")) {
      places.set(`${root}/options/${field.dataset.option}`, field);
      const value = valueOf(field);
      if (value !== undefined) options[field.dataset.option] = value;
    }
    return options;
  }
}

/** The value of an option's field; undefined if it is empty, so that the channel's default applies. */
function valueOf(field) {
  if (field.dataset.kind === "choices") {
    const chosen = [...field.querySelectorAll("input:checked")].map((box) => box.value);
    return chosen.length ? chosen : undefined;
  }
  const control = field.querySelector("input, select, textarea");
  if (field.dataset.kind === "flag") return control.checked === control.defaultChecked ? undefined : control.checked;
  if (!control.value.trim()) return undefined;
  switch (field.dataset.kind) {
    case "ternary":
      return control.value === "true";
    case "number":
      return Number.isNaN(Number(control.value)) ? control.value : Number(control.value);
    case "lines":
      return control.value.split("\n").map((line) => line.trim()).filter(Boolean);
    case "json":
      return parsed(control.value);
    default:
      return control.value;
  }
}

/** Unreadable JSON is sent as text: the API reports what is wrong. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
