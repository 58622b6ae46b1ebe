"""The `munadi` command. It talks to the API as any client does; only a few commands compose processes.

The rule here: nothing heavy is imported before a command needs it, so that `munadi --help` answers at once.
"""


def main() -> None:
    """Entry point of `munadi`; exits with a code of `munadi.cli.exits`."""
    from munadi.cli.app import app

    app(prog_name="munadi")
