"""`munadi doctor`: find what is wrong, and say how to fix it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import typer

from munadi.cli.output import Cell, Output
from munadi.cli.session import Session
from munadi.process.exits import Exit


def doctor(session: Session) -> None:
    """Check the API, its dependencies, the clocks, the key and this machine's processes, and say how to fix problems.

    Where an API or a worker runs, also its settings, database, migrations, secret keys, media store, Temporal (workers,
    namespace, encryption, fairness), public address and the networks' app credentials. Exits 0 if all is well, 3 if
    the API is not reachable, 1 otherwise.
    """
    from munadi.cli.doctor.here import local
    from munadi.cli.doctor.remote import remote

    checks = [*remote(session), *local(session)]
    failed = [check.name for check in checks if not check.ok]
    session.show({"ok": not failed, "checks": [asdict(check) for check in checks]}, _print)
    if failed:
        raise typer.Exit(Exit.NOT_REACHABLE if "api" in failed else Exit.REFUSED)


def _print(out: Output, found: Any) -> None:
    rows = [[_verdict(check), check["name"], check["message"]] for check in found["checks"]]
    out.table(["", "what", "found"], rows)
    advised = [check for check in found["checks"] if check["advice"]]
    if advised:
        out.line()
    for check in advised:
        out.line((f"{check['name']}: ", "bold"), check["advice"])


def _verdict(check: Any) -> Cell:
    if not check["ok"]:
        return ("wrong", "red")
    return ("warn", "yellow") if check["advice"] else ("ok", "green")
