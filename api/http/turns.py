"""Lets what anyone may read be answered one after the other, so that many such readers delay no other request for long.

Each answer takes a millisecond of the event loop. Eight at once would take eight in each of its turns, and a request
that waits for the database ten times needs ten turns.
"""

from __future__ import annotations

import asyncio

from fastapi import Depends

from api.deps import TheServices


async def _wait_for_turn(services: TheServices) -> None:
    """Waits until the event loop has a turn without another such answer."""
    async with services.documents:
        await asyncio.sleep(0)


# A dependency of routes that need no key.
ONE_A_TURN = Depends(_wait_for_turn)
