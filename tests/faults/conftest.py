"""Fixtures of the fault tests."""

from __future__ import annotations

import pytest


@pytest.fixture
def databases(request: pytest.FixtureRequest, large: bool) -> dict[str, dict[str, str]]:
    """Settings by database: SQLite for the small version of a proof, and PostgreSQL too for the large one."""
    if not large:
        return {"sqlite": {}}
    return {"sqlite": {}, "postgresql": {"MUNADI_DATABASE_URL": request.getfixturevalue("create_database")()}}
