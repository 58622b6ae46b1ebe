"""`munadi keys`: API keys and their scopes."""

from __future__ import annotations

from typing import Annotated, Any, cast

from typer import Argument, Option

from munadi.cli.command import command, group, plain
from munadi.cli.options import require_change
from munadi.cli.output import Cell, Output
from munadi.cli.paging import listing
from munadi.cli.post_output import clock_time
from munadi.cli.session import Session

app = group("keys", "Create, list, change, rotate and revoke API keys; rotate the keys of the server itself.")
_BRANDS = "A brand that it works for, or the beginning of refs and a star, such as acme-*. Repeat it for more."
Brands = Annotated[list[str] | None, Option("--brand-ref", metavar="BRAND", help=_BRANDS)]
MoreBrands = Annotated[list[str] | None, Option("--brand-refs", hidden=True, help="The same as --brand-ref.")]
KeyId = Annotated[str, Argument(metavar="KEY_ID", help="key_…")]


def _print_one(out: Output, key: Any) -> None:
    facts: list[tuple[str, Cell]] = [(name, key[name]) for name in ("id", "name")]
    out.facts(
        [
            *facts,
            ("brands", _brands(key)),
            ("scopes", " ".join(key["scopes"])),
            *([("caps", _caps(key))] if key.get("caps") else []),
            ("state", _state(key)),
            *([("last used", _last_used(key))] if "lastUsedAt" in key else []),
        ]
    )


def _print_made(out: Output, key: Any) -> None:
    out.line((key["key"], "bold"))
    out.note((f"{key['id']}: copy it now, it is not shown again", "dim"))


def _print_rotated(out: Output, key: Any) -> None:
    _print_made(out, key)
    ends = key["previousExpiresAt"]
    out.note((f"the one before works until {clock_time(ends)}" if ends else "the one before has ended", "dim"))


def _brands(key: Any) -> str:
    """A server of before `brandRefs` has the one brand alone."""
    brands = key.get("brandRefs") or ([key["brandRef"]] if key["brandRef"] else None)
    return " ".join(brands) if brands else "all"


def _last_used(key: Any) -> str:
    return str(clock_time(key["lastUsedAt"])) if key.get("lastUsedAt") else "never"


def _caps(key: Any) -> str:
    shown = {name: " ".join(value) if isinstance(value, list) else value for name, value in key["caps"].items()}
    return ", ".join(f"{name} {value}" for name, value in shown.items() if value is not None)


def _state(key: Any) -> Cell:
    if key["revokedAt"]:
        return ("revoked", "red")
    return f"until {clock_time(key['expiresAt'])}" if key["expiresAt"] else ("valid", "green")


_print_page = listing(
    {
        "id": "id",
        "name": "name",
        "ends in": "hint",
        "brands": _brands,
        "state": _state,
        "last used": _last_used,
        "scopes": lambda key: " ".join(key["scopes"]),
    },
    empty="no keys",
)


@command(app, "create", takes="keys.create")
def create(session: Session, brand_ref: Brands = None, brand_refs: MoreBrands = None, **given: Any) -> None:
    """Make a key. It is printed once and not stored."""
    brands = [*(brand_ref or ()), *(brand_refs or ())]
    is_one = len(brands) == 1 and not brands[0].endswith("*")
    if brands:
        given |= {"brand_ref": brands[0]} if is_one else {"brand_refs": brands}
    session.show(session.client.keys.create(**given), _print_made)


plain(app, "list", "keys.list", _print_page, "List keys, without the secret parts.")
plain(
    app,
    "me",
    "keys.me",
    _print_one,
    "Show the key that this command uses: its scopes, its brands, its caps and its end.",
)


@command(app, "update", takes="keys.update")
def update(session: Session, key_id: KeyId, **changes: Any) -> None:
    """Change a key's name, its brands or its caps."""
    require_change(changes, "keys.update")
    session.show(session.client.keys.update(key_id, cast(Any, changes)), _print_one)


plain(
    app,
    "rotate",
    "keys.rotate",
    _print_rotated,
    "Give a key another text, which is printed once. The one before works until the overlap ends.",
    of=KeyId,
)
plain(
    app,
    "revoke",
    "keys.revoke",
    "revoked",
    "Revoke a key: it stops working at once. Keys that it made continue to work, unless you say --children revoke.",
    of=KeyId,
)
