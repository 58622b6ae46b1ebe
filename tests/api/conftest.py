"""The application in process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.door import Door, open_door


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """The API over a new database, with the brands `acme` and `rival`."""
    async with open_door(tmp_path) as opened:
        yield opened
