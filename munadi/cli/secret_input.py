"""Reads a secret from a file, from standard input or from a person."""

from __future__ import annotations

import sys
from pathlib import Path

from munadi.process.exits import CommandFailed, Exit


def read_secret(source: str | None, option: str, question: str) -> str:
    """The secret in the file `source`; `-` is standard input. Without it a person is asked.

    It is never an argument, because every user of the machine can see those. `option` is the one that names the file.
    """
    if source == "-":
        return sys.stdin.readline().strip()
    if source is not None:
        try:
            return Path(source).read_text().strip()
        except OSError as error:
            raise CommandFailed(f"cannot read {source}: {error}", Exit.USAGE) from error
    if not sys.stdin.isatty():
        raise CommandFailed(f"give {option}, or run this in a terminal to be asked", Exit.USAGE)
    from getpass import getpass

    return getpass(f"{question}: ").strip()
