"""`munadi demo`: the main job from start to finish, on the sandbox, in a temporary folder."""

from __future__ import annotations

from typing import Annotated

from typer import Option

from munadi.cli.session import Session


def demo(
    session: Session,
    keep: Annotated[bool, Option("--keep", help="Keep the folder with the databases and logs.")] = False,
) -> None:
    """Watch posts being published, failing, recovering and being canceled, on the built-in sandbox. Takes a minute.

    It starts everything in a temporary folder and stops it again. Exits 0 only if the API, the received webhooks and
    the sandbox's networks agree that all went as expected.
    """
    from munadi.cli.demo.running import run_demo
    from munadi.process.exiting import exit_now

    run_demo(session.out, keep=keep)
    exit_now(0)
