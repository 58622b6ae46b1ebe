"""What the network said of an account's daily quota: shown, kept up to date by a check, and warned of."""

from __future__ import annotations

from typing import Any

from munadi.domain.channel import ChannelName
from tests.api.desk import FAR, Desk
from tests.api.door import Door
from tests.api.test_accounts import imported

NEXT_DAY = "2027-03-02T09:00:00Z"
JUST_BEFORE = "2027-03-02T08:59:59Z"


def quota(used: int, total: int) -> dict[str, Any]:
    return {"quota": {"used": used, "total": total, "left": total - used}}


async def test_a_check_reads_the_quota_anew(door: Door) -> None:
    door.network.facts = quota(1, 50)
    account = await imported(door)
    assert account["quota"] == {"used": 1, "total": 50, "left": 49}
    door.network.facts = quota(50, 50)
    checked = (await door.ask("POST", f"/v1/accounts/{account['id']}/check")).json()
    assert checked["quota"] == {"used": 50, "total": 50, "left": 0}
    door.network.facts = {}
    checked = (await door.ask("POST", f"/v1/accounts/{account['id']}/check")).json()
    assert (checked["ok"], checked["quota"]) == (True, None)


def codes(content: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(each["code"], each["channel"], each["pointer"]) for each in content["warnings"]]


async def test_one_post_too_many_for_a_day_is_accepted_with_a_warning(desk: Desk) -> None:
    await desk.account(ChannelName.THREADS, facts=quota(0, 2))
    both = {"channels": ["bluesky", "threads"]}
    made = [await desk.accept(**both) for _ in range(3)]
    assert [codes(one) for one in made] == [[], [], [("DAILY_CAP_LIKELY", "threads", "/channels/1")]]
    assert "2 posts in 24 hours, and 2 are due" in made[2]["warnings"][0]["message"]
    checked = (await desk.client.post("/v1/contents/validate", json=desk.content(**both))).json()
    assert checked["valid"] is True
    assert codes(checked) == codes(made[2])


async def test_only_the_day_before_a_post_counts(desk: Desk) -> None:
    await desk.account(ChannelName.THREADS, facts=quota(0, 1))
    only = {"channels": ["threads"]}
    assert codes(await desk.accept(**only, scheduledAt=FAR)) == []
    assert codes(await desk.accept(**only, scheduledAt=NEXT_DAY)) == []
    assert len(codes(await desk.accept(**only, scheduledAt=JUST_BEFORE))) == 1


async def test_what_was_canceled_spends_nothing(desk: Desk) -> None:
    await desk.account(ChannelName.THREADS, facts=quota(0, 1))
    only = {"channels": ["threads"]}
    first = await desk.accept(**only)
    assert (await desk.client.post(f"/v1/contents/{first['id']}/cancel")).is_success
    assert codes(await desk.accept(**only)) == []


async def test_an_account_without_a_known_quota_is_not_warned_of(desk: Desk) -> None:
    await desk.account(ChannelName.THREADS, facts={"quota": {"used": 9}})
    for _ in range(2):
        assert codes(await desk.accept(channels=["threads"])) == []
