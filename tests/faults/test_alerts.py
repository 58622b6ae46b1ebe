"""The worker is killed the moment a service has an alert, before that is recorded: the alert comes again, and no post
is lost or doubled."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.evidence import prove
from tests.harness.networks import posts_by_text
from tests.harness.web import Call, serving
from tests.harness.world import World, open_plain

KILLS, POSTS = 3, 5
# A round of alerts is made every ten seconds, and a killed worker needs some to be replaced.
WITHIN = 60.0


async def proposed(world: World, number: int) -> str:
    """A post that waits for an approval, which the alert is about; its id."""
    key = await world.api.post(
        "/v1/keys", json={"name": "p", "scopes": ["contents:propose"], "brandRef": world.brand.ref}
    )
    headers = {"Authorization": f"Bearer {key.json()['key']}"}
    body = {"brandRef": world.brand.ref, "text": f"proposal {number}", "channels": ["bluesky"]}
    answer = await world.api.post("/v1/contents", json=body, headers=headers)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


@pytest.mark.faults
@pytest.mark.timeout(300)
async def test_an_alert_outlives_the_worker_that_sent_it(tmp_path: Path) -> None:
    heard, killed = list[str](), list[int]()

    async with open_plain(tmp_path) as world:

        async def hear(call: Call) -> None:
            heard.append(call.body.decode())
            if len(killed) < number + 1:
                killed.append(world.stack.kill("worker"))
            await call.answer(b"{}")

        async with serving(hear) as address:
            alert = {"url": address.replace("http", "json", 1), "brandRef": world.brand.ref, "types": ["approval"]}
            made = await world.api.post("/v1/alerts", json=alert)
            assert made.status_code == 201, made.text
            failures = list[str]()
            for number in range(KILLS):
                content_id = await proposed(world, number)
                due = [
                    await world.brand.submit(f"round {number}, post {each}", seconds=2 + 4.0 * each)
                    for each in range(POSTS)
                ]
                began = time.monotonic()
                while sum(content_id in body for body in heard) < 2 and time.monotonic() - began < WITHIN:  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
                times = sum(content_id in body for body in heard)
                if len(killed) != number + 1 or times < 2:
                    failures.append(f"{content_id}: {len(killed)} kills, said {times} times")
                for post in due:
                    await world.brand.published(post["id"])
        shown = (await world.api.get(f"/v1/alerts/{made.json()['id']}")).json()
        posts = await posts_by_text(world.sandbox)
    texts = {f"round {number}, post {each}" for number in range(KILLS) for each in range(POSTS)}
    counts = Counter({text: len(found) for text, found in posts.items()})
    failures += [f"{text}: {counts[text]} times" for text in sorted(texts) if counts[text] != 1]
    failures += [f"published without approval: {text}" for text in counts if text.startswith("proposal")]
    if shown["lastSentAt"] is None or shown["failingSince"] is not None:
        failures.append(f"not recorded in the end: {shown}")
    measured = {"messages": len(heard), "kills": len(killed)}
    proof = "worker killed when a service has an alert, before that is recorded"
    prove("–", proof, trials=KILLS + len(texts), failures=failures, measured=measured, large=False)
