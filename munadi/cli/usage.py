"""`munadi usage`: a brand's usage in a month, against its limits."""

from __future__ import annotations

from typing import Any

from munadi.cli.output import Cell, Output
from munadi.cli.paging import say_more
from munadi.cli.session import Session
from munadi.domain.usage import LIMITS
from munadi.domain.usage import Limit as OfBrand

# A list of brands has room for these.
LISTED = (
    LIMITS[OfBrand.ACCOUNTS],
    LIMITS[OfBrand.PUBLICATIONS_PER_MONTH],
    LIMITS[OfBrand.API_CALLS_PER_MONTH],
    LIMITS[OfBrand.WEBHOOK_DELIVERIES_PER_MONTH],
)


def usage(session: Session, **given: Any) -> None:
    """Show a brand's usage in a month against its limits; of every brand if the key is for all."""
    session.show(session.client.usage.get(**given), _print)


def _print(out: Output, answer: Any) -> None:
    if "data" not in answer:
        _print_brand(out, answer)
        return
    heads = ["brand", *(facts.line for facts in LISTED), "planned"]
    rows = [
        [
            each["brandRef"],
            *(_of(each[facts.usage]) for facts in LISTED),
            f"{each['publications']['planned']:,}",
        ]
        for each in answer["data"]
    ]
    out.table(heads, rows, empty="no brands; make one: munadi brands create REF")
    say_more(out, answer)


def _print_brand(out: Output, usage: Any) -> None:
    out.line((usage["brandRef"], "bold"), f" in {usage['month']} (UTC)")
    rows = [
        [facts.line, _number(found["used"]), _number(found.get("planned")), _number(found["limit"]), _left(found)]
        for facts in LIMITS.values()
        if (found := usage.get(facts.usage)) is not None
    ]
    out.table(["", "used", "planned", "limit", "left"], rows)
    if deferred := usage["webhookDeliveries"]["deferred"]:
        out.line((f"{deferred:,} webhook deliveries wait until {usage['endsAt']} or a higher limit", "yellow"))


def _of(found: Any) -> Cell:
    """Used of limit, coloured by how much is left."""
    if found["limit"] is None:
        return f"{found['used']:,}"
    return (f"{found['used']:,} of {found['limit']:,}", "" if found["remaining"] else "red")


def _left(found: Any) -> Cell | None:
    return None if found["remaining"] is None else (f"{found['remaining']:,}", "" if found["remaining"] else "red")


def _number(value: int | None) -> str | None:
    return None if value is None else f"{value:,}"
