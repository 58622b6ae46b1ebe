"""`munadi bill`: what a brand published by day and network, and what it cost."""

from __future__ import annotations

from typing import Any

from munadi.cli.output import Cell, Output
from munadi.cli.session import Session


def bill(session: Session, **given: Any) -> None:
    """Show what a brand published by day and network, and what that cost. Days are UTC."""
    session.show(session.client.usage.days(**given), _print)


def _print(out: Output, usage: Any) -> None:
    rows: list[list[Cell | None]] = [
        [each["date"], each["channel"], f"{each['publications']:,}", _dollars(each["cost"])] for each in usage["days"]
    ]
    out.table(["day (UTC)", "channel", "publications", "cost in USD"], rows, empty="nothing was published")
    if rows:
        total = usage["total"]
        out.line((f"{total['publications']:,} publications, {_dollars(total['cost'])} USD", "bold"))


def _dollars(amount: float) -> str:
    return f"{amount:,.3f}"
