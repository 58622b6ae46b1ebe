"""`munadi temporal`: what has to be made or changed at Temporal, with this machine's settings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from typer import Option

from munadi.cli.command import command, group
from munadi.cli.output import Output
from munadi.cli.session import Session
from munadi.process.exits import CommandFailed, Exit

if TYPE_CHECKING:
    from temporalio.client import Client

    from munadi.temporal_settings import TemporalSettings

app = group("temporal", "Make Munadi's namespace at Temporal, and choose the version of the workers.")
PATIENCE = 10.0
T = TypeVar("T")
NO_DEPLOYMENT = "MUNADI_TEMPORAL__DEPLOYMENT is not set: then every worker gets work, and none is to be chosen"


@command(app, "setup", remote=False)
def setup(
    session: Session,
    retention_days: Annotated[
        int, Option("--retention-days", min=1, max=90, help="Days that a new namespace keeps ended workflows.")
    ] = 7,
) -> None:
    """Make the namespace of MUNADI_TEMPORAL__NAMESPACE and the search attributes, as far as they are missing.

    May be repeated. With credentials that may not do it, it prints the commands for an administrator and exits with 4.
    """
    from munadi.process.temporal_setup import NotAllowed, SetUp, Unsuitable, set_up
    from workflows.attributes import SEARCH_ATTRIBUTES

    def work(client: Client) -> Awaitable[SetUp]:
        return set_up(client, SEARCH_ATTRIBUTES, timedelta(days=retention_days))

    settings = _settings()
    try:
        done = _with_client(settings, work)
    except NotAllowed as error:
        raise CommandFailed(str(error), Exit.NOT_PERMITTED, error.advice) from error
    except Unsuitable as error:
        raise CommandFailed(str(error)) from error
    session.show({"namespace": settings.namespace, "created": done.created, "added": [*done.added]}, _show_setup)


def _show_setup(out: Output, done: Mapping[str, Any]) -> None:
    made = [f"the namespace {done['namespace']}"] if done["created"] else []
    if done["added"]:
        made.append(f"the search attributes {', '.join(done['added'])}")
    if made:
        out.line("made ", (" and ".join(made), "green"))
    else:
        out.line(f"the namespace {done['namespace']} has all that Munadi needs")


@command(app, "set-current", remote=False)
def set_current(
    session: Session,
    build_id: Annotated[
        str | None, Option("--build-id", help="The version that gets work (else that of this machine's settings).")
    ] = None,
) -> None:
    """Give all work to the workers of one version of the deployment MUNADI_TEMPORAL__DEPLOYMENT.

    Waits up to half a minute until they ask for work. Posts that were accepted before follow with their next step.
    """
    from temporalio.service import RPCError

    from munadi.process.temporal_deployment import set_current_build

    settings = _settings()
    if (deployment := settings.deployment) is None:
        raise CommandFailed(NO_DEPLOYMENT, Exit.USAGE)
    build = build_id or settings.build
    try:
        before = _with_client(settings, lambda client: set_current_build(client, deployment, build))
    except RPCError as error:
        advice = f"Start workers with MUNADI_TEMPORAL__DEPLOYMENT={deployment} and MUNADI_TEMPORAL__BUILD_ID={build}."
        raise CommandFailed(f"{build} of {deployment} cannot get the work: {error.message}", advice=advice) from error
    session.show({"deployment": deployment, "buildId": build, "before": before}, _show_current)


def _show_current(out: Output, done: Mapping[str, Any]) -> None:
    out.line(f"the work of {done['deployment']} goes to ", (str(done["buildId"]), "green"))
    if done["before"] not in (None, done["buildId"]):
        out.line(f"the version before was {done['before']}; its workers may be stopped once the new ones work well")


def _settings() -> TemporalSettings:
    from munadi.process.settings import check_temporal, read_settings

    settings = read_settings()
    check_temporal(settings)
    return settings.temporal


def _with_client(settings: TemporalSettings, work: Callable[[Client], Awaitable[T]]) -> T:
    from temporalio.service import RPCError, RPCStatusCode

    from munadi.process.temporal import connect
    from munadi.process.temporal_trouble import trouble_of

    async def run() -> T:
        try:
            async with asyncio.timeout(PATIENCE):
                client = await connect(settings)
        except (RuntimeError, TimeoutError) as error:
            trouble = await trouble_of(settings, error)
            raise CommandFailed(trouble.message, Exit.NOT_REACHABLE, trouble.advice) from error
        try:
            return await work(client)
        except RPCError as error:
            if error.status not in (RPCStatusCode.UNAUTHENTICATED, RPCStatusCode.PERMISSION_DENIED):
                raise
            trouble = await trouble_of(settings, error)
            raise CommandFailed(trouble.message, Exit.NOT_PERMITTED, trouble.advice) from error

    return asyncio.run(run())
