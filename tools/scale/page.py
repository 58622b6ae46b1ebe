"""Fills the tables of docs/scale.md from what was measured: `python -m tools.scale.page`. The text around stays."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.markdown import table
from tools.scale import arithmetic
from tools.scale.arithmetic import Load, Post
from tools.scale.recorded import recorded

PAGE = Path(__file__).parents[2] / "docs" / "scale.md"
BLOCK = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
LOADS = (Load(10_000, 100), Load(100_000, 1_000), Load(1_000_000, 10_000))
COMMITS = 6.0  # of a post to one account: docs/performance.md


def post(measured: Mapping[str, Any]) -> Post:
    """The costs of a post to one account; processor time of the largest burst with one worker."""
    burst = max((row for row in measured["bursts"] if row["workers"] == 1), key=lambda row: int(row["posts"]))
    left = next(row for row in measured["posts"] if row["accounts"] == 1)
    cpu = {part: burst[part] for part in ("worker", "temporal", "postgres")}
    return Post(**cpu, **{name: left[name] for name in ("actions", "waiting", "ended", "stored")}, commits=COMMITS)


def tables(measured: Mapping[str, Any]) -> dict[str, str]:
    """The page's tables by name."""
    one = post(measured)
    return {"bursts": _bursts(measured), "posts": _posts(measured), "needs": _needs(one), "cloud": _cloud(one)}


def _bursts(measured: Mapping[str, Any]) -> str:
    head = [
        "workers",
        "posts due together",
        "half within",
        "the last after",
        "worker",
        "Temporal",
        "PostgreSQL",
        "memory of a worker",
    ]
    rows = [
        [
            row["workers"],
            f"{row['posts']:,}",
            f"{row['p50']:.1f} s",
            f"{row['last']:.1f} s",
            *(f"{row[part]:.0f} ms" for part in ("worker", "temporal", "postgres")),
            f"{row['memory']:.0f} MB",
        ]
        for row in measured["bursts"]
    ]
    return table(head, rows)


def _posts(measured: Mapping[str, Any]) -> str:
    head = ["accounts", "actions", "history, waiting", "history, ended", "rows and indexes"]
    rows = [
        [row["accounts"], row["actions"], *(f"{row[name] / 1000:.1f} kB" for name in ("waiting", "ended", "stored"))]
        for row in measured["posts"]
    ]
    return table(head, rows)


def _needs(post: Post) -> str:
    parts = {
        "workers (a core each)": post.worker,
        "cores of Temporal's server": post.temporal,
        "cores of PostgreSQL": post.postgres,
    }
    rows: list[list[str]] = [["due in one minute", *(f"{load.peak:,}" for load in LOADS)]]
    rows.append(["posts a second", *(f"{load.a_second:,.0f}" for load in LOADS)])
    for name, milliseconds in parts.items():
        rows.append([name, *(str(math.ceil(arithmetic.cores(load, milliseconds))) for load in LOADS)])
    rows.append(["commits a second", *(f"{load.a_second * post.commits:,.0f}" for load in LOADS)])
    rows.append(
        ["GB of the database for each month of posts", *(f"{load.scheduled * post.stored / 1e9:.1f}" for load in LOADS)]
    )
    return table(["a month", *(f"{load.scheduled:,} posts" for load in LOADS)], rows)


def _cloud(post: Post) -> str:
    rows = [
        ["actions, with fairness", *(f"{arithmetic.actions_a_month(load, post) / 1e6:.2f} million" for load in LOADS)],
        ["actions a second in the minute of the peak", *(f"{load.a_second * post.actions:,.0f}" for load in LOADS)],
        ["active storage", *(f"{arithmetic.active_gigabytes(load, post):.2f} GB" for load in LOADS)],
        ["retained storage, 7 days", *(f"{arithmetic.retained_gigabytes(load, post):.2f} GB" for load in LOADS)],
        ["Developer plan", *(f"${arithmetic.developer_bill(load, post):,.0f}" for load in LOADS)],
        ["Business plan", *(f"${arithmetic.business_bill(load, post):,.0f}" for load in LOADS)],
    ]
    return table(["a month", *(f"{load.scheduled:,} posts" for load in LOADS)], rows)


def filled(page: str, measured: Mapping[str, Any]) -> str:
    """The page with its tables made anew."""
    made = tables(measured)
    return BLOCK.sub(lambda found: f"{found[1]}{made[found[2]]}{found[3]}", page)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(), recorded()))
