"""A page in another language has the commands and outputs of the English one, which a test runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.languages.catalogue import Language

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^(```.*?^```)$|^(#+) ", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?:\.\./)?([^)#]+)")
PAGES = [path for each in Language for path in sorted((DOCS / each).rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_commands_outputs_and_links_are_those_of_the_english_page(page: Path) -> None:
    name = page.relative_to(DOCS).parts[1:]
    english = DOCS.joinpath(*name)
    ours, theirs = page.read_text(), english.read_text()
    assert BLOCK.findall(ours) == BLOCK.findall(theirs)
    of_other = {"/".join(name), f"{page.relative_to(DOCS)}"}
    assert set(LINK.findall(ours)) - of_other == set(LINK.findall(theirs)) - of_other


def test_the_tutorial_is_in_every_language() -> None:
    assert {path.relative_to(DOCS).as_posix() for path in PAGES} >= {
        f"{each}/tutorial.md" for each in Language if each is not Language.ENGLISH
    }
