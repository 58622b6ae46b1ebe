"""Slots are shared: no brand has them all, and the brand with the fewest is next."""

from __future__ import annotations

import asyncio

import pytest

from munadi.outbound.slots import FairSlots


async def turn() -> None:
    """Let every task run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


class Holders:
    """Tasks that hold a slot until they are cancelled; `log` is the order in which they got it."""

    def __init__(self, slots: FairSlots) -> None:
        self.slots = slots
        self.log: list[str] = []

    async def hold(self, brand: str) -> None:
        async with self.slots.slot(brand):
            self.log.append(brand)
            await asyncio.Event().wait()

    def start(self, *brands: str) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(self.hold(brand)) for brand in brands]


async def end(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await turn()


async def test_a_brand_never_has_more_than_its_share() -> None:
    holders = Holders(FairSlots(4, 2))
    tasks = holders.start(*"aaaaab")
    await turn()
    assert holders.log == ["a", "a", "b"]
    await end(*tasks)


async def test_the_brand_that_has_the_fewest_goes_next() -> None:
    holders = Holders(FairSlots(2, 2))
    first = holders.start("a", "a", "a", "a")
    await turn()
    last = holders.start("b", "b")
    await turn()
    assert holders.log == ["a", "a"]
    await end(first[0])
    assert holders.log == ["a", "a", "b"]
    await end(*first, *last)


async def test_no_brand_starves_behind_two_busy_ones() -> None:
    holders = Holders(FairSlots(1, 1))
    tasks = holders.start(*"aaaabbbbc")
    for _ in range(9):
        await turn()
        assert "c" in holders.log or len(holders.log) < 4
        running = tasks["aaaabbbbc".index(holders.log[-1]) + holders.log[:-1].count(holders.log[-1])]
        await end(running)
    assert sorted(holders.log) == sorted("aaaabbbbc")


@pytest.mark.parametrize("granted", [False, True])
async def test_a_cancelled_wait_takes_no_slot(granted: bool) -> None:
    holders = Holders(FairSlots(1, 1))
    (holder,) = holders.start("a")
    await turn()
    waiting = asyncio.create_task(holders.slots.acquire("b"))
    await turn()
    if granted:  # given in the same turn in which the wait is cancelled
        holder.cancel()
        await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await end(holder)
    async with asyncio.timeout(1):
        await holders.slots.acquire("c")
