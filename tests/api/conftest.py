"""The application in process, over the database and with the network that a test or its module is marked with.

Without a mark it is SQLite with the real channels. `each_database` runs a test over SQLite and PostgreSQL,
`fake_network` gives it a Bluesky that answers what the test says.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from munadi.domain.edits import EditRule
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness, open_api


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test of `each_database` twice. In a marked module, `each_database(False)` excepts a test."""
    if "database_url" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("each_database")
        each = mark is not None and mark.args != (False,)
        metafunc.parametrize("database_url", ["sqlite", "postgresql"] if each else ["sqlite"], indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without rows, of the kind that the test runs over."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'munadi.db'}"
    return str(request.getfixturevalue("postgres_tables"))


@pytest.fixture
async def api(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> AsyncIterator[ApiHarness]:
    """The API with the brands `acme` and `rival`. See `open_api`."""
    fake = request.node.get_closest_marker("fake_network") is not None
    async with open_api(tmp_path, database_url, fake_network=fake) as opened:
        yield opened


@pytest.fixture
async def dashboard(api: ApiHarness) -> AsyncIterator[DashboardBrowser]:
    """A browser that is signed in to the dashboard as administrator."""
    async with api.dashboard(api.admin_key) as signed_in:
        yield signed_in


@pytest.fixture
async def editable(api: ApiHarness) -> AsyncIterator[None]:
    """Bluesky as a network at which texts can be edited for an hour."""
    channel = api.services.channels["bluesky"]
    original = channel.spec
    rule = EditRule(fields=("text",), until=timedelta(hours=1), because="Do it by hand.")
    channel.spec = original.model_copy(update={"live_edit": (rule,)})
    yield
    channel.spec = original
