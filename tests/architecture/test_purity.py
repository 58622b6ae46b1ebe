"""What no import rule can find: code that reads the environment or the clock where neither belongs."""

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


def _root(node: ast.Attribute) -> str:
    """`x` of `x.y`, the nearest name: `datetime` of `datetime.datetime.now` too."""
    inner = node.value
    if isinstance(inner, ast.Name):
        return inner.id
    return inner.attr if isinstance(inner, ast.Attribute) else ""
