"""`munadi audit`: who did what, when and from where."""

from __future__ import annotations

from typing import Any

from munadi.cli.paging import brand_of, listing, time_of
from munadi.cli.session import Session


def audit(session: Session, **given: Any) -> None:
    """Show the audit log, the newest entry first. Needs a key with the scope admin."""
    session.show(session.client.audit.list(**given), _print_page)


_print_page = listing(
    {
        "at": time_of("at"),
        "action": "action",
        "target": "target",
        "brand": brand_of,
        "key": "keyId",
        "address": "address",
        "count": lambda entry: str(entry["count"]),
    },
    empty="no entries",
)
