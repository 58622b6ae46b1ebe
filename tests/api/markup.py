"""Faults in a page's markup that break it for everybody or for a screen reader, found without a browser."""

from __future__ import annotations

from html.parser import HTMLParser

CONTROLS = ("input", "select", "textarea")
VOID = {"input", "link", "meta", "img", "br", "hr", "path", "circle"}


class Markup(HTMLParser):
    """Reads a page. Markup inside <template> has no ids and no labels to check."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.faults: list[str] = []
        self._labelled: set[str] = set()
        self._controls: list[tuple[str, dict[str, str]]] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        named = {text for _, attributes in self._controls for text in (attributes.get("aria-labelledby") or "").split()}
        self.faults += [f"no element {text}" for text in sorted(named - set(self.ids))]
        self.faults += [
            f"no label: {tag} {attributes.get('id') or attributes.get('name')}"
            for tag, attributes in self._controls
            if not (
                attributes.get("id") in self._labelled
                or attributes.get("aria-label")
                or attributes.get("aria-labelledby")
            )
        ]
        self.faults += [f"twice: {each}" for each in sorted({each for each in self.ids if self.ids.count(each) > 1})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self._open.append(tag)
        if "template" not in self._open and "id" in attributes:
            self.ids.append(attributes["id"])
        self.faults += [f"inline: {name} of {tag}" for name in attributes if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and not attributes.get("src")):
            self.faults.append(f"inline: {tag}")
        if tag == "label":
            self._labelled.add(attributes.get("for", ""))
        if (
            tag == "button"
            and "template" not in self._open
            and attributes.get("type") not in ("button", "submit", None)
        ):
            self.faults.append("a button without a type")
        is_control = tag in CONTROLS and attributes.get("type") not in ("hidden", "submit", "button")
        if is_control and "template" not in self._open and "label" not in self._open:
            self._controls.append((tag, attributes))

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
    """Every fault of a page."""
    return Markup(page).faults
