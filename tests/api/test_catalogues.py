"""Every message of the pages is in every catalogue, with the same values."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog, Message

from api.languages.catalogue import CATALOGUES, Language, catalogue, script_messages, translations
from scripts.translations import ROOT, faults, messages, untranslated, written

ASSETS = ROOT / "api" / "dashboard" / "assets"
OTHERS = [each for each in Language if each is not Language.ENGLISH]
VALUE = re.compile(r"%\((\w+)\)s")
TAG = re.compile(r"</?\w+|href=\"[^\"]*\"")
UPDATE = "run `python -m scripts.translations`, then translate what is empty"


def forms(message: Message) -> Iterator[tuple[str, str]]:
    """Each form of a message with its translation."""
    if isinstance(message.id, str):
        yield message.id, str(message.string)
    else:
        yield from zip(message.id, message.string, strict=True)


@pytest.mark.parametrize("language", OTHERS)
def test_no_message_is_missing_and_the_file_is_as_the_script_writes_it(language: Language) -> None:
    assert faults(language) == []
    assert [message.id for message in catalogue(language) if message.id and message.fuzzy] == []


def test_a_message_without_a_translation_is_reported() -> None:
    catalog = Catalog(locale="hi")
    catalog.add("Post", "पोस्ट")
    catalog.add("Draft", "")
    catalog.add(("%(num)s post", "%(num)s posts"), ("%(num)s पोस्ट", " "))
    assert untranslated(catalog) == ["Draft", "%(num)s post"]
    of_sources = Catalog()
    of_sources.add("File")
    catalog.update(of_sources, no_fuzzy_matching=True)
    assert untranslated(catalog) == ["File"]
    assert not written(catalog).endswith("\n\n")


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_values_and_the_markup_of_its_message(language: Language) -> None:
    wrong = [
        (one, other)
        for message in catalogue(language)
        if message.id
        for one, other in forms(message)
        for part in (VALUE, TAG)
        if set(part.findall(one)) != set(part.findall(other))
    ]
    assert wrong == []


@pytest.mark.parametrize("language", OTHERS)
def test_the_places_of_messages_are_current(language: Language) -> None:
    """Which messages a page hands over to its scripts depends on them."""

    def places(message: Message) -> set[str]:
        return {place for place, _ in message.locations}

    wanted = {message.id: places(message) for message in messages() if message.id}
    assert {message.id: places(message) for message in catalogue(language) if message.id} == wanted, UPDATE


@pytest.mark.parametrize("language", OTHERS)
def test_plurals_are_chosen_as_our_scripts_choose_them(language: Language) -> None:
    assert catalogue(language).plural_forms == "nplurals=2; plural=(n != 1);"
    one, two = (translations(language).ngettext("%(num)s problem", "%(num)s problems", number) for number in (1, 2))
    assert one != two


def test_the_extraction_sees_every_message_of_our_scripts() -> None:
    calls = re.compile(r'\b(?:_|ngettext)\(\s*"((?:[^"\\]|\\.)*)"')
    found = {text for path in ASSETS.glob("*.js") for text in calls.findall(path.read_text())}
    known = {message.id if isinstance(message.id, str) else message.id[0] for message in messages() if message.id}
    assert len(found) > 50
    assert found - known == set(), "a message inside a template literal is not found: take it out"
    others = re.compile(r"\b_\((?!\"|message, values)")
    assert [path.name for path in ASSETS.glob("*.js") if others.search(path.read_text())] == []


def test_each_script_imports_what_it_uses_of_the_language() -> None:
    """A name that is missing fails only when its line runs."""
    exported = re.findall(r"^export (?:const|function) (\w+)", (ASSETS / "language.js").read_text(), re.MULTILINE)
    for path in ASSETS.glob("*.js"):
        text = path.read_text()
        lines = [line.partition("//")[0] for line in text.splitlines() if not re.match(r"import|\s*/?\*", line)]
        code = re.sub(r'"(?:[^"\\]|\\.)*"', "", "\n".join(lines))
        used = {name for name in exported if re.search(rf"(?<![\w.$-]){name}(?![\w$:])", code)}
        imported = re.search(r'import \{ ([^}]+) \} from "./language.js"', text)
        if path.name != "language.js":
            assert used == set(imported[1].split(", ") if imported else ()), path.name


def test_a_page_hands_over_what_its_scripts_say_and_nothing_else() -> None:
    assert script_messages(Language.ENGLISH) == "{}"
    handed = str(script_messages(Language.HINDI))
    assert "सेव हो रहा है…" in handed
    assert "Needs attention" not in handed
    assert not set("<>&'") & set(handed)


def test_each_language_has_a_catalogue_and_each_catalogue_a_language() -> None:
    assert {path.stem for path in CATALOGUES.glob("*.po")} == {str(each) for each in OTHERS}
