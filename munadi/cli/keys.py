"""`munadi keys`: API keys and their scopes."""

from __future__ import annotations

from typing import Annotated, Any

from typer import Argument

from munadi.cli.command import group, plain
from munadi.cli.output import Cell, Output
from munadi.cli.paging import brand_of, listing
from munadi.cli.post_output import clock_time

app = group("keys", "Create, list and revoke API keys; rotate the keys of the server itself.")
KeyId = Annotated[str, Argument(metavar="KEY_ID", help="key_…")]


def _print_one(out: Output, key: Any) -> None:
    facts: list[tuple[str, Cell]] = [(name, key[name]) for name in ("id", "name")]
    out.facts(
        [*facts, ("brand", key["brandRef"] or "all"), ("scopes", " ".join(key["scopes"])), ("state", _state(key))]
    )


def _print_made(out: Output, key: Any) -> None:
    out.line((key["key"], "bold"))
    out.note((f"{key['id']}: copy it now, it is not shown again", "dim"))


def _state(key: Any) -> Cell:
    if key["revokedAt"]:
        return ("revoked", "red")
    return f"until {clock_time(key['expiresAt'])}" if key["expiresAt"] else ("valid", "green")


_print_page = listing(
    {
        "id": "id",
        "name": "name",
        "ends in": "hint",
        "brand": brand_of,
        "state": _state,
        "scopes": lambda key: " ".join(key["scopes"]),
    },
    empty="no keys",
)

plain(app, "create", "keys.create", _print_made, "Make a key. It is printed once and not stored.")
plain(app, "list", "keys.list", _print_page, "List keys, without the secret parts.")
plain(app, "me", "keys.me", _print_one, "Show the key that this command uses: its scopes, its brand and its end.")
plain(
    app,
    "revoke",
    "keys.revoke",
    "revoked",
    "Revoke a key: it stops working at once. Keys that it made continue to work.",
    of=KeyId,
)
