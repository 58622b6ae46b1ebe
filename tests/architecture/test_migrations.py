"""A migration makes no writer wait for an index of a table that has rows."""

from __future__ import annotations

import ast
from pathlib import PurePath

from tests.architecture.tree import python_files, report, syntax

VERSIONS = "munadi/db/migrations/versions/"
# Of the revisions before, each index was built in the transaction of its upgrade.
FIRST = 38
BUILDS = {"build_index", "drop_index"}
# The first revision says nothing: no code is older.
FIRST_WITH_OLDER_CODE = 34
# What else such a revision may do: each can be done again after an interruption.
REPEATABLE = {"get_bind", "get_context", "execute"}


def _revisions(first: int = FIRST) -> list[str]:
    names = [name for name in python_files() if name.startswith(VERSIONS) and PurePath(name).name[:4].isdigit()]
    found = [name for name in names if int(PurePath(name).name[:4]) >= first]
    assert found, "no revisions: has the folder moved?"
    return found


def _calls(tree: ast.AST) -> list[tuple[int, str, ast.Call]]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            found.append((node.lineno, name, node))
    return found


def _first_text(call: ast.Call) -> str:
    return str(call.args[0].value) if call.args and isinstance(call.args[0], ast.Constant) else ""


def test_an_index_of_an_existing_table_is_built_concurrently() -> None:
    found = []
    for name in _revisions():
        calls = _calls(syntax(name))
        created = {_first_text(call) for _, called, call in calls if called == "create_table"}
        for line, called, call in calls:
            if called != "create_index":
                continue
            tables = {arg.value for arg in call.args[:2] if isinstance(arg, ast.Constant)}
            if not tables & created:
                found.append(f"{name}:{line}")
    report(found, "Use build_index of munadi/db/migrations/indexes.py, in a revision that does nothing else.")


def test_a_revision_that_builds_indexes_can_be_repeated() -> None:
    found = []
    for name in _revisions():
        calls = _calls(syntax(name))
        if not any(called in BUILDS for _, called, _ in calls):
            continue
        for line, called, call in calls:
            of_alembic = isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name)
            if of_alembic and call.func.value.id in {"op", "batch_op"} and called not in REPEATABLE:  # type: ignore[attr-defined]
                found.append(f"{name}:{line} {called}")
    report(found, "Building an index commits what came before: put the other changes into a revision before this one.")


def _oldest_code(tree: ast.Module) -> str:
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "oldest_code":
            return str(getattr(node.value, "value", ""))
    return ""


def test_a_revision_says_which_code_may_run_on_it() -> None:
    """What an earlier revision took from older code stays taken, so the number never goes down."""
    found, before = [], "0033"
    for name in sorted(_revisions(FIRST_WITH_OLDER_CODE)):
        said = _oldest_code(syntax(name))
        if not (len(said) == 4 and said.isdigit() and before <= said <= PurePath(name).name[:4]):
            found.append(f"{name}: oldest_code {said!r}, {before!r} before")
        before = max(before, said)
    report(found, "See docs/decisions/047: may the version before run on this revision, and read what this one stores?")
