"""`python -m tests.attacks.report [BEFORE AFTER]`: write docs/hardening.md from two files of figures."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BEFORE, AFTER = HERE / "before.json", HERE / "after.json"
REPORT = ROOT / "docs" / "hardening.md"
HEAD = """# Hardening

What an attacker can cost an installation, and what other brands notice of it. For each attack, `make attacks` starts a
whole stack (API, worker, Temporal, SQLite, sandbox). It publishes one post a second of a brand that does nothing wrong,
first alone and then beside the attack, and measures both. A process that uses more than 1 GB is killed, as a container
would kill it. Nothing leaves the machine.

An attack is withstood when no process ends, memory and answers stay within the figures below, `/healthz` answers, no
post of the healthy brand is missing, and its posts are at most 1.5 times as late as without the attack (and some tenths
of a second, for noise). `SECURITY.md` in the repository says who attacks, and what is promised against each.
Figures in bold miss what is required.

"""
JUDGED_BY_ALL = (
    "processes killed or ended",
    "processes over 1 GB",
    "/healthz silent for",
    "healthy posts missing",
    "healthy p50 late",
    "healthy p95 late",
)


def report(before: Mapping[str, Any], after: Mapping[str, Any] | None) -> str:
    """The page."""
    newer = {one["name"]: one for one in (after or {}).get("attacks", [])}
    rows = [_row(one, newer.get(one["name"])) for one in before["attacks"]]
    rows += [_row(None, one) for name, one in newer.items() if name not in {o["name"] for o in before["attacks"]}]
    table = ["| attack | required | before | after | withstood |", "|---|---|---|---|---|", *rows]
    late = [
        "## The healthy brand's posts",
        "",
        "Seconds late, p50 / p95: alone, then beside the attack, in one run.",
        "",
        "| attack | before: alone | before: beside | after: alone | after: beside |",
        "|---|---|---|---|---|",
        *(_late(one, newer.get(one["name"])) for one in before["attacks"]),
    ]
    runs = ["## Runs", "", *(_run(name, found) for name, found in (("Before", before), ("After", after)) if found)]
    return HEAD + "\n".join([*table, "", *late, "", *runs, ""])


def _row(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    one = after or before
    assert one is not None
    names = _interesting(before, after)
    withstood = "–" if after is None else "no" if after["failures"] else "yes"
    cells = (
        f"{one['name']}: {one['what']}",
        one["required"],
        _figures(before, names),
        _figures(after, names),
        withstood,
    )
    return f"| {' | '.join(cells)} |"


def _interesting(*found: Mapping[str, Any] | None) -> list[str]:
    """The names of figures to show: those of the attack itself, and common ones that miss their limit."""
    names: list[str] = []
    for one in found:
        for figure in (one or {}).get("figures", []):
            own = figure["name"] not in JUDGED_BY_ALL or not figure["met"]
            if own and not figure["name"].startswith("healthy") and figure["name"] not in names:
                names.append(figure["name"])
    return names


def _figures(found: Mapping[str, Any] | None, names: Sequence[str]) -> str:
    if found is None:
        return "not measured"
    if "error" in found:
        return f"could not be measured: {found['error'][:120]}".replace("|", "/").replace("\n", " ")
    by_name = {figure["name"]: figure for figure in found["figures"]}
    return "; ".join(f"{name} {_number(by_name[name])}" for name in names if name in by_name)


def _number(figure: Mapping[str, Any]) -> str:
    value = figure["value"]
    shown = f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"
    text = f"{shown} {figure['unit']}".strip()
    return text if figure["met"] else f"**{text}**"


def _late(before: Mapping[str, Any], after: Mapping[str, Any] | None) -> str:
    cells = [before["name"]]
    for found in (before, after or {}):
        for name in ("alone", "beside"):
            late = found.get(name)
            missing = f", {late['missing']} missing" if late and late["missing"] else ""
            cells.append(f"{late['p50']:.2f} / {late['p95']:.2f}{missing}" if late else "–")
    return f"| {' | '.join(cells)} |"


def _run(name: str, found: Mapping[str, Any]) -> str:
    note = f"; {found['note']}" if found.get("note") else ""
    return f"- {name}: commit {found['commit']}, {found['at'][:10]}, {found['machine']}{note}."


def main(arguments: Sequence[str]) -> int:
    """Write the page; without an AFTER file it has only the first figures."""
    before, after = [Path(one) for one in arguments] if arguments else (BEFORE, AFTER)
    newer = json.loads(after.read_text()) if after.exists() else None
    REPORT.write_text(report(json.loads(before.read_text()), newer))
    print(f"wrote {REPORT.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
