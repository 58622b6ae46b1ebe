"""What looks at published posts show, and how a brand says when they are made."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.liveness import Watch
from munadi.domain.withdrawal import Verdict
from munadi.publishing.watching import stored
from tests.api.harness import ApiHarness
from tests.api.problems import expect_errors, expect_problem
from tests.api.test_withdrawing import live
from tests.db.seeding import START

BRAND = "/v1/brands/acme"


@pytest.mark.each_database
async def test_a_publication_shows_what_looks_showed(api: ApiHarness) -> None:
    content = await live(api)
    assert content["publications"][0]["liveness"] is None
    async with api.locked(content["id"]) as post:
        for row in post.publications:
            watch = Watch(verdict=Verdict.LIMITED, word="private", since=START, looked_at=START)
            row.watch, row.watch_at = stored(watch), START
    publication = (await api.read_content(content["id"]))["publications"][0]
    at = START.isoformat().replace("+00:00", "Z")
    wanted = {"verdict": "limited", "word": "private", "since": at, "lookedAt": at, "nextLookAt": at}
    assert publication["liveness"] == wanted
    detail = await api.read(f"/v1/publications/{publication['id']}")
    assert detail["liveness"] == wanted
    assert publication["status"] == "published"


@pytest.mark.each_database
async def test_a_brand_says_when_its_posts_are_looked_at(api: ApiHarness) -> None:
    assert (await api.read(BRAND))["looks"] is None
    wanted = {"after": ["P1D", "PT1H"], "channels": {"x": ["PT2H"], "telegram": []}}
    changed = (await api.patch(BRAND, {"looks": wanted})).json()["looks"]
    assert changed == {"after": ["PT1H", "P1D"], "channels": {"x": ["PT2H"], "telegram": []}}
    assert (await api.patch(BRAND, {"name": "Acme"})).json()["looks"] == changed, "it stays"
    assert (await api.patch(BRAND, {"looks": {"channels": {}}})).json()["looks"] == {"after": None, "channels": {}}
    twice = {"after": ["P365D", "PT1H", "PT60M"]}
    assert (await api.patch(BRAND, {"looks": twice})).json()["looks"]["after"] == ["PT1H", "P365D"]
    assert (await api.patch(BRAND, {"looks": None})).json()["looks"] is None
    made = await api.post("/v1/brands", {"ref": "shop-1", "looks": wanted})
    assert made.json()["looks"] == changed


@pytest.mark.parametrize(
    ("looks", "pointer", "limit", "actual"),
    [
        ({"after": ["PT0S"]}, "/looks/after/0", "PT1S to P365D", "PT0S"),
        ({"after": ["P366D"]}, "/looks/after/0", "PT1S to P365D", "P366D"),
        ({"after": ["an hour"]}, "/looks/after/0", "PT1S to P365D", "an hour"),
        ({"after": ["-PT1H"]}, "/looks/after/0", "PT1S to P365D", "-PT1H"),
        ({"after": ["P1M"]}, "/looks/after/0", "PT1S to P365D", "P1M"),
        ({"after": [3600]}, "/looks/after/0", "PT1S to P365D", None),
        ({"after": [{}]}, "/looks/after/0", "PT1S to P365D", None),
        ({"after": ["P99999999999D"]}, "/looks/after/0", "PT1S to P365D", "P99999999999D"),
        ({"after": ["PT1H" + "0" * 40]}, "/looks/after/0", 32, 44),
        ({"after": [f"PT{hours}H" for hours in range(1, 14)]}, "/looks/after", 12, 13),
        ({"channels": {"x": ["PT0S"]}}, "/looks/channels/x/0", "PT1S to P365D", "PT0S"),
        ({"every": "PT1H"}, "/looks/every", None, None),
    ],
)
async def test_ages_out_of_bounds_are_refused(
    api: ApiHarness, looks: dict[str, Any], pointer: str, limit: Any, actual: Any
) -> None:
    [error] = expect_errors(await api.patch(BRAND, {"looks": looks}), pointer)
    assert (error["limit"], error["actual"]) == (limit, actual)
    assert (await api.read(BRAND))["looks"] is None


async def test_ages_for_an_unknown_network_are_refused(api: ApiHarness) -> None:
    assert (await api.patch(BRAND, {"looks": {"channels": {"myspace": ["PT1H"]}}})).status_code == 422
    assert (await api.read(BRAND))["looks"] is None


async def test_each_network_says_what_a_look_costs(api: ApiHarness) -> None:
    networks = {one["name"]: one["looks"] for one in await api.read_list("/v1/channels")}
    assert (networks["x"]["price"], networks["x"]["after"]) == (0.005, [])
    assert networks["linkedin"]["after"] == ["P1D"]
    assert networks["instagram"]["lives"] == {"story": "P1D"}
    assert all(one["atOnce"] >= 20 for one in networks.values())


@pytest.mark.each_database
async def test_what_has_vanished_is_never_published_again_as_the_same_publication(api: ApiHarness) -> None:
    content = await live(api)
    async with api.locked(content["id"]) as post:
        post.publications[0].watch = stored(Watch(verdict=Verdict.GONE, since=START, looked_at=START))
    for body in (None, {"publicationIds": [content["publications"][0]["id"]]}):
        expect_problem(await api.post(f"/v1/contents/{content['id']}/retry", body), 409, "NOTHING_TO_RETRY")
    assert (await api.read_content(content["id"]))["publications"][0]["status"] == "published"


async def test_an_account_says_since_when_none_of_its_posts_is_seen(api: ApiHarness) -> None:
    account_id = await api.add_account(ChannelName.BLUESKY)
    assert (await api.read(f"/v1/accounts/{account_id}"))["unshownSince"] is None
    await api.update_account(account_id, unshown_since=START)
    found = (await api.read(f"/v1/accounts/{account_id}"))["unshownSince"]
    assert found == START.isoformat().replace("+00:00", "Z")
