"""Withdrawing live posts: what is asked for, by whom, and what is refused before anything is done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from munadi.db.tables import AccountRow
from munadi.domain.channel import ChannelName
from munadi.domain.event import EventType
from munadi.domain.failure import Reason
from munadi.domain.key import Scope
from munadi.domain.publication import PostedId, PublicationStatus
from munadi.domain.reasons import failure_of
from munadi.domain.withdrawal import LeftObject, Withdrawal, WithdrawalStatus
from munadi.publishing.withdrawing import note_objects
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.problems import expect_problem
from tests.api.test_dashboard_posts import expect_words
from tests.db.seeding import START

pytestmark = pytest.mark.each_database
S = PublicationStatus


async def live(api: ApiHarness, *, url: str = "https://bsky.app/1", **fields: Any) -> dict[str, Any]:
    """A published post whose network has named its id."""
    made = await api.submit(**fields)
    await api.move(made["id"], S.QUEUED, S.PUBLISHING)
    async with api.locked(made["id"]) as content:
        for place, row in enumerate(content.publications):
            await content.move(row, S.PUBLISHED, EventType.PUBLISH_SUCCEEDED)
            row.provider_post_id, row.provider_url, row.published_at = f"at://{place}/{row.id}", url, content.now
            note_objects(row, "post", [PostedId(id=f"at://{place}/{row.id}")])
        await content.close()
    return await api.read_content(made["id"])


@asynccontextmanager
async def limited(api: ApiHarness, channel: str, hours: int) -> AsyncIterator[None]:
    """Within, the network lets no app remove a post after so many hours."""
    network = api.services.channels[channel]
    original, network.spec = network.spec, network.spec.model_copy(update={"withdrawal_until": timedelta(hours=hours)})
    try:
        yield
    finally:
        network.spec = original


def path_of(content: dict[str, Any]) -> str:
    return f"/v1/publications/{content['publications'][0]['id']}/withdraw"


async def test_a_withdrawal_is_asked_for_and_shown_and_the_workflow_is_woken(api: ApiHarness) -> None:
    content = await live(api)
    answer = await api.post(path_of(content))
    assert answer.status_code == 202
    found = answer.json()
    assert found["status"] == "published", "that it was live is history"
    withdrawal = found["withdrawal"]
    assert (withdrawal["status"], withdrawal["endedAt"], withdrawal["failure"]) == ("withdrawing", None, None)
    assert withdrawal["left"] == [{"step": "post", "id": found["providerPostId"], "url": found["providerUrl"]}], (
        "still there until it is proven that it is not"
    )
    async with api.locked(content["id"]) as post:
        assert post.content.wake_seq > post.content.wake_ack
        assert post.publications[0].withdrawal_at is not None
    again = await api.post(path_of(content))
    assert (again.status_code, again.json()["withdrawal"]) == (202, withdrawal), "a repetition changes nothing"


async def test_one_of_many_at_once_asks(api: ApiHarness) -> None:
    content = await live(api)
    answers = await asyncio.gather(*(api.post(path_of(content)) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["withdrawal"]["requestedAt"] for answer in answers}) == 1
    read = await api.read_content(content["id"])
    assert read["version"] == content["version"] + 1


async def test_a_whole_post_is_withdrawn(api: ApiHarness) -> None:
    content = await live(api)
    answer = await api.post(f"/v1/contents/{content['id']}/withdraw")
    assert answer.status_code == 202
    assert [one["withdrawal"]["status"] for one in answer.json()["publications"]] == ["withdrawing"]


@pytest.mark.parametrize("states", [(), (S.QUEUED,), (S.QUEUED, S.PUBLISHING), (S.QUEUED, S.PUBLISHING, S.UNCONFIRMED)])
async def test_what_is_not_live_is_refused(api: ApiHarness, states: tuple[S, ...]) -> None:
    made = await api.submit()
    await api.move(made["id"], *states)
    expect_problem(await api.post(path_of(made)), 409, "NOT_LIVE")
    expect_problem(await api.post(f"/v1/contents/{made['id']}/withdraw"), 409, "NOT_LIVE")
    assert (await api.read_content(made["id"]))["publications"][0]["withdrawal"] is None


async def test_a_post_whose_id_is_not_known_is_refused(api: ApiHarness) -> None:
    made = await api.submit()
    await api.move(made["id"], S.QUEUED, S.PUBLISHING)
    async with api.locked(made["id"]) as content:
        await content.move(content.publications[0], S.PUBLISHED, EventType.PUBLISH_SUCCEEDED)
    expect_problem(await api.post(path_of(made)), 409, "POST_ID_PENDING")


async def test_a_disconnected_account_cannot_withdraw(api: ApiHarness) -> None:
    content = await live(api)
    async with api.locked(content["id"]) as post:
        account = await post.session.get_one(AccountRow, post.publications[0].account_id)
        account.deleted_at = post.now
    problem = expect_problem(await api.post(path_of(content)), 409, "ACCOUNT_DISCONNECTED")
    assert "https://bsky.app/1" in problem["detail"], "the way by hand"


async def test_it_needs_a_permission_of_its_own(api: ApiHarness) -> None:
    content = await live(api)
    weak = await api.key(Scope.CONTENTS_READ, Scope.CONTENTS_WRITE)
    expect_problem(await api.post(path_of(content), key=weak), 403)
    strong = await api.key(Scope.CONTENTS_READ, Scope.CONTENTS_WITHDRAW)
    assert (await api.post(path_of(content), key=strong)).status_code == 202


async def test_a_network_without_a_way_is_refused_with_the_address(api: ApiHarness) -> None:
    content = await live(api)
    assert api.services.channels["bluesky"].spec.withdrawal_until is None
    async with limited(api, "bluesky", 0):
        problem = expect_problem(await api.post(path_of(content)), 422, "WITHDRAWAL_NOT_SUPPORTED")
    assert problem["permalink"] == "https://bsky.app/1"
    assert (await api.read_content(content["id"]))["publications"][0]["withdrawal"] is None


async def test_a_network_without_a_way_is_named_when_the_rest_is_withdrawn(api: ApiHarness) -> None:
    await api.add_account(ChannelName.MASTODON)
    content = await live(api, channels=["bluesky", "mastodon"])
    async with limited(api, "mastodon", 0):
        answer = (await api.post(f"/v1/contents/{content['id']}/withdraw")).json()
    assert [(one["withdrawal"] or {}).get("status") for one in answer["publications"]] == ["withdrawing", None]
    (warning,) = [one for one in answer["warnings"] if one["code"] == "WITHDRAWAL_NOT_SUPPORTED"]
    assert warning["channel"] == "mastodon"
    assert "https://bsky.app/1" in warning["message"], "where a person removes it"


async def test_an_account_without_access_keeps_nothing_else_up(api: ApiHarness) -> None:
    account_id = await api.add_account(ChannelName.MASTODON)
    content = await live(api, channels=["bluesky", "mastodon"])
    await api.update_account(account_id, deleted_at=START)
    for _ in range(2):
        answer = (await api.post(f"/v1/contents/{content['id']}/withdraw")).json()
        assert [(one["withdrawal"] or {}).get("status") for one in answer["publications"]] == ["withdrawing", None]
        (warning,) = [one for one in answer["warnings"] if one["code"] == "WITHDRAWAL_NOT_SUPPORTED"]
        assert (warning["channel"], "was disconnected" in warning["message"]) == ("mastodon", True)


async def test_what_was_asked_for_before_is_not_refused_later(api: ApiHarness) -> None:
    content = await live(api)
    first = (await api.post(path_of(content))).json()["withdrawal"]
    async with limited(api, "bluesky", 0):
        again = await api.post(path_of(content))
        assert (again.status_code, again.json()["withdrawal"]) == (202, first)
        assert (await api.post(f"/v1/contents/{content['id']}/withdraw")).status_code == 202


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (
            None,
            ["Withdraw from the network", "Bluesky: all of it goes. What stays", "It cannot be undone"],
        ),
        ("withdrawing", ["Being withdrawn."]),
        ("withdrawn", ["it is not at the network any more"]),
        ("refused", ["The network keeps it.", "ROLE_OR_2FA_REQUIRED", "Still there", "Withdraw from the network"]),
        ("unconfirmed", ["keep looking", "Perhaps still there"]),
    ],
)
async def test_the_page_of_a_post_shows_it(
    api: ApiHarness, dashboard: DashboardBrowser, status: str | None, words: list[str]
) -> None:
    content = await live(api)
    path = f"/contents/{content['id']}"
    if status is not None:
        left = (LeftObject(step="post", id="1", url="https://bsky.app/1"),)
        failure = failure_of(Reason.ROLE_OR_2FA_REQUIRED) if status in ("refused", "unconfirmed") else None
        withdrawal = Withdrawal(status=WithdrawalStatus(status), requested_at=START, failure=failure, left=left)
        async with api.locked(content["id"]) as post:
            post.publications[0].withdrawal = withdrawal.model_dump(mode="json", by_alias=True)
    page = await dashboard.page(path)
    assert faults(page) == []
    expect_words(page, *words)
    assert ("/withdraw" in page) is (status in (None, "refused")), "what is under way is not asked for again"
    async with api.dashboard(await api.key(Scope.CONTENTS_READ, Scope.CONTENTS_WRITE)) as writer:
        assert "/withdraw" not in await writer.page(path)
