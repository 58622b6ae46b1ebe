"""Languages in templates: `{% trans %}`, `_()`, and filters for texts that come from tables or the API."""

from __future__ import annotations

from jinja2 import Environment
from jinja2.ext import InternationalizationExtension
from markupsafe import Markup, escape

from api.languages import formats
from api.languages.catalogue import Language, current, gettext, is_translated, ngettext, script_messages


def install(environment: Environment) -> None:
    """Give an environment the functions and filters. `_("…")` and `{% trans %}` are markup, and escape their values;
    `text | translated` is text, for what is not written in the template."""
    environment.policies["ext.i18n.trimmed"] = True
    environment.add_extension(InternationalizationExtension)
    # The extension adds this method to the environment.
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.filters |= {"translated": gettext, "or_english": or_english, "number": formats.number}
    environment.filters["filesizeformat"] = formats.file_size
    environment.globals |= {"language": current.get, "languages": list(Language)}
    environment.globals |= {"format_day": formats.day, "script_messages": lambda: script_messages(current.get())}


def or_english(text: str) -> Markup | str:
    """A text from the API in the reader's language, or marked as English where the catalogue does not have it. A text
    may have the name of a network before it, as in `Facebook: The media could not be fetched.`"""
    if is_translated(text):
        return gettext(text)
    name, colon, rest = text.partition(": ")
    if rest and is_translated(rest):
        return name + colon + gettext(rest)
    return Markup('<span lang="en">') + escape(text) + Markup("</span>")
