"""`munadi slots`: the weekly times of brands and accounts, and the queues of posts that take them."""

from __future__ import annotations

from typing import Annotated, Any

from typer import Argument

from munadi.cli.command import command, group
from munadi.cli.output import Cell, Output
from munadi.cli.paging import listing
from munadi.cli.post_output import clock_time
from munadi.cli.session import Session
from munadi.process.exits import CommandFailed, Exit

app = group("slots", "Set weekly times, see which are free, and reorder, pause and resume queues.")
Brand = Annotated[str, Argument(metavar="BRAND", help="The brand's short name, such as acme.")]
Times = Annotated[
    list[str] | None,
    Argument(metavar="[TIME]...", help="Such as monday@09:00, or monday@09:00@acc_… for an account's own time."),
]


def _state(one: Any) -> Cell:
    return one["contentId"] or ("free", "green")


_print_times = listing({"at": lambda one: str(clock_time(one["at"])), "post": _state}, empty="no weekly times")
_print_slots = listing(
    {
        "weekday": "weekday",
        "time": "time",
        "queue": lambda one: one["accountId"] or "the brand's",
        "id": "id",
    },
    empty="no weekly times",
)


def _print(out: Output, found: Any) -> None:
    _print_slots(out, {"data": found["slots"], "nextCursor": None})
    out.note(f"times of {found['timezone']}, the brand's zone")
    for queue in found["queues"]:
        if queue["pausedSince"]:
            whose = queue["accountId"] or "the brand"
            out.note((f"the queue of {whose} is paused since {clock_time(queue['pausedSince'])}", "yellow"))


@command(app, "get")
def get(session: Session, brand: Brand) -> None:
    """Show a brand's weekly times."""
    session.show(session.client.brands.slots.get(brand), _print)


@command(app, "set")
def set_(session: Session, brand: Brand, times: Times = None) -> None:
    """Replace all weekly times of a brand and its accounts; give none to have none. Posts keep what they have taken."""
    session.show(session.client.brands.slots.replace(brand, [_slot(each) for each in times or ()]), _print)


@command(app, "times", takes="brands.slots.times")
def times(session: Session, brand: Brand, **given: Any) -> None:
    """List the times to come, taken and free, for a week by default."""
    session.show(session.client.brands.slots.times(brand, **given), _print_times)


@command(app, "reorder", takes="brands.slots.reorder")
def reorder(session: Session, brand: Brand, **given: Any) -> None:
    """Give posts of a queue another order: repeat --content-id, or give --shuffle."""
    session.show(session.client.brands.slots.reorder(brand, **given), _print_times)


@command(app, "pause", takes="brands.slots.pause")
def pause(session: Session, brand: Brand, **given: Any) -> None:
    """Keep the posts of a queue back at their times."""
    session.show(session.client.brands.slots.pause(brand, **given), _print)


@command(app, "resume", takes="brands.slots.resume")
def resume(session: Session, brand: Brand, **given: Any) -> None:
    """Publish the posts of a queue at their times again. What was kept back takes the next free ones."""
    session.show(session.client.brands.slots.resume(brand, **given), _print)


def _slot(text: str) -> dict[str, str]:
    """A weekly time as the API takes it. Raises CommandFailed (USAGE)."""
    weekday, _, rest = text.partition("@")
    time, _, account_id = rest.partition("@")
    if not weekday or not time:
        raise CommandFailed(f"{text!r} is no weekly time; write it as monday@09:00", Exit.USAGE)
    return {"weekday": weekday.lower(), "time": time} | ({"accountId": account_id} if account_id else {})
