"""`munadi sandbox`: the emulated networks as one process. What is done to a running one is in `sandbox_control`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option, Typer

from munadi.cli.command import command
from munadi.cli.session import Session
from munadi.process.exits import CommandFailed

app = Typer(name="sandbox", add_completion=False)


@command(app, "sandbox", remote=False, is_group=True)
def sandbox(
    session: Session,
    host: Annotated[str, Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, Option("--port", min=1, max=65535, help="The port to listen on.")] = 8090,
    data_dir: Annotated[
        Path | None,
        Option(
            "--data-dir",
            metavar="FOLDER",
            help="Folder that keeps the networks' posts; without it they are kept in memory only.",
        ),
    ] = None,
    address: Annotated[
        list[str] | None,
        Option(
            "--address",
            metavar="PUBLIC=LOCAL",
            help="The local address of a public one, such as https://munadi.example=http://127.0.0.1:8080.",
        ),
    ] = None,
    public_host: Annotated[
        list[str] | None,
        Option("--public-host", metavar="NAME", help="A name in the DNS that this sandbox is reached by."),
    ] = None,
    dashboard_url: Annotated[
        str | None, Option("--dashboard-url", metavar="URL", help="Where the page's link to the dashboard leads.")
    ] = None,
) -> None:
    """Run the sandbox: every network emulated, and a page that shows what was posted.

    Its commands change the clock and plant faults in one that runs, for all calls or for those of one test brand.
    """
    from munadi.sandbox import serve

    if data_dir is not None:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    session.out.note(f"sandbox at http://{host}:{port}")
    if session.out.as_json:
        session.out.json({"sandbox": f"http://{host}:{port}"})
    pairs = _pairs(address or [])
    serve(host, port, data_dir=data_dir, addresses=pairs, dashboard_url=dashboard_url, hosts=public_host or ())


def _pairs(given: list[str]) -> dict[str, str]:
    pairs = [one.partition("=")[::2] for one in given]
    if wrong := [one for one, (public, local) in zip(given, pairs, strict=True) if not public or not local]:
        raise CommandFailed(f"--address is PUBLIC=LOCAL, not {wrong[0]!r}")
    return dict(pairs)
