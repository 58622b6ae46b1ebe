"""`munadi sandbox clock, fault, faults and reset`: what is done to a running sandbox, for one test brand or for all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from typer import Argument, Option

from munadi.cli.command import command
from munadi.cli.output import Output
from munadi.cli.sandbox import app
from munadi.cli.session import Session
from munadi.process.exits import CommandFailed, Exit, exit_of_status

PATIENCE = 10.0
DAY = 86_400

_ADDRESS = "MUNADI_SANDBOX_URL"
At = Annotated[str, Option("--at", metavar="URL", envvar=_ADDRESS, help=f"The sandbox's address (else {_ADDRESS}).")]
Brand = Annotated[
    str | None, Option("--brand", metavar="REF", help="Only the calls of this test brand; without it, all calls.")
]


@command(app, "clock", remote=False)
def clock(
    session: Session,
    at: At,
    brand: Brand = None,
    days: Annotated[
        float | None, Option("--advance-days", min=0, max=36_500, help="Move it forward by so many days.")
    ] = None,
) -> None:
    """Show the networks' clock, or move it forward: tokens, containers and limits follow it, Munadi does not."""
    if days is None:
        found = _call(at, "GET", "/clock", brand)
    else:
        found = _call(at, "POST", "/clock", json={"advanceSeconds": days * DAY, "brand": brand})
    session.show(found, _show_clock)


@command(app, "fault", remote=False)
def fault(
    session: Session,
    channel: Annotated[str, Argument(metavar="NETWORK", help="The network.")],
    at: At,
    brand: Brand = None,
    operation: Annotated[
        str, Option("--operation", help="One of the network's operations; `*` is any, `visible` any that publishes.")
    ] = "visible",
    mode: Annotated[
        str, Option("--mode", help="What happens, such as error, accept_then_reset, hang or delay.")
    ] = "error",
    status: Annotated[int | None, Option("--status", min=200, max=599, help="The status of the error.")] = None,
    times: Annotated[int, Option("--times", min=0, help="How many calls it acts on; 0: until it is removed.")] = 1,
    delay: Annotated[float, Option("--delay-seconds", min=0, help="How long the mode delay takes.")] = 0.0,
) -> None:
    """Let a network's next call fail, or the next one of a test brand."""
    body = {"channel": channel, "operation": operation, "mode": mode, "times": times or None, "brand": brand}
    more = {"delaySeconds": delay, **({} if status is None else {"status": status})}
    session.show(_call(at, "POST", "/faults", json=body | more), lambda out, planted: _show_faults(out, [planted]))


@command(app, "faults", remote=False)
def faults(
    session: Session,
    at: At,
    brand: Brand = None,
    remove: Annotated[bool, Option("--remove", help="Remove them.")] = False,
) -> None:
    """List the planted faults, or remove them."""
    found = _call(at, "GET", "/faults", brand)
    if remove:
        _call(at, "DELETE", "/faults", brand)
        session.show({"removed": found}, lambda out, _: out.line(f"removed {len(found)}"))
    else:
        session.show({"data": found}, lambda out, _: _show_faults(out, found))


@command(app, "reset", remote=False)
def reset(session: Session, at: At, brand: Brand = None) -> None:
    """Forget everything that was posted, planted and set; of a test brand its faults and its clock alone."""
    found = _call(at, "POST", "/reset", brand)
    session.show(found, lambda out, _: out.line("reset ", (brand or "the sandbox", "green")))


def _call(at: str, method: str, path: str, brand: str | None = None, json: Any = None) -> Any:
    """The sandbox's answer. Raises CommandFailed."""
    import httpx

    try:
        params = {} if brand is None else {"brand": brand}
        answer = httpx.request(
            method, f"{at.rstrip('/')}/control{path}", params=params, json=json, timeout=PATIENCE, trust_env=False
        )
    except (httpx.TransportError, httpx.InvalidURL) as error:
        advice = "`munadi sandbox` starts one, and `munadi dev` prints the address of its own; say it by --at."
        raise CommandFailed(f"there is no sandbox at {at}: {error}", Exit.NOT_REACHABLE, advice) from error
    if answer.is_success:
        return answer.json() if answer.content else None
    try:
        detail = str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        raise CommandFailed(f"{at} is no sandbox: it answered {answer.status_code}", Exit.REFUSED) from None
    raise CommandFailed(detail, exit_of_status(answer.status_code))


def _show_clock(out: Output, found: Mapping[str, Any]) -> None:
    out.facts([("now", found["now"]), ("ahead", f"{found['shiftSeconds'] / DAY:g} days")])


def _show_faults(out: Output, found: list[dict[str, Any]]) -> None:
    heads = ("id", "network", "operation", "mode", "brand", "left")
    rows = [
        (each["id"], each["channel"], each["operation"], each["mode"], each["brand"] or "all", _left(each))
        for each in found
    ]
    out.table(heads, rows)


def _left(planted: Mapping[str, Any]) -> str:
    return "until removed" if planted["times"] is None else str(planted["times"] - planted["hits"])
