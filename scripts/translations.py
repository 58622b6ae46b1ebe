"""Update the catalogues of the pages from the sources: `python -m scripts.translations`.

Messages come from the templates, the pages' Python and JavaScript, and the library's tables whose texts pages show.
A new message gets an empty translation; one that is gone is removed. Translations stay. With `--check` nothing is
written: the script lists what is not translated and what it would write differently, and exits with 1.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from api.languages.catalogue import CATALOGUES, Language
from munadi.channels.registry import channel_permissions
from munadi.domain.audit import ACTION_MEANING
from munadi.domain.reasons import REASONS
from munadi.domain.usage import LIMITS

ROOT = Path(__file__).parent.parent
# Folder below the project, files, how Babel reads them.
SOURCES = (
    ("api/dashboard/templates", "*.html", "jinja2"),
    ("api/pages/templates", "*.html", "jinja2"),
    ("api", "**/*.py", "python"),
    ("munadi/accounts", "connecting.py", "python"),
    ("munadi/publishing", "review_links.py", "python"),
    ("api/dashboard/assets", "*.js", "javascript"),
)
# `InvalidLink` and `InvalidReview` are raised with a text for who has opened the link.
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None, "InvalidLink": None, "InvalidReview": None}
OPTIONS = {"trimmed": "true", "newstyle_gettext": "true", "encoding": "utf-8"}
TABLES = {
    "munadi/channels/permissions.py": tuple(
        each.purpose
        for by_login in channel_permissions().values()
        for permissions in by_login.values()
        for each in permissions
    ),
    "munadi/domain/audit.py": tuple(ACTION_MEANING.values()),
    "munadi/domain/reasons.py": tuple(text for facts in REASONS.values() for text in (facts.meaning, facts.remedy)),
    "munadi/domain/usage.py": tuple(
        text for facts in LIMITS.values() for text in (facts.label, facts.title, facts.explanation) if text
    ),
}
# Headers that would change with every run, or that nobody fills in: version control knows who changed what, and when.
UNUSED = ('"POT-Creation-Date', '"PO-Revision-Date', '"Last-Translator', '"Language-Team', '"Report-Msgid-Bugs-To')
Message = str | tuple[str, ...]


def messages() -> Catalog:
    """Every message of the sources, with the files that it is in."""
    found = Catalog(project="Munadi", charset="utf-8")
    for message, place in _found():
        known = found.get(message)
        if known is not None and known.id != message:
            raise ValueError(f"{place}: {message!r} is a message with a plural elsewhere, or without one")
        if known is None or (place, None) not in known.locations:
            found.add(message, locations=[(place, None)])
    return found


def updated(language: Language) -> Catalog:
    """The catalogue of a language with today's messages and the translations that it has."""
    with _path(language).open("rb") as file:
        known = read_po(file, locale=language)
    known.update(messages(), no_fuzzy_matching=True)
    known.obsolete.clear()
    return known


def written(catalog: Catalog) -> str:
    """The file of a catalogue."""
    file = io.BytesIO()
    write_po(file, catalog, width=120, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
    lines = file.getvalue().decode().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(UNUSED)).rstrip("\n") + "\n"


def untranslated(catalog: Catalog) -> list[str]:
    """The messages of which a form has no translation."""
    found = []
    for message in catalog:
        # Babel gives a new message None.
        forms = message.string if isinstance(message.string, list | tuple) else (message.string,)
        if message.id and not all(form and form.strip() for form in forms):
            found.append(message.id if isinstance(message.id, str) else message.id[0])
    return found


def faults(language: Language) -> list[str]:
    """What is wrong with the file of a language, a line for each fault."""
    path, catalog = _path(language), updated(language)
    place = path.relative_to(ROOT)
    found = [f"{place}: no translation of {message!r}" for message in untranslated(catalog)]
    if path.read_text("utf-8") != written(catalog):
        found.append(f"{place} is not current: run `python -m scripts.translations`")
    return found


def _path(language: Language) -> Path:
    return CATALOGUES / f"{language}.po"


def _found() -> Iterator[tuple[Message, str]]:
    for folder, pattern, method in SOURCES:
        for path in sorted((ROOT / folder).glob(pattern)):
            with path.open("rb") as file:
                for _, message, _, _ in extract(method, file, KEYWORDS, options=OPTIONS):
                    yield message, path.relative_to(ROOT).as_posix()
    for place, texts in TABLES.items():
        for text in texts:
            yield text, place


def main(arguments: list[str]) -> int:
    """Write every catalogue, or check it; 1 if a check fails."""
    others = [each for each in Language if each is not Language.ENGLISH]
    if "--check" in arguments:
        found = [fault for each in others for fault in faults(each)]
        print("\n".join(found) or "every message is translated")
        return 1 if found else 0
    for each in others:
        _path(each).write_text(written(updated(each)), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
