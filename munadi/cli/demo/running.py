"""Runs the demo: starts everything in a temporary folder, plays the scenarios, stops and cleans up."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

from munadi.cli.demo.everywhere import go_everywhere
from munadi.cli.demo.footage import Footage, make_footage
from munadi.cli.demo.sandbox import SandboxControl
from munadi.cli.demo.stage import ACME, BAZAAR, Interrupted, Stage, Subscriber, expect, pause
from munadi.cli.demo.stories import fails_and_recovers, is_canceled, is_withdrawn
from munadi.cli.demo.timeline import Timeline
from munadi.cli.dev.plan import PlanOptions, make_plan
from munadi.cli.dev.stack import Stack
from munadi.cli.output import Output
from munadi.cli.webhooks.receiver import Receiver
from munadi.client import Client, ClientError
from munadi.process.exits import CommandFailed

GONE_WITHIN = 5.0


def run_demo(out: Output, *, keep: bool) -> None:
    """Run the demo. CommandFailed with the reason when any expectation fails."""
    # The demo is the same everywhere: no setting of this machine reaches it.
    for name in [name for name in os.environ if name.upper().startswith("MUNADI_")]:
        del os.environ[name]
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="munadi-demo-"))
    try:
        webhooks = asyncio.run(_run(out, folder))
    finally:
        if keep:
            out.note(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    seconds = round(time.monotonic() - began, 1)
    if out.as_json:
        out.json({"ok": True, "seconds": seconds, "webhooks": webhooks})
    out.line()
    out.line(("Everything is as expected: ", "green"), f"4 contents, {webhooks} webhooks verified, {seconds} s.")
    out.line("Try it yourself: munadi dev")


async def _run(out: Output, folder: Path) -> int:
    plan = make_plan(PlanOptions(folder, port=0))
    timeline, stop = Timeline(out), threading.Event()
    stack = Stack(plan, lambda message: timeline.says("stack", (message, "red")))
    playing = asyncio.create_task(_play(stack, timeline, stop))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    stopped = asyncio.create_task(asyncio.to_thread(stop.wait))
    pids: list[int] = []
    try:
        await asyncio.wait({playing, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not playing.done() and not stack.api_key:
            playing.cancel()
        return await playing
    except (Interrupted, asyncio.CancelledError):
        raise CommandFailed("stopped before the end") from None
    finally:
        stop.set()
        pids = [child.pid for child in stack.children.values()]
        await stack.stop()
        await asyncio.sleep(0.3)
        _expect_gone(pids)


async def _play(stack: Stack, timeline: Timeline, stop: threading.Event) -> int:
    timeline.says("stack", "starting Temporal, database, sandbox, API and worker, a process each")
    _, footage = await asyncio.gather(stack.start(), asyncio.to_thread(make_footage, stack.plan.data_dir))
    timeline.says("stack", f"ready at {stack.plan.api_url}")
    try:
        return await asyncio.to_thread(_stories, stack, footage, timeline, stop)
    except ClientError as error:
        raise CommandFailed(f"the API refused what it should take: {error}") from error


def _stories(stack: Stack, footage: Footage, timeline: Timeline, stop: threading.Event) -> int:
    """Play the scenarios in order, in a thread, as a program that uses Munadi; returns the number of webhooks."""
    subscriber = Subscriber(timeline)
    with (
        Client(stack.plan.api_url, stack.api_key, pause=partial(pause, stop)) as client,
        SandboxControl(stack.plan.sandbox_url or "") as networks,
        Receiver(subscriber, secret=None) as receiver,
    ):
        accounts = networks.default_accounts()
        others = [networks.new_account(account["channel"], BAZAAR) for account in accounts]
        profiles = {
            ACME: _brand(client, timeline, ACME, "Acme Stores", accounts),
            BAZAAR: _brand(client, timeline, BAZAAR, "Bazaar Road", others),
        }
        receiver.secret = client.webhooks.endpoints.create(receiver.url)["secret"]
        timeline.says("webhooks", f"go to {receiver.url}, signed for this subscriber")
        stage = Stage(client, networks, timeline, subscriber, footage, profiles, stop)
        for scenario in (go_everywhere, fails_and_recovers, is_canceled, is_withdrawn):
            scenario(stage)
    return len(subscriber.events)


def _brand(client: Client, timeline: Timeline, ref: str, name: str, accounts: list[Any]) -> dict[str, str]:
    """A brand with these accounts; the id of its profile on each channel."""
    client.brands.create(ref, name, "Asia/Kolkata")
    connected = [client.accounts.import_(ref, account) for account in accounts]
    for account in connected:
        expect(account["status"] == "connected", f"{account['channel']} is connected", account["status"])
    timeline.says(ref, ("connected ", "green"), f"to {len(connected)} networks")
    return {account["channel"]: account["externalId"] for account in connected}


def _expect_gone(pids: list[int]) -> None:
    """Check by process id that none of our processes is left."""
    deadline = time.monotonic() + GONE_WITHIN
    while (left := [pid for pid in pids if _lives(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    expect(not left, "nothing is left running", f"processes {left}")


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
