"""`python -m worker`: `munadi worker` without the command line's libraries. On SIGTERM it ends what is in flight."""

from __future__ import annotations

from munadi.cli.exits import refusal_ends_process
from munadi.unused_imports import leave_out
from worker.process import work

# httpx imports these for its command line and structlog for tracebacks in colour: 8 MB.
leave_out("rich", "pygments", "click")


def main() -> None:
    """Work until SIGTERM or SIGINT; wrong settings end it with a line for each, and exit code 2."""
    with refusal_ends_process():
        work()


if __name__ == "__main__":
    main()
