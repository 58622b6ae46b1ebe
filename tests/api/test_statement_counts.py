"""The statements of a request, so that no change adds one unnoticed (docs/architecture.md, docs/performance.md)."""

from __future__ import annotations

import pytest

from munadi.domain.channel import ChannelName
from tests.api.harness import ApiHarness, of_request
from tests.support.costs import count, stated_costs

pytestmark = pytest.mark.each_database
INSERTED = ["contents", "drafts", "publications", "events", "audit"]


def tables(seen: list[str]) -> list[str]:
    """Each SELECT and INSERT with its first table."""
    found = []
    for words in (each.split() for each in of_request(seen)):
        if words[0] == "SELECT":
            first = words.index("FROM") + 1
            # A subquery has its table behind a FROM of its own.
            found.append(f"SELECT {words[words.index('FROM', first) + 1 if words[first] == '(SELECT' else first]}")
        elif words[0] not in ("BEGIN", "SET"):
            found.append(f"{words[0]} {words[2]}")
    return sorted(found)


@pytest.mark.parametrize("key", [None, "a-key"], ids=["without a key", "with an Idempotency-Key"])
@pytest.mark.parametrize("channels", [1, 3])
async def test_a_post_is_accepted_with_one_statement_per_table(api: ApiHarness, key: str | None, channels: int) -> None:
    accounts = [await api.add_account(ChannelName.BLUESKY) for _ in range(channels)]
    post = {"channels": [{"channel": "bluesky", "accountId": account} for account in accounts]}
    await api.submit(**post)
    with api.statements() as seen:
        assert (await api.try_submit(idempotency_key=key, text="Another", **post)).status_code == 202
    inserted = [*INSERTED, "idempotency"] if key else INSERTED
    read = ["accounts", "publications", "brands"]
    assert tables(seen) == sorted([*(f"SELECT {each}" for each in read), *(f"INSERT {each}" for each in inserted)])
    if key is None:
        assert count(of_request(seen)) == stated_costs()["accept"][:3]
    with api.statements() as seen:
        assert (await api.try_submit(**post)).status_code == 202
    repeated = [*(f"SELECT {each}" for each in [*read, "brands"]), *(f"INSERT {each}" for each in INSERTED)]
    assert tables(seen) == sorted(repeated)


async def test_a_post_is_read_with_two_statements(api: ApiHarness) -> None:
    content_id = (await api.submit())["id"]
    await api.read_content(content_id)
    with api.statements() as seen:
        await api.read_content(content_id)
    assert tables(seen) == ["SELECT contents", "SELECT publications"]
