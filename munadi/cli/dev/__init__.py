"""`munadi dev`: Temporal, database, sandbox, API and worker on this machine, until Ctrl-C."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from munadi.cli.command import command
from munadi.cli.session import Session


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app, "dev", remote=False)(dev)


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
    from munadi.cli.dev.plan import Wishes
    from munadi.cli.dev.running import run_stack
    from munadi.cli.process_exit import exit_now

    wishes = Wishes(data_dir, port, sandbox_port, temporal_port, temporal_ui_port, sandbox=not no_sandbox)
    run_stack(session.out, wishes)
    exit_now(0)
