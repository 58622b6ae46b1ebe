"""Every command. The module of a command is imported when the command is used, or listed with its help."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup

from munadi import __version__
from munadi.cli.command import AsJson, Profile, command
from munadi.cli.output import Output
from munadi.cli.session import Session


class Single(NamedTuple):
    """A command that is in no group: the module of its function, which has its name unless another one is given."""

    module: str
    takes: str | None = None
    remote: bool = True
    function: str | None = None


# Of each group its modules; the first one has its `app`, the others add commands to it.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "contents": ("contents", "batches", "purging"),
    "reviews": ("reviews",),
    "drafts": ("drafts",),
    "publications": ("publications",),
    "receipts": ("receipts",),
    "media": ("media",),
    "imports": ("imports", "postiz"),
    "accounts": ("accounts", "connecting", "erasing"),
    "brands": ("brands", "erasing"),
    "apps": ("apps",),
    "slots": ("slots",),
    "series": ("series",),
    "branding": ("branding",),
    "channels": ("channels",),
    "webhooks": ("webhooks",),
    "alerts": ("alerts",),
    "keys": ("keys", "encryption"),
    "db": ("db",),
    "sandbox": ("sandbox", "sandbox_control"),
    "temporal": ("temporal",),
    "profiles": ("profiles",),
}
COMMANDS: Mapping[str, Single] = {
    "login": Single("login"),
    "logout": Single("logout"),
    "doctor": Single("doctor"),
    "events": Single("events", takes="events.list"),
    "audit": Single("audit", takes="audit.list"),
    "usage": Single("usage", takes="usage.get"),
    "bill": Single("bill", takes="usage.days"),
    "request": Single("request"),
    "import": Single("importing", function="import_"),
    "dev": Single("dev.command", remote=False),
    "demo": Single("demo", remote=False),
    "api": Single("api", remote=False),
    "worker": Single("worker", remote=False),
    "mcp": Single("mcp"),
}


class OnUse(Mapping[str, Any]):
    """The commands and groups by their names, each imported when it is read."""

    def __getitem__(self, name: str) -> Any:
        if name not in self:
            raise KeyError(name)
        return _loaded(name)

    def __contains__(self, name: object) -> bool:
        return name in COMMANDS or name in GROUPS

    def __iter__(self) -> Iterator[str]:
        return iter((*COMMANDS, *GROUPS))

    def __len__(self) -> int:
        return len(COMMANDS) + len(GROUPS)


class Commands(TyperGroup):
    """The root of all commands. It imports none of them before it is used."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands: Any = OnUse()


app = typer.Typer(
    name="munadi",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Munadi publishes prepared posts to social networks and reports the result.",
    epilog="Exit codes: 0 done, 1 refused or failed, 2 usage, 3 not reachable, 4 not permitted.",
)


@cache
def _loaded(name: str) -> Any:
    """The command or group, for Typer."""
    if name in GROUPS:
        group, *_ = [import_module(f"munadi.cli.{module}") for module in GROUPS[name]]
        return typer.main.get_group(group.app)
    one, alone = COMMANDS[name], typer.Typer(add_completion=False)
    function = getattr(import_module(f"munadi.cli.{one.module}"), one.function or name)
    command(alone, name, takes=one.takes, remote=one.remote)(function)
    return typer.main.get_command(alone)


def _print_version(wanted: bool) -> None:
    if wanted:
        Output().line(f"munadi {__version__}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)]


@app.callback()
def start(context: typer.Context, as_json: AsJson = False, profile: Profile = None, version: Version = False) -> None:
    """Options that come before a command."""
    session = context.ensure_object(Session)
    session.out.as_json |= as_json
    session.profile = profile or session.profile
