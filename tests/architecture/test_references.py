"""Every file and folder that docs, comments and rules name exists, and no outside document is cited."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from tests.architecture.tree import ROOT, files, report, syntax, text

# Endings that only files of a repository have. Media and data (a.jpg, dev.json) are examples and run-time files.
ENDINGS = "py|md|toml|yml|yaml|ini|sh|mjs|js|css|html|jinja|jinja2"
PATH = re.compile(rf"(?<![\w./{{<*…:@$-])((?:[\w.-]+/)*[\w.-]*\w\.(?:{ENDINGS}))(?![\w/*-]|\.\w)")
FOLDER = re.compile(
    r"(?<![\w./<-])((?:munadi|api|activities|workflows|worker|tests|tools|scripts|docs|deploy)(?:/\w+)+)/(?![\w<*{…])"
)
MODULE = re.compile(r"(?<![\w./`-])munadi((?:\.[A-Za-z_]\w*)+)(?![\w(])")
RULES = (".importlinter", ".pre-commit-config.yaml", "Makefile", "pyproject.toml", "Dockerfile", "docker-compose.yml")
OUTSIDE = re.compile(
    r"(?i)\bdesign,? §|\bfacts,? sections?\b|\bthe facts' section|"
    r"\b(?:api|reliability|style|toolbox|peers|temporal|hooks)\.md\b|\breliability, (?:row|section)|\bstyle guide, "
)
COMMENT = re.compile(r"(?:^|\s)# .*")
# What every line that matters has: found quickly.
MAY_NAME = re.compile(rf"\.(?:{ENDINGS})\b|munadi\.|\w/\w+/|§|(?i:facts|reliab|style g)")
# `munadi` is also the name of a client in examples, and part of host names.
NOT_MODULES = {"contents", "publications", "example", "bsky"}
OWN = "tests/architecture/test_references.py"
# These pages name files of others: clients and servers of the networks.
OF_OTHERS = "docs/networks/"
# A guide also names the programs that its reader writes.
GUIDES = "docs/guides/"
SAVED = re.compile(r"[Ss]ave (?:this|it) as `([\w.]+)`")


def test_every_file_that_is_named_exists() -> None:
    found = [
        f"{name}:{line} {path}"
        for name, line, words in passages()
        for path in PATH.findall(_without_addresses(words))
        if not name.startswith(OF_OTHERS) and not exists(path, name) and path not in saved(name)
    ]
    found += [
        f"{name}:{line} {folder}/"
        for name, line, words in passages()
        for folder in FOLDER.findall(_without_addresses(words))
        if not (ROOT / folder).is_dir()
    ]
    report(found, "Name the file that has it now, by its path from the root, or say what it does instead.")


def test_a_guide_may_name_what_its_reader_saves_and_nothing_else() -> None:
    assert saved("docs/guides/cms.md") == {"cms.py"}
    assert saved("docs/guides/drafts.md") == frozenset()


def test_every_module_that_is_named_exists() -> None:
    found = [
        f"{name}:{line} munadi{rest}"
        for name, line, words in passages()
        for rest in MODULE.findall(_without_addresses(words))
        if rest[1:].split(".")[0] not in NOT_MODULES and not _is_module(rest[1:].split("."))
    ]
    report(found, "Name the module that has it now.")


def test_no_document_outside_the_repository_is_cited() -> None:
    found = [
        f"{name}:{line} {hit.group()}" for name, line, words in passages() for hit in [OUTSIDE.search(words)] if hit
    ]
    report(found, "Give the reason itself, or a page of docs/: docs/networks/<name>.md, docs/design.md.")


@pytest.mark.parametrize(
    ("named", "is_there"),
    [
        ("munadi/ports.py", False),
        ("munadi/config.py", True),
        ("config.py", True),
        ("architecture/tree.py", True),
        ("never_written.py", False),
    ],
)
def test_a_file_that_is_not_there_is_found(named: str, is_there: bool) -> None:
    assert PATH.findall(f"It is in `{named}`, as said.") == [named]
    assert exists(named, "docs/architecture.md") is is_there


def test_a_citation_of_another_document_is_found() -> None:
    said = ["(design" + " §5)", "Source: facts," + " section 2", "as in api" + ".md"]
    assert all(OUTSIDE.search(words) for words in said)
    assert OUTSIDE.search("docs/networks/instagram.md, section 6") is None


@cache
def saved(page: str) -> frozenset[str]:
    """The programs that a guide has its reader save."""
    return frozenset(SAVED.findall(text(page))) if page.startswith(GUIDES) else frozenset()


@cache
def passages() -> tuple[tuple[str, int, str], ...]:
    """Every line of prose that may name a file, a module or a section: file, line number, words."""
    return tuple(each for each in _prose() if MAY_NAME.search(each[2]))


def _prose() -> Iterator[tuple[str, int, str]]:
    for name in files():
        if name == OWN or name == "CHANGELOG.md":
            continue
        if name.endswith(".py"):
            yield from _prose_of(name)
        elif name.endswith(".md") or name in RULES:
            yield from ((name, number, line) for number, line in enumerate(text(name).splitlines(), 1))


def exists(path: str, named_in: str) -> bool:
    """From the root, from the file that names it, or the end of a path of the repository."""
    beside = (ROOT / named_in).parent / path
    return (ROOT / path).exists() or beside.exists() or path.removeprefix("./") in _endings()


@cache
def _endings() -> frozenset[str]:
    """`b/c.py` and `c.py` of `a/b/c.py`."""
    parts = [name.split("/") for name in files()]
    return frozenset("/".join(each[start:]) for each in parts for start in range(len(each)))


def _prose_of(name: str) -> Iterator[tuple[str, int, str]]:
    """Docstrings and comments. A `#` after a space in a string counts too, which only makes the rule stricter."""
    for node in ast.walk(syntax(name)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines = node.value.value.splitlines()
            yield from ((name, node.lineno + offset, line) for offset, line in enumerate(lines))
    for number, line in enumerate(text(name).splitlines(), 1):
        if comment := COMMENT.search(line):
            yield name, number, comment.group()


def _is_module(parts: list[str]) -> bool:
    """Whether the first part is a module or package of munadi, or a name it defines; then the next, and so on."""
    folder = ROOT / "munadi"
    for part in parts:
        if (folder / f"{part}.py").exists():
            return True
        if not (folder / part).is_dir():
            initial = folder / "__init__.py"
            return initial.exists() and re.search(rf"\b{part}\b", initial.read_text()) is not None
        folder /= part
    return True


def _without_addresses(words: str) -> str:
    """The words without web addresses, whose paths are not ours."""
    return re.sub(r"\w+://\S+", "", words)
