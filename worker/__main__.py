"""`python -m worker`: runs `munadi worker` without the CLI's libraries. On SIGTERM it finishes running work."""

from __future__ import annotations

from munadi.process.exiting import exits_at_once
from munadi.process.exits import refusal_ends_process
from munadi.process.unused_imports import leave_out
from worker.process import work

# httpx imports these for its command line and structlog for tracebacks in colour: 8 MB.
leave_out("rich", "pygments", "click")


def main() -> None:
    """Run until SIGTERM or SIGINT. Wrong settings are printed and end it with exit code 2."""
    with exits_at_once(), refusal_ends_process():
        work()


if __name__ == "__main__":
    main()
