"""Rows `burst`, `steady` and `noisy`: how late posts are, by the network's own receipt."""

from __future__ import annotations

from tools.bench.histories import frontend_requests, spent
from tools.bench.load import p50, quantile
from tools.bench.posts import (
    POST_WORKFLOW,
    closed,
    create,
    create_due_together,
    due_in,
    lead,
    prepare,
    published,
    told_apart,
)
from tools.bench.system import Bench

Figures = dict[str, float]
BURSTS = (50, 300, 1000)
# The burst whose histories and requests to Temporal are counted.
COUNTED = 300
WITHIN = 240.0


async def burst(bench: Bench) -> Figures:
    """50, 300 and 1 000 posts of one channel due at the same moment. The second one's histories are read."""
    found: Figures = {}
    async with bench.system() as system:
        brand = await system.brand("burst", "bluesky")
        await prepare(system, brand, ["bluesky"])
        for size in BURSTS:
            count = bench.count(size)
            requests = await frontend_requests(system)
            made = await create_due_together(system, "burst", f"burst {size}", count, ["bluesky"])
            await closed(system.temporal, POST_WORKFLOW, made.workflows, WITHIN)
            after = await frontend_requests(system)
            by_text = await published(system, brand, made)
            late, found[f"n{size}.told"] = list(by_text.values()), await told_apart(brand, by_text)
            found |= {f"n{size}.p50": p50(late), f"n{size}.last": max(late), f"n{size}.minute": 60 * count / max(late)}
            if size == COUNTED:
                events = (await spent(system.temporal, made.workflows)).events
                found["timeouts"] = events["WORKFLOW_TASK_TIMED_OUT"]
                found["signals"] = events["WORKFLOW_EXECUTION_SIGNALED"]
                sent = {name: (number - requests.get(name, 0)) / count for name, number in after.items()}
                found |= {f"requests.{name}": number for name, number in sent.items() if number >= 0.05}
    return found


async def steady(bench: Bench) -> Figures:
    """Five posts a second for half a minute."""
    count = bench.count(150, least=10)
    async with bench.system() as system:
        brand = await system.brand("steady", "bluesky")
        await prepare(system, brand, ["bluesky"])
        begin = due_in(lead(system, count))
        dues = {f"steady {number}": round(begin + number / 5, 3) for number in range(count)}
        made = await create(system, "steady", dues, ["bluesky"])
        await closed(system.temporal, POST_WORKFLOW, made.workflows, WITHIN)
        by_text = await published(system, brand, made)
        late, told = [1000 * seconds for seconds in by_text.values()], await told_apart(brand, by_text)
    return {"p50": p50(late), "p99": quantile(late, 0.99), "last": max(late), "told": told}


async def noisy(bench: Bench) -> Figures:
    """Ten posts of one brand beside 150 of another, which are created first; the worse p95 of two rounds."""
    quiet, loud = [], []
    many = bench.count(150)
    async with bench.system() as system:
        brands = [await system.brand(ref, "bluesky") for ref in ("noisy", "quiet")]
        await prepare(system, brands[0], ["bluesky"])
        for number in range(bench.rounds):
            due = due_in(lead(system, many + 10))
            first = await create(system, "noisy", {f"noisy {number} {n}": due for n in range(many)}, ["bluesky"])
            left = due - due_in(0)
            then = await create_due_together(system, "quiet", f"quiet {number}", 10, ["bluesky"], left)
            await closed(system.temporal, POST_WORKFLOW, [*first.workflows, *then.workflows], WITHIN)
            loud.append(quantile(list((await published(system, brands[0], first)).values()), 0.95))
            quiet.append(quantile(list((await published(system, brands[1], then)).values()), 0.95))
    return {"quiet.p95": max(quiet), "noisy.p95": max(loud)}
