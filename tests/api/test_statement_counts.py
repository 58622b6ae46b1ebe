"""What a request costs in statements, so that no change adds one unnoticed (docs/performance.md)."""

from __future__ import annotations

import pytest

from munadi.domain.channel import ChannelName
from tests.api.desk import Desk
from tests.api.limiting import send, statements

INSERTED = ["contents", "drafts", "publications", "events", "audit"]


# A key is read once a second, and calls are counted once a second: both may fall into any request.
NOT_OF_THE_REQUEST = ("api_keys", "api_calls")


def tables(seen: list[str]) -> list[str]:
    """Each SELECT and INSERT with its first table."""
    found = []
    for words in (each.split() for each in seen):
        if words[0] == "SELECT":
            found.append(f"SELECT {words[words.index('FROM') + 1]}")
        elif words[0] not in ("BEGIN", "SAVEPOINT", "RELEASE", "SET"):
            found.append(f"{words[0]} {words[2]}")
    return sorted(each for each in found if not each.endswith(NOT_OF_THE_REQUEST))


@pytest.mark.parametrize("key", [None, "a-key"], ids=["without a key", "with an Idempotency-Key"])
@pytest.mark.parametrize("channels", [1, 3])
async def test_a_post_is_accepted_with_one_statement_per_table(desk: Desk, key: str | None, channels: int) -> None:
    named_accounts = [{"channel": "bluesky", "accountId": await desk.account(ChannelName.BLUESKY)} for _ in range(3)]
    sent = named_accounts[:channels]
    await send(desk, channels=sent)
    with statements(desk) as seen:
        assert (await send(desk, key=key, channels=sent)).status_code == 202
    inserted = [*INSERTED, "idempotency"] if key else INSERTED
    assert tables(seen) == sorted(["SELECT accounts", "SELECT brands", *(f"INSERT {each}" for each in inserted)])


async def test_a_post_is_read_with_two_statements(desk: Desk) -> None:
    content_id = (await desk.accept())["id"]
    await desk.read(content_id)
    with statements(desk) as seen:
        assert (await desk.read(content_id))["id"] == content_id
    assert tables(seen) == ["SELECT contents", "SELECT publications"]
