"""`munadi apps`: the apps of brands at networks, in place of the installation's."""

from __future__ import annotations

from typing import Annotated, Any

from typer import Argument, Option

from munadi.cli.command import command, group
from munadi.cli.completing import channels
from munadi.cli.output import Output
from munadi.cli.paging import listing
from munadi.cli.secret_input import read_secret
from munadi.cli.session import Session

app = group("apps", "Give brands their own apps at networks, which their accounts are connected through.")
Brand = Annotated[str, Argument(metavar="BRAND", help="The brand's short name, such as acme.")]
Channel = Annotated[str, Argument(metavar="CHANNEL", help="See munadi channels list.", autocompletion=channels)]
Secret = Annotated[
    str | None,
    Option(
        "--secret-file", metavar="FILE", help="File with the app's secret; - reads standard input. Else you are asked."
    ),
]

# What a network's page for apps asks for, and the field that has it.
REPORTS = {
    "deauthorize callback": "deauthorizeUri",
    "data deletion request": "dataDeletionUri",
    "webhook": "webhookUri",
}

_print_page = listing(
    {
        "channel": "channel",
        "client id": "clientId",
        "log-in": lambda one: one["login"] or "",
        "review": lambda one: one["review"] or "",
        "accounts": lambda one: str(one["accounts"]),
        "redirect to allow": "redirectUri",
    },
    empty="the brand has no app of its own; its accounts are connected through the installation's",
)


@command(app, "set", takes="brands.apps.put")
def set_(
    session: Session,
    brand: Brand,
    channel: Channel,
    client_id: Annotated[str, Option("--client-id", metavar="ID", help="The app's id.")],
    # The name keeps the secret itself from being an option: other programs of the machine see those.
    client_secret: Secret = None,
    **given: Any,
) -> None:
    """Set a brand's app at a network. Its next accounts are connected through it."""
    secret = read_secret(client_secret, "--secret-file", "the app's secret")
    made = session.client.brands.apps.put(brand, channel, client_id, secret, **given)
    session.show(made, _print_one)


@command(app, "list")
def list_(session: Session, brand: Brand) -> None:
    """List a brand's own apps, without their secrets."""
    session.show(session.client.brands.apps.list(brand), _print_page)


@command(app, "remove")
def remove(session: Session, brand: Brand, channel: Channel) -> None:
    """Remove a brand's app. Accounts that are connected through it keep it until they are reconnected."""
    session.client.brands.apps.delete(brand, channel)
    session.done("removed the app at", channel)


def _print_one(out: Output, one: Any) -> None:
    out.line((one["clientId"], "bold"), f" at {one['channel']}; allow {one['redirectUri']} there")
    for name, uri in REPORTS.items():
        if one[uri]:
            out.line(f"{name} there: {one[uri]}")
