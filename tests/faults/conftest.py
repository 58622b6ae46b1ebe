"""Fixtures of the fault tests."""

from __future__ import annotations

import pytest


@pytest.fixture
def databases(request: pytest.FixtureRequest, large: bool) -> dict[str, dict[str, str]]:
    """Settings by database: SQLite for the small version of a proof, and PostgreSQL too for the large one."""
    if not large:
        return {"sqlite": {}}
    return {"sqlite": {}, "postgresql": {"MUNADI_DATABASE_URL": request.getfixturevalue("create_database")()}}


@pytest.fixture
def installations(request: pytest.FixtureRequest, large: bool) -> list[dict[str, str]]:
    """Settings of one installation on SQLite for the small version of a proof, and of three on each database for the
    large one: a trial that mostly waits does not disturb those of other installations."""
    if not large:
        return [{}]
    create = request.getfixturevalue("create_database")
    return [settings for _ in range(3) for settings in ({}, {"MUNADI_DATABASE_URL": create()})]
