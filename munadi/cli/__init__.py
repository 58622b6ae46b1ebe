"""The `munadi` command. It calls the API as any client does; only a few commands start processes themselves.

Rule: nothing heavy is imported before a command needs it, so that `munadi --help` is quick.
"""


def main() -> None:
    """Entry point of `munadi`; exits with a code of `munadi.process.exits`."""
    import sys

    try:
        from munadi.cli.app import app

        app(prog_name="munadi")
    except ModuleNotFoundError:
        from munadi.cli.extras import CLI, require
        from munadi.process.exits import refusal_ends_process

        with refusal_ends_process():
            require(CLI, "munadi")
        raise
    except SystemExit as end:
        if "temporalio" in sys.modules:
            from munadi.process.exiting import exit_now

            # A pending call to a Temporal server that does not answer would keep the process alive.
            exit_now(end.code if isinstance(end.code, int) else int(end.code is not None))
        raise
