"""A time to end, `withdrawAt`: who may set it, when, and what no request can make of it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from munadi.db.tables import AttemptRow
from munadi.domain.channel import ChannelName
from munadi.domain.key import Scope
from munadi.domain.publication import PublicationStatus
from munadi.domain.withdrawal import Withdrawal, WithdrawalStatus
from munadi.publishing.withdrawals import WithdrawalStore
from tests.api.harness import ApiHarness, later
from tests.api.problems import expect_errors, expect_problem
from tests.api.test_withdrawing import limited, live

pytestmark = pytest.mark.each_database
S = PublicationStatus
BEFORE_DUE, DUE, AFTER_DUE = later(days=1), later(days=2), later(days=4)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def body(api: ApiHarness, **changes: Any) -> dict[str, Any]:
    """A post that is due in two days."""
    return api.body(**{"scheduledAt": DUE} | changes)


async def submit(api: ApiHarness, **changes: Any) -> dict[str, Any]:
    return await api.submit(**{"scheduledAt": DUE} | changes)


async def patch(api: ApiHarness, content: dict[str, Any], **changes: Any) -> Any:
    """Edit a post at the version that it has now."""
    version = (await api.read_content(content["id"]))["version"]
    return await api.patch(f"/v1/contents/{content['id']}", changes, if_match=f'"{version}"')


async def test_it_is_stored_and_shown_and_ends_the_window(api: ApiHarness) -> None:
    content = await submit(api, withdrawAt=AFTER_DUE)
    assert instant(content["withdrawAt"]) == instant(AFTER_DUE)
    due = instant(content["scheduledAt"])
    assert instant(content["publishBy"]) == due + timedelta(days=1), "a day is earlier than its end"
    soon = await submit(api, withdrawAt=(due + timedelta(hours=2)).isoformat())
    assert soon["publishBy"] == soon["withdrawAt"], "nothing is published after its end"
    events = (await api.get(f"/v1/contents/{soon['id']}/events")).json()["data"]
    assert events[0]["data"]["content"]["withdrawAt"] == soon["withdrawAt"]
    assert (await submit(api))["withdrawAt"] is None


async def test_a_local_time_is_in_the_zone_of_the_post(api: ApiHarness) -> None:
    content = await submit(
        api, scheduledAt="2026-12-05T09:00:00", timezone="Asia/Kolkata", withdrawAt="2026-12-06T09:00:00"
    )
    assert content["withdrawAt"] == "2026-12-06T03:30:00Z"
    moved = await patch(api, content, withdrawAt="2026-12-07T09:00:00")
    assert moved.json()["withdrawAt"] == "2026-12-07T03:30:00Z"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"withdrawAt": BEFORE_DUE}, "WITHDRAW_AT_NOT_AFTER_DUE"),
        ({"withdrawAt": later(days=-1)}, "TIME_IN_PAST"),
        ({"withdrawAt": later(days=800)}, "TIME_BEYOND_HORIZON"),
        ({"withdrawAt": "soon"}, "TIME_FORMAT"),
        ({"withdrawAt": "2026-12-05T09:00:00"}, "TIME_OFFSET_MISSING"),
        ({"withdrawAt": AFTER_DUE, "publishBy": later(days=5)}, "WITHDRAW_AT_BEFORE_PUBLISH_BY"),
        ({"withdrawAt": later(), "scheduledAt": ...}, "TIME_IN_PAST"),
    ],
)
async def test_a_time_that_cannot_be_is_refused(api: ApiHarness, fields: dict[str, Any], code: str) -> None:
    payload = body(api, **fields)
    (error,) = expect_errors(await api.post("/v1/contents", payload), ("/withdrawAt", code))
    assert error["rule"] == code.lower()
    validated = (await api.post("/v1/contents/validate", payload)).json()
    assert [(one["pointer"], one["code"]) for one in validated["problems"]] == [("/withdrawAt", code)]


async def test_setting_it_needs_the_scope_of_withdrawals(api: ApiHarness) -> None:
    weak = await api.key(Scope.CONTENTS_READ, Scope.CONTENTS_WRITE)
    payload = body(api, withdrawAt=AFTER_DUE)
    problem = expect_problem(await api.post("/v1/contents", payload, key=weak), 403, "SCOPE_MISSING")
    assert "contents:withdraw" in problem["detail"]
    validated = (await api.post("/v1/contents/validate", payload, key=weak)).json()
    assert [(one["pointer"], one["code"]) for one in validated["problems"]] == [("/withdrawAt", "SCOPE_MISSING")]
    draft = (await api.post("/v1/drafts", payload, key=weak)).json()
    assert not draft["valid"]
    expect_problem(await api.post(f"/v1/drafts/{draft['id']}/submit", key=weak), 403, "SCOPE_MISSING")
    accepted = await api.post(f"/v1/drafts/{draft['id']}/submit")
    assert instant(accepted.json()["withdrawAt"]) == instant(AFTER_DUE)
    content = accepted.json()
    for changes in ({"withdrawAt": None}, {"withdrawAt": later(days=6)}, {"withdrawAt": None, "text": "more"}):
        headers = {"If-Match": f'"{content["version"]}"'}
        answer = await api.patch(f"/v1/contents/{content['id']}", changes, headers=headers, key=weak)
        expect_problem(answer, 403, "SCOPE_MISSING")
    assert (await patch(api, content, text="other words")).json()["withdrawAt"] == content["withdrawAt"]


async def test_no_network_that_can_is_refused_and_some_are_a_warning(api: ApiHarness) -> None:
    await api.add_account(ChannelName.TIKTOK)
    tiktok = {"channel": "tiktok", "options": {"privacyLevel": "SELF_ONLY"}}
    refused = await api.post("/v1/contents/validate", body(api, channels=[tiktok], withdrawAt=AFTER_DUE))
    (problem,) = [one for one in refused.json()["problems"] if one["pointer"] == "/withdrawAt"]
    assert problem["code"] == "WITHDRAWAL_NOT_SUPPORTED"
    assert problem["actual"] == "tiktok"
    assert "TikTok lets no app remove this post" in problem["message"]
    both = await api.post("/v1/contents/validate", body(api, channels=[tiktok, "bluesky"], withdrawAt=AFTER_DUE))
    assert [one for one in both.json()["problems"] if one["pointer"] == "/withdrawAt"] == []
    (warning,) = [one for one in both.json()["warnings"] if one["code"] == "WITHDRAWAL_NOT_SUPPORTED"]
    assert (warning["channel"], warning["pointer"]) == ("tiktok", "/withdrawAt")


async def test_an_end_after_the_networks_last_hour_is_refused(api: ApiHarness) -> None:
    async with limited(api, "bluesky", 48):
        payload = body(api, withdrawAt=later(days=5))
        (error,) = expect_errors(await api.post("/v1/contents", payload), "/withdrawAt")
        assert "after 48 hours" in error["message"]
        content = await submit(api, withdrawAt=later(days=3))
        expect_errors(await patch(api, content, withdrawAt=later(days=6)), ("/withdrawAt", "WITHDRAWAL_NOT_SUPPORTED"))
        now = await api.post(f"/v1/contents/{content['id']}/publish-now")
        expect_errors(now, ("/withdrawAt", "WITHDRAWAL_NOT_SUPPORTED"))
        shown = await api.read_content(content["id"])
        assert (shown["version"], shown["withdrawAt"]) == (content["version"], content["withdrawAt"])


async def test_an_account_without_the_permission_is_named(api: ApiHarness) -> None:
    (account,) = [one for one in (await api.get("/v1/accounts")).json()["data"] if one["channel"] == "bluesky"][:1]
    network = api.services.channels["bluesky"]
    rule = network.spec.withdrawal.model_copy(update={"scopes": ("remove",)})
    original, network.spec = network.spec, network.spec.model_copy(update={"withdrawal": rule})
    try:
        await api.update_account(account["id"], scopes=["write"])
        answer = await api.post("/v1/contents", body(api, withdrawAt=AFTER_DUE))
    finally:
        network.spec = original
    (error,) = expect_errors(answer, ("/withdrawAt", "WITHDRAWAL_NOT_SUPPORTED"))
    assert "without the permission remove" in error["message"]


async def test_a_waiting_post_gets_another_end_with_other_words(api: ApiHarness) -> None:
    content = await submit(api)
    due = instant(content["scheduledAt"])
    end = (due + timedelta(hours=1)).isoformat()
    both = (await patch(api, content, text="an offer", withdrawAt=end)).json()
    assert (both["text"], instant(both["withdrawAt"]), both["publishBy"]) == (
        "an offer",
        instant(end),
        both["withdrawAt"],
    )
    without = (await patch(api, content, withdrawAt=None)).json()
    assert without["withdrawAt"] is None
    assert instant(without["publishBy"]) == due + timedelta(days=1)
    stale = {"If-Match": f'"{content["version"]}"'}
    expect_problem(await api.patch(f"/v1/contents/{content['id']}", {"withdrawAt": end}, headers=stale), 412)
    expect_problem(await api.patch(f"/v1/contents/{content['id']}", {"withdrawAt": end}), 428)
    expect_errors(await patch(api, content, withdrawAt=end, nothing=1), "/nothing")


async def test_an_end_is_not_set_before_an_explicit_window(api: ApiHarness) -> None:
    content = await submit(api, publishBy=later(days=4))
    expect_errors(await patch(api, content, withdrawAt=later(days=3)), ("/withdrawAt", "WITHDRAW_AT_BEFORE_PUBLISH_BY"))
    moved = (await patch(api, content, withdrawAt=later(days=5))).json()
    assert instant(moved["publishBy"]) == instant(later(days=4))


async def test_a_published_post_takes_an_end_and_nothing_else(api: ApiHarness) -> None:
    content = await live(api)
    set_to = await patch(api, content, withdrawAt=AFTER_DUE)
    assert set_to.status_code == 200, set_to.text
    assert set_to.json()["version"] == content["version"] + 1
    async with api.locked(content["id"]) as post:
        assert post.content.wake_seq > post.content.wake_ack, "the workflow waits for the new time"
        assert post.content.next_look_at == instant(AFTER_DUE)
    expect_problem(await patch(api, content, withdrawAt=None, text="other"), 409, "TOO_LATE")
    expect_errors(await patch(api, content, withdrawAt=later(minutes=-1)), ("/withdrawAt", "TIME_IN_PAST"))
    local = await patch(api, content, withdrawAt="2026-12-05T09:00:00")
    (error,) = expect_errors(local, ("/withdrawAt", "TIME_OFFSET_MISSING"))
    assert "timezone" not in error["message"], "a change has no such field"
    assert (await patch(api, content, withdrawAt=None)).json()["withdrawAt"] is None
    events = (await api.get(f"/v1/contents/{content['id']}/events")).json()["data"]
    assert [one["type"] for one in events].count("content.updated") == 2
    async with api.locked(content["id"]) as post:
        assert post.content.next_look_at is None


async def test_a_time_is_moved_only_before_the_end(api: ApiHarness) -> None:
    content = await submit(api, withdrawAt=AFTER_DUE)
    path = f"/v1/contents/{content['id']}/reschedule"
    at_the_end = await api.post(path, {"scheduledAt": AFTER_DUE})
    expect_errors(at_the_end, ("/scheduledAt", "WITHDRAW_AT_NOT_AFTER_DUE"))
    beyond = await api.post(path, {"scheduledAt": later(days=3), "publishBy": later(days=5)})
    expect_errors(beyond, ("/publishBy", "WITHDRAW_AT_BEFORE_PUBLISH_BY"))
    moved = (await api.post(path, {"scheduledAt": later(days=3, hours=12)})).json()
    assert moved["publishBy"] == moved["withdrawAt"], "its default window ends with the post"


@pytest.mark.parametrize("call", ["publish-now", "retry"])
async def test_what_has_ended_is_not_published(api: ApiHarness, call: str) -> None:
    content = await submit(api, withdrawAt=AFTER_DUE)
    if call == "retry":
        await api.move(content["id"], S.QUEUED, S.FAILED)
    api.clock.ahead = timedelta(days=5)
    problem = expect_problem(await api.post(f"/v1/contents/{content['id']}/{call}"), 409, "TIME_TO_END_PASSED")
    assert "set a later withdrawAt" in problem["detail"]
    assert (await patch(api, content, withdrawAt=later(days=5, hours=2))).status_code == 200
    again = await api.post(f"/v1/contents/{content['id']}/{call}")
    assert again.status_code in (200, 202), again.text
    assert again.json()["publishBy"] == again.json()["withdrawAt"], "and its new end bounds the new window"


async def test_an_end_that_has_begun_is_not_changed(api: ApiHarness) -> None:
    content = await live(api)
    await patch(api, content, withdrawAt=AFTER_DUE)
    api.clock.ahead = timedelta(days=5)
    for status in (WithdrawalStatus.WITHDRAWING, WithdrawalStatus.WITHDRAWN, WithdrawalStatus.REFUSED):
        began = Withdrawal(status=status, requested_at=api.clock.now())
        async with api.locked(content["id"]) as post:
            post.publications[0].withdrawal = began.model_dump(mode="json", by_alias=True)
        for value in (None, later(days=9)):
            expect_problem(await patch(api, content, withdrawAt=value), 409, "TOO_LATE")


async def test_a_canceled_post_has_no_end(api: ApiHarness) -> None:
    content = await submit(api, withdrawAt=AFTER_DUE)
    canceled = (await api.post(f"/v1/contents/{content['id']}/cancel")).json()
    assert canceled["status"] == "canceled"
    expect_problem(await patch(api, content, withdrawAt=later(days=6)), 409, "TOO_LATE")


async def test_an_edit_and_the_timer_have_one_outcome(api: ApiHarness) -> None:
    content = await live(api)
    end = (await patch(api, content, withdrawAt=AFTER_DUE)).json()["version"]
    api.clock.ahead = timedelta(days=4)
    publication_id = content["publications"][0]["id"]
    answer, begun = await asyncio.gather(
        api.patch(f"/v1/contents/{content['id']}", {"withdrawAt": None}, headers={"If-Match": f'"{end}"'}),
        timer_of(api).begin(publication_id, api.clock.now()),
    )
    shown = await api.read_content(content["id"])
    assert (answer.status_code == 200) is (begun is None)
    assert (shown["publications"][0]["withdrawal"] is None) is (shown["withdrawAt"] is None) is (begun is None)


def timer_of(api: ApiHarness) -> WithdrawalStore:
    """What the workflow calls when the time has come."""
    return WithdrawalStore(api.services.database, api.services.channels)


async def test_a_comment_that_is_being_published_delays_the_end(api: ApiHarness) -> None:
    content = await live(api)
    await patch(api, content, withdrawAt=AFTER_DUE)
    api.clock.ahead = timedelta(days=4)
    (publication,) = content["publications"]
    async with api.locked(content["id"]) as post:
        post.publications[0].steps_left = ["comment"]
        times = {"intent_at": post.now, "deadline_at": post.now}
        attempt = AttemptRow(
            id="att_1", publication_id=publication["id"], stage="comment", number=1, epoch=1, holder="w", **times
        )
        post.session.add(attempt)
    assert await timer_of(api).begin(publication["id"], api.clock.now()) is None
    shown = await api.read_content(content["id"])
    assert shown["publications"][0]["withdrawal"] is None, "nothing is refused: it ends a minute later"
    async with api.locked(content["id"]) as post:
        assert post.content.next_look_at is not None
        found = (await post.session.exec(select(AttemptRow).where(AttemptRow.id == "att_1"))).one()
        found.is_open = False
    api.clock.ahead += timedelta(minutes=1)
    removing = await timer_of(api).begin(publication["id"], api.clock.now())
    assert removing is not None
    assert [one.step for one in removing.objects] == ["post"]


@pytest.mark.parametrize("before", [True, False])
async def test_what_was_refused_before_its_end_is_tried_once_more(api: ApiHarness, before: bool) -> None:
    content = await live(api)
    await patch(api, content, withdrawAt=AFTER_DUE)
    asked_at = instant(AFTER_DUE) - timedelta(hours=1) if before else instant(AFTER_DUE)
    refused = Withdrawal(status=WithdrawalStatus.REFUSED, requested_at=asked_at, ended_at=asked_at)
    async with api.locked(content["id"]) as post:
        post.publications[0].withdrawal = refused.model_dump(mode="json", by_alias=True)
    api.clock.ahead = timedelta(days=4)
    begun = await timer_of(api).begin(content["publications"][0]["id"], api.clock.now())
    assert (begun is not None) is before
