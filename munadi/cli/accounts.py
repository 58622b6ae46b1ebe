"""`munadi accounts`: the profiles that posts are published to, and the state of their connections."""

from __future__ import annotations

from typing import Annotated, Any, cast

from typer import Argument, Option

from munadi.cli.command import command, group, plain
from munadi.cli.completing import channels
from munadi.cli.options import require_change
from munadi.cli.output import Output, status
from munadi.cli.paging import listing, status_of, time_of
from munadi.cli.post_output import clock_time
from munadi.cli.secret_input import read_secret
from munadi.cli.session import Session
from munadi.process.exits import CommandFailed, Exit

app = group("accounts", "Import, list, check and disconnect accounts.")

WELL = ("connected", "disconnected")
AccountId = Annotated[str, Argument(metavar="ACCOUNT_ID", help="acc_…")]
Secret = Annotated[
    str | None,
    Option(
        "--secret-file",
        metavar="FILE",
        help="File with the token or app password; - reads standard input. Without it you are asked.",
    ),
]


@command(app, "import", takes="accounts.import_")
def import_(
    session: Session,
    brand_ref: Annotated[str, Option("--brand-ref", metavar="BRAND", help="The brand that owns the account.")],
    channel: Annotated[
        str | None, Option("--channel", metavar="CHANNEL", help="See munadi channels list.", autocompletion=channels)
    ] = None,
    identifier: Annotated[
        str | None, Option("--identifier", help="The handle, for networks that use an app password.")
    ] = None,
    secret_file: Secret = None,
    file: Annotated[
        str | None,
        Option(
            "--file",
            "-f",
            metavar="FILE",
            help="Instead of the other options: the account as the API takes it, as JSON.",
        ),
    ] = None,
    **given: Any,
) -> None:
    """Import an account by its credentials. They are checked at the network before they are stored."""
    if file is not None:
        from munadi.cli.payload import read_payload

        account = read_payload(file)
    elif channel is None:
        raise CommandFailed("give --channel, or the whole account with --file", Exit.USAGE)
    else:
        secret = read_secret(secret_file, "--secret-file", "token or app password")
        with_password = {"identifier": identifier, "password": secret}
        credentials = with_password if identifier else {"accessToken": secret}
        account = {"channel": channel, **given, "credentials": credentials}
    session.show(session.client.accounts.import_(brand_ref, cast(Any, account)), _print_account)


@command(app, "check")
def check(session: Session, account_id: AccountId) -> None:
    """Check the account at its network now. Exits 1 if it does not work."""
    account = session.client.accounts.check(account_id)
    session.show(account, _print_checked)
    if not account["ok"]:
        import typer

        raise typer.Exit(Exit.REFUSED)


@command(app, "choices")
def choices(
    session: Session,
    account_id: AccountId,
    option: Annotated[str, Argument(help="The option of a post, such as boardId.")],
    of: Annotated[str | None, Option("--of", help="The value that they belong to: of boardSectionId a board.")] = None,
) -> None:
    """List what an option of a post can be on this account: boards and sections of Pinterest, categories of YouTube."""
    session.show(session.client.accounts.choices(account_id, option, of), _print_choices)


def _print_choices(out: Output, page: Any) -> None:
    out.table(("value", "name"), ([choice["value"], choice["name"]] for choice in page["data"]))


def _print_account(out: Output, account: Any) -> None:
    waiting = account["affectedContents"]
    out.facts(
        [
            ("account", account["id"]),
            ("brand", account["brandRef"]),
            ("channel", account["channel"]),
            ("profile", f"{account['handle']}  {account['externalId']}"),
            ("status", status(account["status"])),
            ("token until", clock_time(account["tokenExpiresAt"])),
            ("grant until", clock_time(account["grantExpiresAt"])),
            ("paused until", clock_time(account["pausedUntil"])),
            ("last success", clock_time(account["lastSuccessAt"])),
            ("last failure", _failed(account["lastFailure"])),
            ("no post seen since", clock_time(account.get("unshownSince"))),
            ("scopes", " ".join(account["scopes"])),
            ("quota", " ".join(f"{name}={count}" for name, count in (account["quota"] or {}).items())),
            ("waiting", " ".join(waiting) if waiting else None),
        ]
    )


def _failed(failure: Any) -> str | None:
    return failure and f"{failure['reason']} at {clock_time(failure['at'])}: {failure['message'].rstrip('.')}"


def _print_checked(out: Output, account: Any) -> None:
    from munadi.cli.post_output import print_failure

    _print_account(out, account)
    if account["failure"]:
        print_failure(out, account["channel"], account["failure"])


@command(app, "update", takes="accounts.update")
def update(session: Session, account_id: AccountId, **changes: Any) -> None:
    """Change an account; what is not given stays."""
    require_change(changes, "accounts.update")
    session.show(session.client.accounts.update(account_id, cast(Any, changes)), _print_account)


_print_table = listing(
    {
        "id": "id",
        "channel": "channel",
        "status": status_of,
        "brand": "brandRef",
        "last success": time_of("lastSuccessAt"),
        "waiting": lambda account: str(len(account["affectedContents"]) or "") or None,
        "profile": "handle",
    },
    empty="no accounts",
)


def _print_page(out: Output, page: Any) -> None:
    _print_table(out, page)
    for account in page["data"]:
        if account["status"] not in WELL and (failed := account["lastFailure"]):
            out.line(f"{account['id']}: {_failed(failed)}. {failed['remedy']}")


plain(app, "list", "accounts.list", _print_page, "List accounts with their health.")
plain(
    app,
    "get",
    "accounts.get",
    _print_account,
    "Show an account and its last known state, without calling its network.",
    of=AccountId,
)
plain(
    app,
    "disconnect",
    "accounts.disconnect",
    "disconnected",
    "Delete an account's credentials. Posts still queued for it fail with ACCOUNT_DISCONNECTED.",
    of=AccountId,
)
