"""`python -m worker`, which is `munadi worker`: until SIGTERM; then what is in flight ends by itself."""

from __future__ import annotations

from munadi.cli.exits import refusal_ends_process
from munadi.cli.worker import work


def main() -> None:
    """Work until SIGTERM or SIGINT; wrong settings end it with a line for each, and exit code 2."""
    with refusal_ends_process():
        work()


if __name__ == "__main__":
    main()
