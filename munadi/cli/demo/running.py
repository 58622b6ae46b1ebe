"""A run of the demo: a folder of its own, everything started in it, the stories, and nothing left behind."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
import threading
import time
from pathlib import Path

from munadi.cli.demo import stories
from munadi.cli.demo.sandbox import SandboxControl
from munadi.cli.demo.stage import BRAND, Interrupted, Stage, Subscriber, expect
from munadi.cli.demo.timeline import Timeline
from munadi.cli.dev.plan import Wishes, make_plan
from munadi.cli.dev.stack import Stack
from munadi.cli.exits import CommandFailed
from munadi.cli.output import Output
from munadi.cli.webhooks.receiver import Receiver
from munadi.client import Client, ClientError

GONE_WITHIN = 5.0


def run_demo(out: Output, *, keep: bool) -> None:
    """Play it. CommandFailed with the reason when anything was not as it should be."""
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
    out.line(("All as it should be: ", "green"), f"3 contents, {webhooks} webhooks verified, {seconds} s.")
    out.line("Try it yourself: munadi dev")


async def _run(out: Output, folder: Path) -> int:
    plan = make_plan(Wishes(folder, port=0))
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
    timeline.says("stack", "starting Temporal, database, sandbox, API and worker, each a process of its own")
    await stack.start()
    timeline.says("stack", f"ready at {stack.plan.api_url}")
    try:
        return await asyncio.to_thread(_stories, stack, timeline, stop)
    except ClientError as error:
        raise CommandFailed(f"the API refused what it should take: {error}") from error


def _stories(stack: Stack, timeline: Timeline, stop: threading.Event) -> int:
    """The stories one after the other, in a thread: a program that uses Munadi. The number of webhooks."""
    subscriber = Subscriber(timeline)
    picture = _picture(stack.plan.data_dir)
    with (
        Client(stack.plan.api_url, stack.api_key) as client,
        SandboxControl(stack.plan.sandbox_url or "") as networks,
        Receiver(subscriber, secret=None) as receiver,
    ):
        client.brands.create(BRAND, "Acme Stores", "Asia/Kolkata")
        for profile in networks.importable_profiles():
            account = client.accounts.create(BRAND, profile)
            timeline.says("account", f"{account['channel']} {account['handle']}, {account['status']}")
        endpoint = client.webhooks.create(receiver.url, brand_ref=BRAND)
        receiver.secret = endpoint["secret"]
        timeline.says("webhooks", f"go to {receiver.url}, signed for this subscriber")
        stage = Stage(client, networks, timeline, subscriber, picture, stop)
        for story in (stories.goes_out, stories.fails_and_recovers, stories.is_withdrawn):
            story(stage)
    return len(subscriber.events)


def _picture(folder: Path) -> Path:
    """An orange umbrella, more or less."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (1080, 1080), (38, 70, 83))
    draw = ImageDraw.Draw(image)
    draw.pieslice((140, 220, 940, 1020), 180, 360, fill=(244, 162, 97))
    draw.line((540, 620, 540, 900), fill=(231, 111, 81), width=24)
    file = folder / "umbrella.jpg"
    image.save(file, quality=85)
    return file


def _expect_gone(pids: list[int]) -> None:
    """No process of ours is left, asked by its id."""
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
