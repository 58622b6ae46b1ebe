"""`munadi worker`: workflows, activities and background jobs in one process."""

from __future__ import annotations

import asyncio
from typing import NoReturn

import typer

from munadi.cli.command import command
from munadi.cli.process_exit import exit_now
from munadi.cli.session import Session


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app, "worker", remote=False)(worker)


def worker(session: Session) -> None:
    """Run a worker. On SIGTERM it finishes what is in progress, then ends."""
    work()


def work() -> NoReturn:
    """Run a worker until it is stopped. Raises CommandFailed for wrong settings."""
    from munadi.cli.settings import check_start, read_settings

    settings = read_settings()
    check_start(settings, needs_temporal=True)

    from munadi.logs import configure_logging
    from worker.running import run

    configure_logging(settings.log_level)
    asyncio.run(run(settings))
    exit_now(0)
