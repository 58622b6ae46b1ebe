"""`munadi worker`: workflows, activities and the relay as one process."""

from __future__ import annotations

import typer

from munadi.cli.command import command
from munadi.cli.leaving import leave
from munadi.cli.session import Session


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app, "worker", remote=False)(worker)


def worker(session: Session) -> None:
    """Run a worker. Ends after SIGTERM, once what is in flight has ended."""
    from munadi.cli.settings import check_start, read_settings

    check_start(read_settings(), needs_temporal=True)

    from worker.__main__ import main

    main()
    leave(0)
