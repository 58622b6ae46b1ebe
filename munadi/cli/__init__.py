"""The `munadi` command. It talks to the API as any client does; only a few commands compose processes.

The rule here: nothing heavy is imported before a command needs it, so that `munadi --help` answers at once.
"""


def main() -> None:
    """Entry point of `munadi`; exits with a code of `munadi.cli.exits`."""
    import sys

    from munadi.cli.app import app

    try:
        app(prog_name="munadi")
    except SystemExit as end:
        if "temporalio" in sys.modules:
            from munadi.cli.leaving import leave

            # What was asked of a Temporal that does not answer would keep the process.
            leave(end.code if isinstance(end.code, int) else int(end.code is not None))
        raise
