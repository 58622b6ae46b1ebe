"""Counts files, lines and functions by folder and network, and the functions that a post passes; writes docs/size.md.

python -m scripts.size TREE FILE     count another tree, such as a worktree of an older commit, into FILE
python -m scripts.size               count this tree and compare it with scripts/size_before.json
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.hops import WAYS, hops
from scripts.markdown import table
from scripts.network_sizes import networks_section

ROOT = Path(__file__).resolve().parents[1]
BEFORE = Path(__file__).with_name("size_before.json")
PAGE = ROOT / "docs" / "size.md"
PRODUCT = ("munadi", "api", "activities", "workflows", "worker")
# Too big for one row.
SPLIT = ("munadi", "tests", "tools")
MEASURES = ("files", "lines", "functions")

Counts = dict[str, dict[str, int]]


def counts(tree: Path) -> Counts:
    """Python files, their lines and functions, by folder."""
    found: Counts = defaultdict(lambda: dict.fromkeys(MEASURES, 0))
    listed = subprocess.run(
        ["git", "-C", str(tree), "ls-files", "-z", "*.py"], capture_output=True, text=True, check=True
    ).stdout
    for name in sorted(filter(None, listed.split("\0"))):
        text = (tree / name).read_text(encoding="utf-8")
        row = found[_folder(name)]
        row["files"] += 1
        row["lines"] += len(text.splitlines())
        row["functions"] += sum(
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in ast.walk(ast.parse(text))
        )
    return dict(found)


def measured(tree: Path) -> dict[str, Any]:
    """Everything that is compared, of one tree."""
    commit = subprocess.run(
        ["git", "-C", str(tree), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    passed = {
        way: {"functions": len(names), "files": len({name.split(":")[0] for name in names})}
        for way, names in hops(tree).items()
    }
    return {"commit": commit, "folders": counts(tree), "hops": passed}


def page(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """The page: what a post passes, and each folder before and after."""
    ways = [
        (
            words,
            *(f"{of['hops'][way]['functions']} in {of['hops'][way]['files']} files" for of in (before, after)),
        )
        for way, words in WAYS.items()
    ]
    folders = sorted({*before["folders"], *after["folders"]})
    rows = [_row(name, [name], before, after) for name in folders]
    product = [name for name in folders if name.split("/")[0] in PRODUCT]
    totals = [
        _row("**product**", product, before, after),
        _row("**tests**", [name for name in folders if name.startswith("tests")], before, after),
    ]
    return (
        "# Size\n\n"
        f"Counted by `python -m scripts.size`: commit {before['commit']} (before) and {after['commit']} (after).\n\n"
        "## The functions that a post passes\n\n"
        "One text post for Bluesky, with an idempotency key, on the sandbox. Each function of Munadi's own packages\n"
        "counts once, the database driver and the channel's rules included.\n\n"
        + table(["way of `POST /v1/contents`", "before", "after"], ways)
        + "\n## Python by folder\n\n"
        "`scripts` and `tools` (bench, attacks, n8n) are commands for contributors: neither product nor tests.\n\n"
        + table(["folder", *(f"{measure} before → after" for measure in MEASURES)], [*totals, *rows])
        + networks_section(ROOT)
    )


def _row(title: str, folders: list[str], before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    nothing = dict.fromkeys(MEASURES, 0)
    cells = []
    for measure in MEASURES:
        old, new = (sum(of["folders"].get(name, nothing)[measure] for name in folders) for of in (before, after))
        cells.append(f"{old:,} → {new:,}")
    return [title, *cells]


def _folder(name: str) -> str:
    parts = name.split("/")
    return "/".join(parts[:2]) if parts[0] in SPLIT and len(parts) > 2 else parts[0] if len(parts) > 1 else "."


def main() -> int:
    """Count a tree into a file, or write the page."""
    if len(sys.argv) == 3:
        Path(sys.argv[2]).write_text(json.dumps(measured(Path(sys.argv[1]).resolve()), indent=1) + "\n")
    else:
        PAGE.write_text(page(json.loads(BEFORE.read_text()), measured(ROOT)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
