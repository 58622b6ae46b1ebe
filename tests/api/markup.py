"""What is wrong with a page's markup, for everybody and for those who do not see it: found without a browser."""

from __future__ import annotations

from html.parser import HTMLParser

CONTROLS = ("input", "select", "textarea")
VOID = {"input", "link", "meta", "img", "br", "hr", "path", "circle"}


class Markup(HTMLParser):
    """Reads a page. `templates` says whether what is inert, in <template>, is looked at too."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.faults: list[str] = []
        self._labelled: set[str] = set()
        self._asking: list[tuple[str, dict[str, str]]] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        named = {text for _, given in self._asking for text in (given.get("aria-labelledby") or "").split()}
        self.faults += [f"no element {text}" for text in sorted(named - set(self.ids))]
        self.faults += [
            f"no label: {tag} {given.get('id') or given.get('name')}"
            for tag, given in self._asking
            if not (given.get("id") in self._labelled or given.get("aria-label") or given.get("aria-labelledby"))
        ]
        self.faults += [f"twice: {each}" for each in sorted({each for each in self.ids if self.ids.count(each) > 1})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self._open.append(tag)
        if "template" not in self._open and "id" in given:
            self.ids.append(given["id"])
        self.faults += [f"inline: {name} of {tag}" for name in given if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and not given.get("src")):
            self.faults.append(f"inline: {tag}")
        if tag == "label":
            self._labelled.add(given.get("for", ""))
        if tag == "button" and "template" not in self._open and given.get("type") not in ("button", "submit", None):
            self.faults.append("a button of no kind")
        asks = tag in CONTROLS and given.get("type") not in ("hidden", "submit", "button")
        if asks and "template" not in self._open and "label" not in self._open:
            self._asking.append((tag, given))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.remove(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1:]}")
        if tag in self._open:
            while self._open.pop() != tag:
                pass


def faults(page: str) -> list[str]:
    """Everything that is wrong; empty when nothing is."""
    return Markup(page).faults
