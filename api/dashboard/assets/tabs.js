// Tabs: what all accounts share, and what each account changes. Arrow keys move between them.

import { _ } from "./language.js";

/** A list of tabs over panels that exist on the page. `show` may be called again at any time. */
export class Tabs {
  constructor(list, selected) {
    this.list = list;
    this.selected = selected; // called with the key of the chosen tab
    this.entries = []; // {key, panel, tab}
    this.chosen = null;
    list.addEventListener("keydown", (event) => this.move(event));
  }

  /** Show exactly these tabs: {key, title, detail, panel}. The chosen one stays, if it is still there. */
  show(wanted) {
    this.entries = wanted.map((each) => ({ ...each, tab: this.tabOf(each) }));
    this.list.replaceChildren(...this.entries.map(({ tab }) => tab));
    this.list.hidden = wanted.length < 2;
    for (const { panel, tab } of this.entries) {
      panel.id ||= `panel-of-${tab.id}`;
      tab.setAttribute("aria-controls", panel.id);
      panel.setAttribute("aria-labelledby", tab.id);
      if (this.list.hidden) panel.removeAttribute("role");
      else panel.setAttribute("role", "tabpanel");
    }
    const still = this.entries.find(({ key }) => key === this.chosen) ?? this.entries[0];
    this.select(still.key);
  }

  /** Show the panel of a tab. */
  select(key) {
    this.chosen = key;
    for (const each of this.entries) {
      const isChosen = each.key === key;
      each.panel.hidden = !isChosen;
      each.tab.setAttribute("aria-selected", String(isChosen));
      each.tab.tabIndex = isChosen ? 0 : -1;
    }
    this.selected(key);
  }

  /** Show the panel around an element, so that it can be focused. */
  reveal(element) {
    const around = this.entries.find(({ panel }) => panel.contains(element));
    if (around) this.select(around.key);
    for (let fold = element.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  }

  /** What a tab says beside its name: {count, over, has, differs}. `has` is "problem", "todo" or "". */
  mark(key, { count = "", over = false, has = "", differs = false }) {
    const { tab } = this.entries.find((each) => each.key === key) ?? {};
    if (!tab) return;
    tab.classList.toggle("over", over);
    tab.classList.toggle("has-problem", has === "problem");
    tab.classList.toggle("has-todo", has === "todo");
    tab.classList.toggle("differs", differs);
    const words = [differs && _("has its own content"), has === "problem" && _("has a problem"), has === "todo" && _("is not finished")];
    write(tab.querySelector(".count"), count);
    write(tab.querySelector(".unseen"), words.filter(Boolean).map((each) => `, ${each}`).join(""));
  }

  tabOf({ key, title, detail }) {
    const known = this.list.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (known) return known;
    const tab = document.createElement("button");
    Object.assign(tab, { type: "button", id: `tab-${key}`, className: "tab" });
    tab.setAttribute("role", "tab");
    tab.dataset.key = key;
    for (const [kind, text] of [["name", title], ["soft", detail], ["count", ""], ["unseen", ""]]) {
      const part = document.createElement("span");
      part.className = kind;
      part.textContent = text;
      tab.append(part, " ");
    }
    tab.addEventListener("click", () => this.select(key));
    return tab;
  }

  move(event) {
    const at = this.entries.findIndex(({ key }) => key === this.chosen);
    const last = this.entries.length - 1;
    const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.select(this.entries[to].key);
    this.entries[to].tab.focus();
  }
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
