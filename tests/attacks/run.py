"""One attack from start to end: a stack of its own, the healthy brand alone, then beside the attack."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.attacks.attack import Attack, Figure, Scene
from tests.attacks.healthy import Healthy, Lateness
from tests.attacks.target import Target
from tests.attacks.watch import Health, Memory
from tests.harness.brand import Brand
from tests.harness.inbox import Inbox
from tests.harness.times import p95

# The healthy brand's lateness beside an attack: a multiple of what it is alone, and some seconds for noise.
TIMES, NOISE_P50, NOISE_P95 = 1.5, 0.15, 0.4
# No attack lasts longer than this, in seconds.
LONGEST = 200.0


def measure(checkout: Path, attack: Attack) -> dict[str, Any]:
    """The figures of one attack, ready for JSON."""
    target = Target(checkout)
    began = time.monotonic()
    try:
        target.start()
        found = asyncio.run(_measure(target, attack))
        stopping = time.monotonic()
        clean = target.end()
        found["stopped_in_order"] = clean
        found["stopped_after_s"] = round(time.monotonic() - stopping, 1)
    except Exception as error:
        found = {"error": f"{type(error).__name__}: {error}"[:2000], "failures": ["it could not be measured"]}
    finally:
        target.remove()
    found |= {"row": attack.row, "name": attack.name, "what": attack.what, "required": attack.required}
    return found | {"took_s": round(time.monotonic() - began)}


async def _measure(target: Target, attack: Attack) -> dict[str, Any]:
    scene = Scene(target)
    await target.prepare()
    await scene.create()
    await attack.prepare(scene)
    if attack.seed is not None:
        await asyncio.to_thread(target.seed, attack.seed)
        await target.prepare()
    async with target.client(timeout=60) as api, target.sandbox() as sandbox:
        healthy = Healthy(await Brand.create(api, sandbox, "healthy", "bluesky"))
        async with Inbox().listening(api) as inbox:
            scene.shared["inbox"] = inbox
            await healthy.publish(3)  # what happens once only has happened
            alone, _ = await _beside(scene, healthy, attack.without, 20)
            memory, health = Memory(target).start(), Health(target).start()
            began = time.time()
            try:
                beside, failed = await _beside(scene, healthy, attack.run, attack.seconds)
            finally:
                await health.stop()
                memory.stop()
            delays = inbox.delays_since(began)
    scene.add("healthy brand's slowest create", healthy.slowest_accept, "s")
    scene.add("healthy receiver's p95", p95(delays), "s")
    figures = [*scene.figures, *_limits(attack, memory, health, alone, beside)]
    failures = [f"{one.name}: {one.value} {one.unit}, at most {one.at_most}" for one in figures if not one.met]
    return {
        "figures": [asdict(one) | {"met": one.met} for one in figures],
        "alone": asdict(alone),
        "beside": asdict(beside),
        "failures": failures + ([failed] if failed else []),
    }


async def _beside(scene: Scene, healthy: Healthy, attack: Any, seconds: float) -> tuple[Lateness, str]:
    """The healthy brand's lateness while `attack` runs in a thread and a loop of its own; what went wrong there."""
    done, failed = asyncio.Event(), ""

    async def bounded() -> None:
        async with asyncio.timeout(LONGEST):
            await attack(scene)

    async def run() -> None:
        nonlocal failed
        try:
            await asyncio.to_thread(asyncio.run, bounded())
        except Exception as error:
            failed = f"the attack ended with {type(error).__name__}: {error}"[:500]
        finally:
            done.set()

    running = asyncio.create_task(run())
    late = await healthy.publish(seconds, done)
    await running
    return late, failed


def _limits(attack: Attack, memory: Memory, health: Health, alone: Lateness, beside: Lateness) -> list[Figure]:
    """What every attack is judged by."""

    def figure(name: str, value: float, unit: str, at_most: float) -> Figure:
        return Figure(name, round(value, 3), unit, round(at_most, 3))

    return [
        *(figure(f"{name} grew by", memory.grown(name), "MB", attack.grows_mb) for name in ("api", "worker")),
        figure("processes killed or ended", sum(memory.deaths.values()), "", 0),
        figure("processes over 1 GB", len(memory.over_limit), "", 0),
        figure("/healthz silent for", health.silence, "s", attack.silence),
        figure("healthy posts missing", beside.missing, "", 0),
        figure("healthy p50 late", beside.p50, "s", TIMES * alone.p50 + NOISE_P50),
        figure("healthy p95 late", beside.p95, "s", TIMES * alone.p95 + NOISE_P95),
    ]
