"""Brands take turns: a few posts of one brand do not wait for the many posts of another."""

from __future__ import annotations

import asyncio

from activities.turns import Turns


async def _take(turns: Turns, brand: str, order: list[str]) -> None:
    async with turns.turn(brand):
        order.append(brand)
        await asyncio.sleep(0)


async def test_brands_take_turns_however_many_posts_they_have() -> None:
    turns, order = Turns(1), list[str]()
    brands = ["noisy"] * 50 + ["quiet"] * 5 + ["other"] * 2
    await asyncio.gather(*(_take(turns, brand, order) for brand in brands))
    assert len(order) == 57
    # Each post of the quiet brand waits for at most one post of each other brand.
    assert max(place for place, brand in enumerate(order) if brand == "quiet") <= 3 * 5
    assert max(place for place, brand in enumerate(order) if brand == "other") <= 3 * 2 + 1


async def test_at_most_so_many_turns_run_at_once() -> None:
    turns, inside, most = Turns(3), 0, 0

    async def work(brand: str) -> None:
        nonlocal inside, most
        async with turns.turn(brand):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.001)
            inside -= 1

    await asyncio.gather(*(work(f"b{n % 4}") for n in range(40)))
    assert (inside, most) == (0, 3)


async def test_a_cancelled_or_failed_turn_is_passed_on() -> None:
    turns, order = Turns(1), list[str]()
    held = asyncio.Event()

    async def hold() -> None:
        async with turns.turn("a"):
            await held.wait()
            raise RuntimeError

    holding = asyncio.create_task(hold())
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(_take(turns, brand, order)) for brand in ("a", "b", "a")]
    await asyncio.sleep(0)
    waiting[0].cancel()
    held.set()
    results = await asyncio.gather(holding, *waiting, return_exceptions=True)
    assert [type(result) for result in results] == [RuntimeError, asyncio.CancelledError, type(None), type(None)]
    assert sorted(order) == ["a", "b"]
    await _take(turns, "c", order)  # no turn is lost


async def test_a_turn_that_is_granted_during_a_cancellation_is_passed_on() -> None:
    turns, order = Turns(1), list[str]()
    async with turns.turn("a"):
        first = asyncio.create_task(_take(turns, "b", order))
        second = asyncio.create_task(_take(turns, "c", order))
        await asyncio.sleep(0)
    first.cancel()  # it has the turn and has not run yet
    await asyncio.gather(first, second, return_exceptions=True)
    assert order == ["c"]
