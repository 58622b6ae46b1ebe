"""The command `munadi worker`: workflows, activities and background jobs in one process."""

from __future__ import annotations

from munadi.cli.session import Session


def worker(session: Session) -> None:
    """Run a worker. On SIGTERM it finishes what is in progress, then ends."""
    from worker.process import work

    work()
