"""The command `munadi worker`: workflows, activities and background jobs in one process."""

from __future__ import annotations

import typer

from munadi.cli.command import command
from munadi.cli.session import Session


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app, "worker", remote=False)(worker)


def worker(session: Session) -> None:
    """Run a worker. On SIGTERM it finishes what is in progress, then ends."""
    from worker.process import work

    work()
