"""`munadi demo`: the main job, start to finish, on the sandbox, in a folder that is gone afterwards."""

from __future__ import annotations

from typing import Annotated

import typer
from typer import Option

from munadi.cli.command import command
from munadi.cli.session import Session


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app, "demo", remote=False)(demo)


def demo(
    session: Session,
    keep: Annotated[bool, Option("--keep", help="Keep the folder with the databases and logs.")] = False,
) -> None:
    """Watch posts go out, fail, recover and be withdrawn, on the built-in sandbox. Takes about a minute.

    Starts everything in a temporary folder and stops it again. Exits 0 only if all went as it should, by the API's
    own account, by the webhooks received, and by what the sandbox says is visible.
    """
    from munadi.cli.demo.running import run_demo
    from munadi.cli.process_exit import exit_now

    run_demo(session.out, keep=keep)
    exit_now(0)
