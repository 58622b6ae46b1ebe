"""One attack from start to end: a stack of its own, the healthy brand alone, then beside the attack."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.harness.brand import Brand
from tests.harness.inbox import Inbox
from tools.attacks.attack import Attack, Figure, Scene, new_tenant
from tools.attacks.healthy import Calls, Felt, Healthy
from tools.attacks.names import Names
from tools.attacks.target import Target
from tools.attacks.watch import Health, Memory, Work

# The healthy brand's figures beside an attack: this multiple of what they are alone, and some seconds for noise.
TIMES, NOISE, NOISE_P95 = 1.2, 0.05, 0.1
REF = "healthy"


def measure(checkout: Path, attack: Attack) -> dict[str, Any]:
    """The figures of one attack, ready for JSON."""
    began = time.monotonic()
    try:
        found = _in_stack(checkout, attack)
    except Exception as error:
        found = {"error": f"{type(error).__name__}: {error}"[:2000], "failures": ["it could not be measured"]}
    found |= {"row": attack.row, "name": attack.name, "what": attack.what, "required": attack.required}
    return found | {"took_s": round(time.monotonic() - began)}


def _in_stack(checkout: Path, attack: Attack) -> dict[str, Any]:
    with ExitStack() as ends:
        names = ends.enter_context(Names()) if attack.names else None
        target = Target(checkout, attack.env, names)
        ends.callback(target.remove)
        target.start()
        found = asyncio.run(_measure(Scene(target, names=names), attack))
        stopping = time.monotonic()
        found["stopped_in_order"] = target.end()
        found["stopped_after_s"] = round(time.monotonic() - stopping, 1)
    return found


async def _measure(scene: Scene, attack: Attack) -> dict[str, Any]:
    target = scene.target
    await target.prepare()
    await scene.create()
    await attack.prepare(scene)
    if attack.seed is not None:
        await asyncio.to_thread(target.seed, attack.seed)
        await target.prepare()
    async with _neighbour(scene, attack) as healthy:
        await healthy.publish(3)  # what happens once only has happened
        alone = await _beside(scene, healthy, attack.without, 20, attack.longest)
        memory, health = Memory(target).start(), Health(target).start()
        try:
            beside = await _beside(scene, healthy, attack.run, attack.seconds, attack.longest)
        finally:
            await health.stop()
            memory.stop()
    await attack.after(scene)
    figures = [*scene.figures, *_of_processes(attack, memory, health), *_of_brand(attack, alone.felt, beside.felt)]
    failures = [f"{one.name}: {one.value} {one.unit}, at most {one.at_most}" for one in figures if not one.met]
    return {
        "figures": [asdict(one) | {"met": one.met} for one in figures],
        "alone": alone.as_json(),
        "beside": beside.as_json(),
        "failures": failures + ([beside.error] if beside.error else []),
    }


@asynccontextmanager
async def _neighbour(scene: Scene, attack: Attack) -> AsyncIterator[Healthy]:
    """The healthy brand with a key of its own. Where names are resolved by us, it is reached by names, too."""
    target, names = scene.target, scene.names
    key = await new_tenant(target, REF)
    named = names.name_of if names else None
    async with target.client(key, timeout=60) as api, target.client() as admin, target.sandbox() as sandbox:
        brand, channel = Brand(api, sandbox, REF), "mastodon" if names else "bluesky"
        await brand.connect(channel, named=named)
        endpoint = {} if attack.hears_all else {"brandRef": REF}
        async with Inbox().listening(admin, named, **endpoint) as inbox:
            scene.shared["inbox"] = inbox
            yield Healthy(brand, inbox, channel, attack.uploads)


@dataclass(frozen=True)
class Phase:
    """What the healthy brand noticed, the shares of a core that the stack used, and why the attack ended early."""

    felt: Felt
    cores: dict[str, float]
    error: str

    def as_json(self) -> dict[str, Any]:
        return self.felt.as_json() | {"cores": self.cores}


async def _beside(scene: Scene, healthy: Healthy, attack: Any, seconds: float, longest: float) -> Phase:
    """What the healthy brand notices while `attack` runs in a thread and a loop of its own."""
    done, failed = asyncio.Event(), ""

    async def bounded() -> None:
        async with asyncio.timeout(longest):
            await attack(scene)

    async def run() -> None:
        nonlocal failed
        try:
            await asyncio.to_thread(asyncio.run, bounded())
        except Exception as error:
            failed = f"the attack ended with {type(error).__name__}: {error}"[:500]
        finally:
            done.set()

    work = Work(scene.target)
    running = asyncio.create_task(run())
    felt = await healthy.publish(seconds, done)
    await running
    return Phase(felt, work.cores(), failed)


def _figure(name: str, value: float, unit: str, at_most: float | None) -> Figure:
    return Figure(name, round(value, 3), unit, None if at_most is None else round(at_most, 3))


def _of_processes(attack: Attack, memory: Memory, health: Health) -> list[Figure]:
    """What every attack is judged by: the stack's own figures."""
    return [
        *(_figure(f"{name} grew by", memory.grown(name), "MB", attack.grows_mb) for name in ("api", "worker")),
        _figure("processes killed or ended", sum(memory.deaths.values()), "", 0),
        _figure("processes over 1 GB", len(memory.over_limit), "", 0),
        _figure("/healthz silent for", health.silence, "s", attack.silence),
    ]


def _of_brand(attack: Attack, alone: Felt, beside: Felt) -> list[Figure]:
    """What every attack is judged by: the healthy brand's figures."""
    late, accepts = beside.late, beside.accepts
    return [
        _figure("healthy posts missing", late.missing, "", 0),
        _figure("healthy p50 late", late.p50, "s", TIMES * alone.late.p50 + NOISE),
        _figure("healthy p95 late", late.p95, "s", TIMES * alone.late.p95 + NOISE_P95),
        _figure("healthy accepts p50", accepts.p50, "s", TIMES * alone.accepts.p50 + NOISE),
        _figure("healthy slowest accept", accepts.longest, "s", max(attack.accept, TIMES * alone.accepts.longest)),
        *_of_calls("webhooks", alone.webhooks, beside.webhooks),
        *(_of_calls("uploads", alone.uploads, beside.uploads) if attack.uploads else []),
    ]


def _of_calls(name: str, alone: Calls, beside: Calls) -> list[Figure]:
    return [
        _figure(f"healthy {name} missing or refused", beside.failed, "", 0),
        _figure(f"healthy {name} p95", beside.p95, "s", TIMES * alone.p95 + NOISE_P95),
    ]
