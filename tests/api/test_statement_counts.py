"""The statements of a request, so that no change adds one unnoticed (docs/performance.md)."""

from __future__ import annotations

import pytest

from munadi.domain.channel import ChannelName
from tests.api.harness import ApiHarness, of_request

pytestmark = pytest.mark.each_database
INSERTED = ["contents", "drafts", "publications", "events", "audit"]


def tables(seen: list[str]) -> list[str]:
    """Each SELECT and INSERT with its first table."""
    found = []
    for words in (each.split() for each in of_request(seen)):
        if words[0] == "SELECT":
            found.append(f"SELECT {words[words.index('FROM') + 1]}")
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
        assert (await api.try_submit(idempotency_key=key, **post)).status_code == 202
    inserted = [*INSERTED, "idempotency"] if key else INSERTED
    assert tables(seen) == sorted(["SELECT accounts", "SELECT brands", *(f"INSERT {each}" for each in inserted)])


async def test_a_post_is_read_with_two_statements(api: ApiHarness) -> None:
    content_id = (await api.submit())["id"]
    await api.read_content(content_id)
    with api.statements() as seen:
        await api.read_content(content_id)
    assert tables(seen) == ["SELECT contents", "SELECT publications"]
