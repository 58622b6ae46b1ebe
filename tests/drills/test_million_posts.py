"""A million stored posts slow nothing down that a page, a client or a worker asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from munadi.db.migrate import upgrade
from tests.support.growth import measured, slower
from tests.support.postgres import PostgresServer, complete_binaries
from tools.growth.__main__ import LOCALE, SETTINGS
from tools.growth.filler import fill

SIZES = (100_000, 500_000, 1_000_000)
MOST_MS = 50.0

pytestmark = [pytest.mark.drills, pytest.mark.timeout(3600)]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_million_posts_slow_no_hot_statement_down(kind: str, tmp_path: Path) -> None:
    with PostgresServer("", SETTINGS, complete_binaries(), LOCALE) as server:
        found = []
        for size in SIZES:
            url = f"sqlite+aiosqlite:///{tmp_path / str(size)}.db" if kind == "sqlite" else server.create_database()
            upgrade(url)
            fill(url, size)
            found.append(await measured(url, runs=7))
        problems = [
            f"{size:,} posts, {problem}"
            for size, larger in zip(SIZES[1:], found[1:], strict=True)
            for problem in slower(found[0], larger, MOST_MS)
        ]
        assert not problems, "\n".join(problems)
