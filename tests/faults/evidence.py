"""Results of proofs, stored in .cache/evidence. Running this module writes docs/evidence.md."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.harness.world import ONLY

MOST = 240
ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".cache" / "evidence"
REPORT = ROOT / "docs" / "evidence.md"
COLUMNS = ("#", "proof", "trials", "failures", "rate at most", "seed", "measured", "commit")
# What is counted of the trials over one network.
FOUND = ("trials", "doubled", "lost", "early", "otherwise broken", "unconfirmed")
RUNS = "Runs: "
HEAD = f"""# Evidence

What `make soak` and `make drills` found, proof by proof, and the proofs of `make faults` that have no larger version:
real API, workers, Temporal server, databases and the networks of the sandbox as processes on one machine. The judges
are the networks' own lists of posts and a subscriber's inbox, never our log. The numbers are those of
[promises](promises.md). No failure in n trials bounds the rate of failures at about 3/n (with 95 % confidence).

| {" | ".join(COLUMNS)} |
|{"---|" * len(COLUMNS)}
"""
ABOUT_NETWORKS = (
    "A post may end `unconfirmed` where its network has no key to find it by: row 1 of [promises](promises.md).\n"
)


def two_sizes(timeout: int) -> pytest.MarkDecorator:
    """Run a proof twice: small in `make faults`, and `large` in `make soak` with that timeout in seconds."""
    small, large = [pytest.mark.faults, pytest.mark.timeout(300)], [pytest.mark.soak, pytest.mark.timeout(timeout)]
    sizes = [pytest.param(False, marks=small, id="small"), pytest.param(True, marks=large, id="large")]
    return pytest.mark.parametrize("large", sizes)


def prove(
    row: str,
    proof: str,
    *,
    trials: int,
    failures: Sequence[str],
    seed: int | None = None,
    measured: Mapping[str, Any] | None = None,
    networks: Mapping[str, Mapping[str, int]] | None = None,
    large: bool = True,
) -> None:
    """Record what a proof found, and fail if a promise was broken. A second run of a proof replaces the first.

    The small version of a proof (`large=False`) is only printed. A run over some networks is a proof of its own.
    `networks`: what was counted over each of them (`by_network` in `tests/faults/trials.py`).
    """
    if large and ONLY in os.environ:
        proof = f"{proof}: {os.environ[ONLY].replace(',', ', ')} alone"
    found = {
        "row": row,
        "proof": proof,
        "trials": trials,
        "failures": list(failures),
        "seed": seed,
        "measured": dict(measured or {}),
        "networks": dict(networks or {}),
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "commit": _git("rev-parse", "--short", "HEAD") + ("+" if _git("status", "--porcelain", "-uno") else ""),
        "machine": f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}",
    }
    print(f"row {row}, {proof}: {trials} trials, {found['measured']}")
    if large:
        name = "".join(letter if letter.isalnum() else "-" for letter in f"{row} {proof}".lower())
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / f"{name}.json").write_text(json.dumps(found, indent=2))
    assert not failures, "\n".join(failures)


def report(results: Sequence[Mapping[str, Any]], earlier: str = "") -> str:
    """The report in Markdown. What the `earlier` report says of proofs that did not run again stays."""
    again = {(found["row"], found["proof"]) for found in results}
    kept = [cells for line in earlier.splitlines() if (cells := _cells(line)) and tuple(cells[:2]) not in again]
    proofs = _sorted([*(one for one in kept if len(one) == len(COLUMNS)), *map(_proof, results)])
    counted = _sorted([*(one for one in kept if len(one) == 3 + len(FOUND)), *_networks(results)])
    runs = {f"{found['at'][:10]}, {found['machine']}" for found in results}
    runs |= {run for line in earlier.splitlines() if line.startswith(RUNS) for run in _runs(line)}
    failed = [f"- {found['row']} {_short(failure)}" for found in results for failure in found["failures"]]
    lines = [*map(_line, proofs)]
    if counted:
        lines += ["\n## By network\n", ABOUT_NETWORKS, _line(("#", "proof", "network", *FOUND))]
        lines += [_line(("---",) * (len(FOUND) + 3)), *map(_line, counted)]
    if failed:
        lines += ["\n## Failures\n", *failed]
    return HEAD + "\n".join([*lines, f"\n{RUNS}{'; '.join(sorted(runs))}.", ""])


def _cells(line: str) -> list[str] | None:
    """The cells of a line of a table that is about a row, or None."""
    cells = line.removeprefix("| ").removesuffix(" |").split(" | ")
    return cells if line.startswith("| ") and cells[0][:1].isdigit() else None


def _runs(line: str) -> list[str]:
    return line.removeprefix(RUNS).removesuffix(".").split("; ")


def _sorted(lines: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    """By row, then by proof, then by network."""
    return sorted(lines, key=lambda cells: (int("".join(filter(str.isdigit, cells[0])) or 0), cells[1], str(cells[2])))


def _networks(results: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """What was counted over each network by itself."""
    return [
        (found["row"], found["proof"], network, *(counts[name] for name in FOUND))
        for found in results
        for network, counts in found.get("networks", {}).items()
    ]


def _short(failure: str) -> str:
    """On one line, without the whole answer that a failed wait shows."""
    line = " ".join(failure.split())
    return line if len(line) <= MOST else line[:MOST] + "…"


def _line(cells: Sequence[Any]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _proof(found: Mapping[str, Any]) -> tuple[Any, ...]:
    n, failures = found["trials"], len(found["failures"])
    bound = f"{min(3 / n, 1):.2%}" if n and not failures else "–"
    seed = "–" if found["seed"] is None else found["seed"]
    measured = "; ".join(f"{name} {value}" for name, value in found["measured"].items())
    return (found["row"], found["proof"], n, failures, bound, seed, measured, found["commit"])


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def main() -> int:
    """Write the stored results into the report. Exit 1 when there are none, or when one failed."""
    results = [json.loads(file.read_text()) for file in sorted(FOLDER.glob("*.json"))]
    if not results:
        print("no results are stored: run `make soak` first", file=sys.stderr)
        return 1
    REPORT.write_text(report(results, REPORT.read_text()))
    trials = sum(found["trials"] for found in results)
    print(f"wrote {REPORT.relative_to(ROOT)}: {len(results)} proofs, {trials} trials")
    return 1 if any(found["failures"] for found in results) else 0


if __name__ == "__main__":
    sys.exit(main())
