"""The repository's own files, as git sees them, and their syntax trees."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHELLS = ("workflows", "activities", "api", "worker")
PRODUCT = ("munadi", *SHELLS)


@cache
def files() -> tuple[str, ...]:
    """Tracked and new files, relative to the root; what git ignores is left out."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return tuple(sorted(name for name in listed.split("\0") if name and (ROOT / name).is_file()))


def python_files(*folders: str) -> tuple[str, ...]:
    """Those under `folders`, or all."""
    return tuple(name for name in files() if name.endswith(".py") and (not folders or name.split("/")[0] in folders))


@cache
def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


@cache
def syntax(name: str) -> ast.Module:
    return ast.parse(text(name), filename=name)


def words(identifier: str) -> set[str]:
    """The lower-case words of a snake_case or CamelCase identifier."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier)}


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def docstrings(tree: ast.Module) -> set[int]:
    """The ids of the nodes that are docstrings: prose, not code."""
    return {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def report(found: list[str], advice: str) -> None:
    """Fail with every finding and what to do about them."""
    assert not found, "\n".join([f"{len(found)} found:", *(f"  {line}" for line in found), advice])
