"""One brand has thousands of posts due, another ten at the same moment. The ten do not wait for the thousands."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from tests.faults.evidence import prove, two_sizes
from tests.harness.brand import Brand
from tests.harness.networks import posts_by_text
from tests.harness.times import epoch, p95
from tests.harness.world import World, open_plain
from tests.support.temporal import TemporalDevServer

QUIET = 10
# Fair means: the ten share the slots with the other brand and do not wait for its queue, however fast or busy the
# machine is. Without turns nearly all of the other brand's posts would be out first: they were accepted first.
SHARE = 1 / 3


@dataclass(frozen=True)
class Share:
    """Seconds of lateness at the network: the quiet brand alone, then beside the noisy one; and the noisy one's."""

    alone: list[float]
    beside: list[float]
    noisy: list[float]
    failures: list[str]

    @property
    def before(self) -> float:
        """The part of the noisy brand's posts that were out before the quiet brand's (its p95)."""
        last = p95(self.beside)
        return sum(late < last for late in self.noisy) / len(self.noisy)

    @property
    def measured(self) -> dict[str, str]:
        lateness = {"alone": self.alone, "beside": self.beside, "the noisy brand": self.noisy}
        seconds = {f"lateness p95 {name}": f"{p95(late):.1f} s" for name, late in lateness.items()}
        return seconds | {"of the noisy brand's posts out before": f"{self.before:.0%}"}

    def verdict(self) -> list[str]:
        """Every broken promise."""
        behind = [f"{self.before:.0%} of the noisy brand's posts were out before the quiet brand's: {self.measured}"]
        return self.failures + (behind if self.before > SHARE else [])


async def share(world: World, noise: int, per_second: float = 12.0) -> Share:
    """Measure the quiet brand alone, then with `noise` posts of another brand due at the same moment, queued first."""
    noisy, quiet = [await Brand.create(world.api, world.sandbox, ref, "bluesky") for ref in ("noisy", "quiet")]
    failures: list[str] = []

    async def published(brand: Brand, name: str, dues: dict[str, float]) -> list[float]:
        contents, posts = await brand.all_ended(60 + noise / 5), await posts_by_text(world.sandbox)
        ours = [one for one in contents.values() if one["text"] in dues]
        failures.extend(f"{name}: {one['id']} {one['status']}" for one in ours if one["status"] != "published")
        failures.extend(f"{name}: {text} has {len(posts[text])} posts" for text in dues if len(posts[text]) != 1)
        return [epoch(post["createdAt"]) - due for text, due in dues.items() for post in posts[text]]

    alone = {f"alone {n}": time.time() + 4 for n in range(QUIET)}
    await quiet.submit_all(alone)
    first = await published(quiet, "quiet alone", alone)
    due = time.time() + 5 + noise / per_second
    many, few = ({f"{name} {n}": due for n in range(count)} for name, count in (("many", noise), ("few", QUIET)))
    await noisy.submit_all(many)
    await quiet.submit_all(few)
    assert time.time() < due, f"{noise} contents were not accepted before their time; give them more"
    beside, loud = await asyncio.gather(published(quiet, "quiet beside", few), published(noisy, "noisy", many))
    return Share(first, beside, loud, failures)


@two_sizes(timeout=1800)
async def test_ten_posts_do_not_wait_for_thousands_of_another_brand(tmp_path: Path, large: bool) -> None:
    async with open_plain(tmp_path) as world:
        found = await share(world, 2000 if large else 150)
    trials = len(found.beside) + len(found.noisy)
    proof = "2 000 posts of one brand due, ten of another at the same moment"
    prove("12", proof, trials=trials, failures=found.verdict(), measured=found.measured, large=large)


@two_sizes(timeout=1800)
async def test_they_do_not_wait_where_the_server_itself_is_not_fair(tmp_path: Path, large: bool) -> None:
    """A Temporal server with its defaults: no fairness, several partitions of each queue."""
    with TemporalDevServer(tmp_path / "temporal.db", fair=False) as temporal:
        async with open_plain(tmp_path, {"MUNADI_TEMPORAL__ADDRESS": temporal.address}) as world:
            found = await share(world, 2000 if large else 400)
    trials = len(found.beside) + len(found.noisy)
    proof = "the same, at a Temporal server without fairness"
    prove("12", proof, trials=trials, failures=found.verdict(), measured=found.measured, large=large)
