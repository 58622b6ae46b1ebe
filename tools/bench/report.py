"""Writes docs/performance.md and its picture from the recorded figures.

Only the part between the two marks is written; every section outside them was written by hand, and stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.markdown import table
from tools.bench.plot import plot
from tools.bench.record import RECORDED, Records, load, value
from tools.bench.system import ROOT
from tools.bench.table import Figure, figures
from tools.bench.usage import PARTS

PAGE = ROOT / "docs" / "performance.md"
PICTURE = ROOT / "docs" / "images" / "performance.svg"
BEGIN, END = "<!-- `make bench` writes from here -->", "<!-- to here -->"
RUNS = (("sqlite", "before"), ("sqlite", "after"), ("postgresql", "before"), ("postgresql", "after"))
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
HEAD = """`make bench` measures `munadi dev`: API, one worker, Temporal's dev server, and the sandbox without delays or
quotas. It does so on SQLite and on a PostgreSQL that syncs each commit to the disk. Everything runs as processes on one
machine. *Before* is an earlier commit, *after* a later one; [the runs](#runs) name both. Figures depend on the machine.
Ratios to the bare engine and to the bare API, measured in the same run, depend on it less.

The bare engine is a workflow of a timer and three activities that do nothing. Its worker is a process of its own with
100 slots for activities, on the same Temporal server. Both rates count from the common due time to the end of the last
workflow, by the Temporal server. The bare API is FastAPI with one row that SQLAlchemy reads.

"""
CPU = """CPU milliseconds for each post while eight clients have 400 posts accepted, and while 400 posts to three
channels are published. `dev` is the process that starts the others.
"""
MEMORY = "Memory in MB (PSS: what several processes share is divided among them).\n"
REQUESTS = "Requests for each post of the burst of 300, by operation, as the server counts them.\n"


def write(recorded: Path = RECORDED, page: Path = PAGE, picture: Path = PICTURE) -> None:
    """Write the page and its picture."""
    records = load(recorded)
    before, _, rest = page.read_text().partition(BEGIN)
    _, marked, after = rest.partition(END)
    assert marked, f"{page.name} has no part between the marks {BEGIN} and {END}"
    page.write_text(f"{before}{BEGIN}\n\n{measured(records)}\n{END}{after}")
    picture.write_text(plot(records))


def measured(records: Records) -> str:
    """The generated part of the page. A section without figures is left out."""
    cpu = {"accept.cpu": "accepting", "publish.cpu": "publishing"}
    memory = {
        "idle.started.memory": "just started",
        "idle.waiting.memory": "1,000 posts waiting",
        "crowd.waiting.memory": "10,000 posts waiting",
    }
    picture = "![Accepting, publishing and lateness over the amount of work](images/performance.svg)\n"
    sections = (
        (HEAD + _checked(records) + "\n" + picture, "\n"),
        ("## Figures\n", _figures(records)),
        ("## CPU by process\n\n" + CPU, _by_process(records, cpu, 1)),
        ("## Memory by process\n\n" + MEMORY, _by_process(records, memory, 0)),
        ("## Requests to the Temporal server\n\n" + REQUESTS, _requests(records)),
        ("## Runs\n", _runs(records)),
    )
    return "\n".join(f"{head}\n{body}" for head, body in sections if body)


def _figures(records: Records) -> str:
    head = ("figure", "aim", *(f"{NAMES[database]}, {when}" for database, when in RUNS), "met")
    rows = []
    for figure in figures():
        values = [value(records, when, database, figure.key) for database, when in RUNS]
        if any(found is not None for found in values):
            rows.append((figure.label, figure.aim, *map(figure.text, values), _met(figure, records)))
    return table(head, rows)


def _met(figure: Figure, records: Records) -> str:
    """Whether each measured `after` reaches the aim; where it does not, on which database."""
    found = {database: value(records, "after", database, figure.key) for database in NAMES}
    measured_now = {database: number for database, number in found.items() if number is not None}
    if figure.aim == "–" or not measured_now:
        return "–"
    missed = [NAMES[database] for database, number in measured_now.items() if not figure.met(number)]
    return f"not on {' and '.join(missed)}" if missed else "yes"


def _by_process(records: Records, kinds: dict[str, str], decimals: int) -> str:
    rows = []
    for prefix, label in kinds.items():
        for database, when in RUNS:
            found = [value(records, when, database, f"{prefix}.{part}") for part in PARTS]
            if any(number is not None for number in found):
                cells = ("–" if number is None else f"{number:,.{decimals}f}" for number in found)
                rows.append((label, f"{NAMES[database]}, {when}", *cells))
    return table(("", "run", *PARTS), rows) if rows else ""


def _requests(records: Records) -> str:
    found = [_of_row(records, when, database, "burst").get("figures", {}) for database, when in RUNS]
    names = sorted({name for figures_ in found for name in figures_ if name.startswith("requests.")})
    rows = [
        (name.removeprefix("requests."), *(f"{run[name]:.1f}" if name in run else "–" for run in found))
        for name in names
    ]
    return table(("operation", *(f"{NAMES[database]}, {when}" for database, when in RUNS)), rows) if rows else ""


def _checked(records: Records) -> str:
    posts = sum(row.get("posts", 0) for runs in records["after"].values() for row in runs.values())
    return (
        f"The networks' own lists were compared with what was due for {posts:,} posts of the runs *after*. None was\n"
        "early, doubled or lost; a row in which one is fails, and is not recorded.\n"
        if posts
        else ""
    )


def _runs(records: Records) -> str:
    rows: list[tuple[Any, ...]] = []
    for database, when in RUNS:
        by_origin: dict[tuple[str, str, str], list[str]] = {}
        for row, found in records[when].get(database, {}).items():
            by_origin.setdefault((found["commit"], found["date"], found["machine"]), []).append(row)
        rows += [
            (f"{NAMES[database]}, {when}", *origin, ", ".join(sorted(names))) for origin, names in by_origin.items()
        ]
    return table(("run", "commit", "date", "machine", "rows"), rows)


def _of_row(records: Records, when: str, database: str, row: str) -> dict[str, Any]:
    return records[when].get(database, {}).get(row, {})


def missed(records: Records) -> Iterator[str]:
    """Each aim that the recorded runs `after` miss."""
    for figure in figures():
        for database in NAMES:
            number = value(records, "after", database, figure.key)
            if number is not None and not figure.met(number):
                yield f"{figure.label} on {NAMES[database]}: {figure.text(number)}, aim {figure.aim}"


if __name__ == "__main__":
    write()
