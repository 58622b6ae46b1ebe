"""`munadi worker`: workflows, activities and the relay as one process."""

from __future__ import annotations

import asyncio
from typing import NoReturn

import typer

from munadi.cli.command import command
from munadi.cli.leaving import leave
from munadi.cli.session import Session


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app, "worker", remote=False)(worker)


def worker(session: Session) -> None:
    """Run a worker. Ends after SIGTERM, once what is in flight has ended."""
    work()


def work() -> NoReturn:
    """The process of a worker, to its end. Raises CommandFailed for settings that are wrong."""
    from munadi.cli.settings import check_start, read_settings

    settings = read_settings()
    check_start(settings, needs_temporal=True)

    from munadi.logs import configure_logging
    from worker.running import run

    configure_logging(settings.log_level)
    asyncio.run(run(settings))
    leave(0)
