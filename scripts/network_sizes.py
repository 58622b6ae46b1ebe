"""Counts what each network adds: its channel and its emulator, in lines, lines of code and statements."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable
from pathlib import Path

from scripts.markdown import table

PARTS = {"channel": "munadi/channels", "emulator": "munadi/sandbox"}
AIMS = {"channel": 700, "emulator": 500}
# Folders in which networks of one family share code.
SHARED = {"meta": "instagram, threads, facebook", "graph": "instagram, threads, facebook"}
ABOUT = (
    f"The aim of a new network was {AIMS['channel']} lines for its channel, tables included, and {AIMS['emulator']}\n"
    "for its emulator. None of the five that were added last meets it in lines of the file; Pinterest comes nearest.\n"
    "What they have more: docstrings and comments, since every fact names its source; a row for each error code,\n"
    "option and limit of the facts; and the search for a post after a lost answer, which each network answers in its\n"
    "own way. LinkedIn is two log-ins, three kinds of files with uploads of their own, and versions that end.\n"
    "Mastodon reads its limits from each server. Telegram lists no posts. The emulators are longer by the refusals\n"
    "that they imitate: a rule that is missing there is a wrong call that no test notices\n"
    "([decision 23](decisions/023-sizes-are-counted-not-aimed-at.md)). Lines of code are those without blank lines,\n"
    "comments and docstrings.\n\n"
)


def networks_section(tree: Path) -> str:
    """The section of docs/size.md, in Markdown."""
    counted = {part: _folders(tree / root) for part, root in PARTS.items()}
    names = sorted({*counted["channel"], *counted["emulator"]})
    rows = []
    for name in names:
        title = f"{name} (of {SHARED[name]})" if name in SHARED else name
        cells = [f"{number:,}" for part in PARTS for number in counted[part].get(name, (0, 0, 0))]
        rows.append([title, *cells])
    measures = [f"{part}: {measure}" for part in PARTS for measure in ("lines", "of code", "statements")]
    return "\n## What each network adds\n\n" + ABOUT + table(["network", *measures], rows)


def measure(source: str) -> tuple[int, int, int]:
    """Lines, lines of code and statements of a module. A docstring is no code and no statement."""
    tree = ast.parse(source)
    docstrings = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            docstrings.add(node.body[0])
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt) and node not in docstrings]
    hidden = {line for node in docstrings for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    return len(source.splitlines()), len(_lines_with_tokens(source) - hidden), len(statements)


def _lines_with_tokens(source: str) -> set[int]:
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    return {
        line
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in skipped
        for line in range(token.start[0], token.end[0] + 1)
    }


def _folders(root: Path) -> dict[str, tuple[int, int, int]]:
    return {folder.name: _total(sorted(folder.rglob("*.py"))) for folder in root.iterdir() if _is_network(folder)}


def _is_network(folder: Path) -> bool:
    return folder.is_dir() and (folder / "__init__.py").is_file() and folder.name not in ("page", "consent")


def _total(files: Iterable[Path]) -> tuple[int, int, int]:
    lines, code, statements = zip(*(measure(file.read_text(encoding="utf-8")) for file in files), strict=True)
    return sum(lines), sum(code), sum(statements)
