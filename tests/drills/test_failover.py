"""PostgreSQL's primary dies under load and its standby takes over: what was acknowledged is there, and published once.

Its clients find the standby by an address that is led to it before it takes writes, or by both names in their URL.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.drills.cluster import Cluster
from tests.drills.load import SIZE, Load
from tests.support.ports import LOOPBACK
from tests.support.postgres_pair import PostgresPair
from tests.support.temporal import TemporalDevServer

pytestmark = [pytest.mark.drills, pytest.mark.timeout(900)]
PROMOTED_AFTER = 8.0
WAYS = {"address": "one address that is led to it", "hosts": "both servers in the URL"}


def url_of(pair: PostgresPair, way: str) -> str:
    """Where Munadi finds the database."""
    url = make_url(pair.primary.create_database())
    if way == "address":
        return url.set(host=LOOPBACK, port=pair.address.port).render_as_string(hide_password=False)
    servers = [f"{LOOPBACK}:{server.port}" for server in (pair.primary, pair.standby)]
    query = {"host": servers, "target_session_attrs": "read-write"}
    return url.set(host=None, port=None, query=query).render_as_string(hide_password=False)


@pytest.mark.parametrize("way", WAYS)
async def test_a_failover_loses_nothing(way: str, own_temporal: TemporalDevServer, tmp_path: Path) -> None:
    async with (
        PostgresPair.open() as pair,
        Cluster.open(tmp_path, url_of(pair, way), own_temporal.address) as cluster,
    ):
        async with Load.running(cluster, "failover") as load:
            back_at = await pair.fail_over(PROMOTED_AFTER)
        await load.judge("8", f"{SIZE}: failover of PostgreSQL, {WAYS[way]}", back_at=back_at)
