"""`python -m api`: runs `munadi api` without the CLI's libraries. On SIGTERM it finishes running requests."""

from __future__ import annotations

from api.process.running import serve
from munadi.process.exiting import exits_at_once
from munadi.process.exits import refusal_ends_process
from munadi.process.unused_imports import leave_out

# httpx imports these for its command line and structlog for tracebacks in colour: 5 MB.
leave_out("rich", "pygments")


def main() -> None:
    """Serve until SIGTERM or SIGINT. Wrong settings are printed and end it with exit code 2."""
    with exits_at_once(), refusal_ends_process():
        serve()


if __name__ == "__main__":
    main()
