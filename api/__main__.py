"""`python -m api`, which is `munadi api`: until SIGTERM; then what is in flight is answered."""

from __future__ import annotations

from munadi.cli.api import serve
from munadi.cli.exits import refusal_ends_process


def main() -> None:
    """Serve until SIGTERM or SIGINT; wrong settings end it with a line for each, and exit code 2."""
    with refusal_ends_process():
        serve()


if __name__ == "__main__":
    main()
