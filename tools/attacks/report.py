"""`python -m tools.attacks.report [BEFORE AFTER]`: write docs/hardening.md from two files of figures."""

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
first alone and then beside the attack, and measures both. That brand also receives webhooks, and uploads a picture a
second where an attack is on uploads. A process that uses more than 1 GB is killed, as a container would kill it.
Nothing leaves the machine.

An attack is withstood when no process ends, memory and answers stay within the figures below, `/healthz` answers, and
nothing of the healthy brand is missing or refused. Its figures beside the attack are at most 1.2 times those without
it, and 0.05 s for noise (0.1 s for a p95); its slowest accept takes at most 0.3 s, unless it takes longer without the
attack. `SECURITY.md` in the repository says who attacks, and what is promised against each. Figures in bold miss what
is required. Before the figures stands the commit that was measured.

"""
JUDGED_BY_ALL = (
    "processes killed or ended",
    "processes over 1 GB",
    "/healthz silent for",
)
# The healthy brand's columns: what is shown, where it is in the figures, and the name by which it was judged.
Column = tuple[str, tuple[str, ...], str]
COLUMNS: tuple[Column, ...] = (
    ("late p50", ("p50",), "healthy p50 late"),
    ("late p95", ("p95",), "healthy p95 late"),
    ("accepts p50", ("accepts", "p50"), "healthy accepts p50"),
    ("slowest accept", ("accepts", "longest"), "healthy slowest accept"),
    ("webhooks p95", ("webhooks", "p95"), "healthy webhooks p95"),
    ("uploads p95", ("uploads", "p95"), "healthy uploads p95"),
)


def report(before: Mapping[str, Any], after: Mapping[str, Any] | None) -> str:
    """The page."""
    older, newer = _by_name(before), _by_name(after or {"attacks": []})
    pairs = [(older.get(name), newer.get(name)) for name in dict.fromkeys([*older, *newer])]
    table = ["| attack | required | before | after | withstood |", "|---|---|---|---|---|"]
    table += [_row(*pair) for pair in pairs]
    felt = [
        "## The healthy brand",
        "",
        "Seconds: without the attack → beside it, in one run.",
        "",
        f"| attack | | {' | '.join(name for name, _, _ in COLUMNS)} | missing | cores of API and worker |",
        "|---|---|" + "---|" * (len(COLUMNS) + 2),
    ]
    felt += [_felt(when, one) for pair in pairs for when, one in zip(("before", "after"), pair, strict=True) if one]
    runs = ["## Runs", ""]
    runs += [_run(name, run) for name, found in (("Before", older), ("After", newer)) for run in _runs_of(found)]
    return HEAD + "\n".join([*table, "", *felt, "", *runs, ""])


def _by_name(found: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The attacks by name. Older files name the commit once for all."""
    of_file = {name: value for name, value in found.items() if name != "attacks"}
    return {one["name"]: of_file | one for one in found["attacks"]}


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
    shown = "; ".join(f"{name} {_number(by_name[name])}" for name in names if name in by_name)
    return f"{found['commit']}: {shown}"


def _number(figure: Mapping[str, Any]) -> str:
    value = figure["value"]
    shown = f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"
    text = f"{shown} {figure['unit']}".strip()
    return text if figure["met"] else f"**{text}**"


def _felt(when: str, found: Mapping[str, Any]) -> str:
    cells = [found["name"], f"{when}, {found['commit']}"]
    if "beside" not in found:
        return f"| {' | '.join([*cells, 'could not be measured', *['–'] * (len(COLUMNS) + 1)])} |"
    missed = {figure["name"] for figure in found["figures"] if not figure["met"]}
    cells += [_change(found, column, missed) for column in COLUMNS]
    beside = found["beside"]
    missing = [beside["missing"], *(beside.get(name, {}).get("failed", 0) for name in ("webhooks", "uploads"))]
    cells.append(f"**{sum(missing)}**" if sum(missing) else "0")
    cores = [found[phase].get("cores") for phase in ("alone", "beside")]
    shown = [f"{one.get('api', 0):.2f} / {one.get('worker', 0):.2f}" for one in cores if one]
    return f"| {' | '.join([*cells, ' → '.join(shown) or '–'])} |"


def _change(found: Mapping[str, Any], column: Column, missed: set[str]) -> str:
    _, path, judged = column
    values = []
    for phase in ("alone", "beside"):
        value: Any = found[phase]
        for part in path:
            value = value.get(part) if value else None
        values.append(value)
    if not all(values):
        return "–"
    first, second = (f"{value:.2f}" for value in values)
    return f"{first} → **{second}**" if judged in missed else f"{first} → {second}"


def _runs_of(found: Mapping[str, dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The attacks that were measured alike: the same commit, machine and note."""
    runs: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for one in found.values():
        runs.setdefault(tuple(one.get(name) for name in ("commit", "machine", "note")), []).append(one)
    return list(runs.values())


def _run(name: str, attacks: Sequence[Mapping[str, Any]]) -> str:
    one, loads = attacks[0], [each["load"] for each in attacks if "load" in each]
    note = f"; {one['note']}" if one.get("note") else ""
    load = f"; load before each attack {min(loads)} to {max(loads)}" if loads else ""
    days = sorted({each["at"][:10] for each in attacks})
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    return f"- {name}, {len(attacks)} attacks: commit {one['commit']}, {when}, {one['machine']}{note}{load}."


def main(arguments: Sequence[str]) -> int:
    """Write the page; without an AFTER file it has only the first figures."""
    before, after = [Path(one) for one in arguments] if arguments else (BEFORE, AFTER)
    newer = json.loads(after.read_text()) if after.exists() else None
    REPORT.write_text(report(json.loads(before.read_text()), newer))
    print(f"wrote {REPORT.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
