"""Every link between pages has a target, and every page can be reached from the index."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.documentation.folder import FOLDER, files
from api.documentation.markdown import Link, Page, page_of, render, served, slug
from api.documentation.navigation import INDEX, Entry, neighbours, sections, shown_as

ROOT = Path(__file__).parents[2]
PROSE = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")})
ELSEWHERE = ("http://", "https://", "mailto:")


def inward(page: Page) -> list[Link]:
    return [link for link in page.links if not link.target.startswith(ELSEWHERE)]


def broken(path: Path) -> list[str]:
    """What is wrong with each link of a page that has something wrong."""
    found = []
    for link in inward(page_of(path)):
        name, _, anchor = link.target.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.exists():
            found.append(f"{link.target}: not there")
        elif anchor and anchor not in page_of(target).anchors:
            found.append(f"{link.target}: no such heading; there are {sorted(page_of(target).anchors)}")
    return found


@pytest.mark.parametrize("path", PROSE, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_anchors_have_a_target(path: Path) -> None:
    assert broken(path) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# There\n\n## One place\n")
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n[a](there.md#one-place) [b](there.md#another) [c](gone.md) ![d](gone.png) [e](#page)\n")
    assert [each.partition(":")[0] for each in broken(page)] == ["there.md#another", "gone.md", "gone.png"]


@pytest.mark.parametrize("name", [name for name in files() if name.endswith(".md")])
def test_a_served_page_links_to_what_is_served(name: str) -> None:
    """A file outside docs/ is in the repository only, and a folder has no address."""
    here = files()[name].parent
    known = set(files().values())
    outside = [
        link.target
        for link in inward(page_of(files()[name]))
        if (target := link.target.partition("#")[0]) and (here / target).resolve() not in known
    ]
    assert outside == []


def test_every_page_is_reachable_from_the_index() -> None:
    found, waiting = {INDEX}, [INDEX]
    while waiting:
        path = FOLDER / waiting.pop()
        for link in inward(page_of(path)):
            target = (path.parent / link.target.partition("#")[0]).resolve()
            name = target.relative_to(FOLDER).as_posix()
            if name in files() and name.endswith(".md") and name not in found:
                found.add(name)
                waiting.append(name)
    assert {name for name in files() if name.endswith(".md")} - found == set()


@pytest.mark.parametrize("path", PROSE, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_have_no_html_and_pictures_have_alt_texts(path: Path) -> None:
    text = re.sub(r"```.*?```|`[^`]*`", "", path.read_text(), flags=re.DOTALL)
    assert re.findall(r"<(?!!--|https://)/?[a-zA-Z][^>]*>", text) == []
    assert re.findall(r"!\[\]\(", text) == []


def test_the_map_is_the_navigation() -> None:
    found = sections(files())
    assert found[-1].title == "How it is made"
    assert Entry("webhooks.md", "Webhooks") in [entry for section in found for entry in section.entries]
    row = [entry for section in found for entry in section.entries]
    assert neighbours(row[1].name, files()) == (row[0], row[2])
    assert neighbours(INDEX, files()) == (None, row[0])
    assert neighbours("decisions/007-the-list-of-names-is-the-registry.md", files()) == (None, None)
    assert shown_as("decisions/007-the-list-of-names-is-the-registry.md", files()) == "decisions/index.md"


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("The keys that seal stored secrets", "the-keys-that-seal-stored-secrets"),
        ("Stuck posts, in Temporal's Web UI", "stuck-posts-in-temporals-web-ui"),
        ("`munadi db restored --since T`", "munadi-db-restored---since-t"),
    ],
)
def test_anchors_are_those_of_repositories(heading: str, anchor: str) -> None:
    assert anchor in render(f"# Page\n\n## {heading}\n").anchors
    assert slug(heading.replace("`", "")) == anchor


def test_equal_headings_have_different_anchors() -> None:
    assert [each.anchor for each in render("# A\n\n## B\n\n## B\n\n## B\n").headings] == ["a", "b", "b-1", "b-2"]


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("tutorial.md", "tutorial"),
        ("../tutorial.md#ask", "../tutorial#ask"),
        ("index.md", "./"),
        ("reference/index.md", "reference/"),
        ("../index.md#run-it", "../#run-it"),
        ("#here", "#here"),
        ("openapi.json", "openapi.json"),
        ("https://example.org/a.md", "https://example.org/a.md"),
    ],
)
def test_a_link_as_it_is_served(written: str, address: str) -> None:
    assert served(written) == address


def test_a_page_needs_a_title() -> None:
    with pytest.raises(ValueError, match="heading of the first level"):
        render("## Only a second\n")
