"""Messages in the language of the request. The English text is the key, and what is shown without a translation.

Catalogues are compiled from their `.po` file when a page first needs them: the repository and the wheel hold no second,
binary form that could be stale, and a build needs no step for it.
"""

from __future__ import annotations

import io
import json
from contextvars import ContextVar
from enum import StrEnum
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

CATALOGUES = Path(__file__).parent / "catalogues"


class Language(StrEnum):
    """A language of the pages, by its BCP 47 tag. English is the language of the sources and needs no catalogue."""

    ENGLISH = "en"
    HINDI = "hi"

    @property
    def own_name(self) -> str:
        """What its speakers call it."""
        return _NAMES[self]


_NAMES = {Language.ENGLISH: "English", Language.HINDI: "हिन्दी"}
# Of the request that is being answered. `api.languages.choice` sets it.
current: ContextVar[Language] = ContextVar("language", default=Language.ENGLISH)


def gettext(message: str) -> str:
    """The message in the request's language. Values are filled in afterwards: `gettext("%(n)s left") % {"n": 3}`."""
    return translations(current.get()).gettext(message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """The form of the message that fits a count."""
    return translations(current.get()).ngettext(singular, plural, count)


def N_(message: str) -> str:
    """Marks a text of a table for the catalogue. It is translated where it is shown."""
    return message


def is_translated(message: str) -> bool:
    """Whether the request's language has this message. English has every one."""
    return current.get() is Language.ENGLISH or gettext(message) != message


@cache
def translations(language: Language) -> NullTranslations:
    """The compiled messages of a language."""
    if language is Language.ENGLISH:
        return NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    return GNUTranslations(compiled)


@cache
def catalogue(language: Language) -> Catalog:
    """The catalogue as its file has it, with the places of each message."""
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


@cache
def script_messages(language: Language) -> Markup:
    """The messages of our scripts, as JSON that a page hands over in an element: `{English: translation}`, and a list
    of both forms for one that depends on a count."""
    if language is Language.ENGLISH:
        return Markup("{}")
    found: dict[str, str | list[str]] = {}
    for message in catalogue(language):
        if message.id and any(place.endswith(".js") for place, _ in message.locations):
            if isinstance(message.id, str):
                found[message.id] = str(message.string)
            else:
                found[message.id[0]] = list(message.string or ())
    return htmlsafe_json_dumps(found, dumps=json.dumps, ensure_ascii=False)
