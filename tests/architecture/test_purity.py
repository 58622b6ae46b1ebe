"""What no import rule can find: reading the environment or the clock, writing and casting, where they do not belong."""

import ast

import pytest

from tests.architecture.tree import python_files, report, syntax

# Settings come in through munadi/config.py and the worker's composition, nowhere else.
NO_ENVIRONMENT = (
    "munadi/domain/",
    "munadi/ports/",
    "munadi/publishing/",
    "munadi/intake/",
    "munadi/channels/",
    "workflows/",
    "activities/",
)
NO_CLOCK = ("munadi/domain/", "workflows/")
ENVIRONMENT = {"environ", "getenv"}
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("time", "time"), ("time", "monotonic"), ("date", "today")}


@pytest.mark.parametrize("folder", sorted({*NO_ENVIRONMENT, *NO_CLOCK}))
def test_every_rule_names_a_folder_that_exists(folder: str) -> None:
    assert any(name.startswith(folder) for name in python_files())


def test_only_the_edges_read_the_environment() -> None:
    found = [
        f"{name}:{node.lineno} os.{node.attr}"
        for name in python_files()
        if name.startswith(NO_ENVIRONMENT)
        for node in ast.walk(syntax(name))
        if isinstance(node, ast.Attribute) and node.attr in ENVIRONMENT and _root(node) == "os"
    ]
    report(found, "Add a setting to munadi/config.py and pass its value in.")


def test_the_pure_parts_have_no_clock() -> None:
    found = [
        f"{name}:{node.lineno} {_root(node.func)}.{node.func.attr}()"
        for name in python_files()
        if name.startswith(NO_CLOCK)
        for node in ast.walk(syntax(name))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (_root(node.func), node.func.attr) in CLOCKS
    ]
    report(found, "Take the time as an argument; workflows ask workflow.now().")


def test_the_api_begins_no_transaction_that_writes() -> None:
    found = [
        f"{name}:{node.lineno} {ast.unparse(node)}"
        for name in python_files("api")
        for node in ast.walk(syntax(name))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "write"
        and ast.unparse(node.func.value).endswith("database")
    ]
    report(found, "Make it a method of the subject's service, which owns its transaction (docs/decisions/036).")


def test_the_core_and_its_checks_cast_nothing() -> None:
    found = [
        f"{name}:{node.lineno} {ast.unparse(node)}"
        for name in python_files()
        if name.startswith(("munadi/publishing/", "munadi/intake/"))
        for node in ast.walk(syntax(name))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "cast"
    ]
    report(found, "Give what is cast the type that it has.")


def _root(node: ast.Attribute) -> str:
    """`x` of `x.y`, the nearest name: `datetime` of `datetime.datetime.now` too."""
    inner = node.value
    if isinstance(inner, ast.Name):
        return inner.id
    return inner.attr if isinstance(inner, ast.Attribute) else ""
