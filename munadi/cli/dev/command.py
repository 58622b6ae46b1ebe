"""The command `munadi dev`: plans the stack, then becomes its supervisor."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

from typer import Option

from munadi.cli.session import Session

if TYPE_CHECKING:
    from munadi.cli.dev.plan import Plan


def dev(
    session: Session,
    data_dir: Annotated[
        Path | None,
        Option("--data-dir", metavar="FOLDER", help="The data folder; MUNADI_DATA_DIR or .munadi by default."),
    ] = None,
    port: Annotated[int | None, Option("--port", min=0, max=65535, help="The API's port; 0 for a free one.")] = None,
    sandbox_port: Annotated[int | None, Option("--sandbox-port", min=0, max=65535, help="The networks' port.")] = None,
    temporal_port: Annotated[int | None, Option("--temporal-port", min=0, max=65535, help="Temporal's.")] = None,
    temporal_ui_port: Annotated[
        int | None, Option("--temporal-ui-port", min=0, max=65535, help="Its Web UI's.")
    ] = None,
    no_sandbox: Annotated[bool, Option("--no-sandbox", help="Use the real networks.")] = False,
) -> None:
    """Run everything on this machine: Temporal, database, sandbox, API, worker, dashboard.

    Your settings apply: with MUNADI_TEMPORAL__ADDRESS no Temporal server is started, and a channel with its own hosts
    does not use the sandbox. With --json one line on standard output has all addresses, once everything is ready.
    """
    from munadi.cli.dev.lock import hold_folder
    from munadi.cli.dev.plan import PlanOptions, make_plan
    from munadi.config import unknown_variables
    from munadi.process.settings import check_start, read_settings

    for name in unknown_variables():
        print(f"unknown setting {name} is ignored", file=sys.stderr)
    settings = read_settings(**({"data_dir": data_dir} if data_dir else {}))
    hold_folder(settings.data_dir.expanduser().absolute())
    check_start(settings)
    plan = make_plan(PlanOptions(data_dir, port, sandbox_port, temporal_port, temporal_ui_port, sandbox=not no_sandbox))
    for change in plan.moved:
        print(change, file=sys.stderr)
    _become(plan, as_json=session.out.as_json)


def _become(plan: Plan, *, as_json: bool) -> NoReturn:
    """Replace this process by the supervisor, which has the same process id and holds the folder's lock."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    arguments = [plan.as_json(), *(["--json"] if as_json else [])]
    # -P: a folder called `munadi` where the command is run must not stand in for ours.
    argv = [sys.executable, "-P", "-m", "munadi.cli.dev.supervisor", *arguments]
    os.execve(sys.executable, argv, dict(plan.env))  # noqa: S606 - becoming the supervisor, without a shell
