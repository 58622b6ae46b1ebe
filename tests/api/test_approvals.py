"""The release gate: nothing that needs an approval is published before somebody approves that very version of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from munadi.domain.key import Scope
from munadi.domain.publication import PublicationStatus
from munadi.domain.publishing import Attempt, ClaimResult
from munadi.publishing.attempts import AttemptStore
from munadi.publishing.schedule import ScheduleStore
from tests.api.harness import ApiHarness, later
from tests.api.problems import expect_errors, expect_problem
from tests.api.test_audit import actions

pytestmark = pytest.mark.each_database
S = PublicationStatus
PROPOSE, APPROVE = Scope.CONTENTS_PROPOSE, Scope.CONTENTS_APPROVE


async def propose(api: ApiHarness, **changes: Any) -> dict[str, Any]:
    """A post of a key that may only propose."""
    answer = await api.try_submit(key=await api.key(PROPOSE), **changes)
    assert answer.status_code == 202, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def approve(api: ApiHarness, post: dict[str, Any], version: int = 1, **options: Any) -> Any:
    return await api.post(f"/v1/contents/{post['id']}/approve", if_match=f'"{version}"', **options)


async def decline(api: ApiHarness, post: dict[str, Any], note: str = "too early", **options: Any) -> Any:
    return await api.post(f"/v1/contents/{post['id']}/decline", {"note": note}, **options)


async def claim(api: ApiHarness, post: dict[str, Any]) -> ClaimResult:
    """What the worker gets that would publish the post now."""
    store = AttemptStore(api.services.database, api.services.keyring)
    [publication] = post["publications"]
    taken = await store.claim(
        post["id"], publication["id"], epoch=0, holder="w", now=api.clock.now(), period=lambda _: timedelta(minutes=1)
    )
    assert taken is not None
    return taken


async def look(api: ApiHarness, post: dict[str, Any]) -> dict[str, Any]:
    """The post after its workflow has read it."""
    await ScheduleStore(api.services.database, api.services.keyring).look(post["id"], api.clock.now())
    return await api.read_content(post["id"])


async def test_a_proposed_post_is_accepted_and_never_published_unapproved(api: ApiHarness) -> None:
    post = await propose(api, scheduledAt=later(hours=1))
    [publication] = post["publications"]
    assert (post["status"], post["approval"]["status"], post["approval"]["version"]) == ("accepted", "requested", 1)
    assert publication["hold"] == {"reason": "APPROVAL", "since": post["createdAt"], "until": None}
    assert await api.event_types(post["id"]) == [
        "content.accepted", "content.approval.requested", "content.publish.held",
    ]  # fmt: skip
    api.clock.ahead = timedelta(hours=2)
    taken = await claim(api, post)
    assert (taken.found, taken.attempt, taken.step.status) == (None, None, S.QUEUED)
    assert (await look(api, post))["status"] == "queued"


async def test_an_approval_is_for_the_version_that_was_read(api: ApiHarness) -> None:
    post = await propose(api)
    path = f"/v1/contents/{post['id']}/approve"
    expect_problem(await api.post(path), 428, "IF_MATCH_REQUIRED")
    expect_problem(await api.post(path, if_match="*"), 428, "IF_MATCH_REQUIRED")
    edited = (await api.edit(post["id"], {"text": "other words"})).json()
    assert (edited["approval"]["status"], edited["approval"]["version"]) == ("requested", 2)
    expect_problem(await approve(api, post, 1), 412, "STALE")
    approver = await api.key(APPROVE)
    answers = [await approve(api, post, 2, body={"note": "fine"}, key=approver) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    granted, repeated = (answer.json() for answer in answers)
    assert granted == repeated
    by = await api.key_id(approver)
    assert granted["approval"] == {
        "status": "granted", "version": 2, "by": by, "note": "fine", "at": granted["approval"]["at"],
    }  # fmt: skip
    assert granted["publications"][0]["hold"] is None
    assert (await api.event_types(post["id"])).count("content.approval.granted") == 1
    assert (await actions(api, post["id"]))[0] == "content.approved"


async def test_what_was_approved_is_claimed_and_an_edit_takes_that_back(api: ApiHarness) -> None:
    post = await propose(api, scheduledAt=later(hours=1))
    await approve(api, post)
    for changed in ({"text": "other words"}, {"metadata": {"a": "b"}}):
        version = (await api.read_content(post["id"]))["version"]
        await approve(api, post, version)
        edited = (await api.edit(post["id"], changed, f'"{version}"')).json()
        assert edited["approval"]["status"] == "requested"
        api.clock.ahead = timedelta(hours=2)
        assert (await claim(api, post)).attempt is None
        api.clock.ahead = timedelta(0)
    await approve(api, post, edited["version"])
    api.clock.ahead = timedelta(hours=1)
    assert isinstance((await claim(api, post)).attempt, Attempt)
    expect_problem(await decline(api, post), 409, "TOO_LATE")


@pytest.mark.parametrize("action", ["reschedule", "publish-now"])
async def test_another_time_needs_another_approval_unless_an_approver_sets_it(api: ApiHarness, action: str) -> None:
    post = await propose(api, scheduledAt=later(hours=1))
    await approve(api, post)
    body = {"scheduledAt": later(hours=3)} if action == "reschedule" else None
    kept = (await api.change(post["id"], action, body)).json()  # an administrator may approve
    assert (kept["approval"]["status"], kept["approval"]["version"]) == ("granted", kept["version"])
    writer = await api.key(Scope.CONTENTS_WRITE)
    moved = await api.post(f"/v1/contents/{post['id']}/{action}", body, key=writer)
    assert (moved.json()["approval"]["status"], moved.json()["publications"][0]["hold"]["reason"]) == (
        "requested", "APPROVAL",
    )  # fmt: skip
    api.clock.ahead = timedelta(hours=4)
    assert (await claim(api, post)).attempt is None


async def test_a_declined_post_says_why_and_waits_for_an_edit(api: ApiHarness) -> None:
    post = await propose(api)
    expect_errors(await api.post(f"/v1/contents/{post['id']}/decline", {}), ("/note", "MISSING_FIELD"))
    expect_problem(await decline(api, post, if_match='"7"'), 412, "STALE")
    answers = [await decline(api, post) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    declined = answers[1].json()
    assert (declined["approval"]["status"], declined["approval"]["note"]) == ("declined", "too early")
    assert declined["publications"][0]["hold"]["reason"] == "APPROVAL"
    assert (await api.event_types(post["id"])).count("content.approval.declined") == 1
    edited = (await api.edit(post["id"], {"text": "later"})).json()
    assert (edited["approval"]["status"], edited["approval"]["note"]) == ("requested", None)


async def test_unapproved_at_publish_by_it_fails_and_a_retry_asks_again(api: ApiHarness) -> None:
    post = await propose(api, scheduledAt=later(hours=1), publishBy=later(hours=2))
    await decline(api, post, "wrong picture")
    api.clock.ahead = timedelta(hours=2)
    expect_problem(await approve(api, post), 409, "TOO_LATE")
    failed = await look(api, post)
    failure = failed["publications"][0]["failure"]
    assert (failed["status"], failure["reason"]) == ("failed", "APPROVAL_MISSING")
    assert "wrong picture" in failure["message"]
    assert await api.read_list("/v1/contents?proposed=declined") == []
    retried = (await api.change(post["id"], "retry")).json()
    assert (retried["approval"]["status"], retried["publications"][0]["hold"]["reason"]) == ("requested", "APPROVAL")
    assert (await claim(api, post)).attempt is None
    assert (await approve(api, post, retried["version"])).status_code == 200
    assert isinstance((await claim(api, post)).attempt, Attempt)


async def test_approved_after_its_time_it_is_due_at_once_with_its_whole_window(api: ApiHarness) -> None:
    post = await propose(api, scheduledAt=...)
    assert post["publishBy"] == _wire(timedelta(days=7)), "a post without a time waits longer for an approval"
    api.clock.ahead = timedelta(days=3)
    granted = (await approve(api, post)).json()
    assert (granted["scheduledAt"], granted["publications"][0]["scheduledAt"]) == (
        post["scheduledAt"], _wire(timedelta(days=3)),
    )  # fmt: skip
    assert granted["publishBy"] == _wire(timedelta(days=4))
    assert isinstance((await claim(api, post)).attempt, Attempt), "it is not late, so the network is not searched first"


async def test_an_explicit_end_of_the_window_stays(api: ApiHarness) -> None:
    post = await propose(api, scheduledAt=later(hours=1), publishBy=later(hours=2))
    api.clock.ahead = timedelta(minutes=90)
    assert (await approve(api, post)).json()["publishBy"] == post["publishBy"]


async def test_a_brand_may_want_an_approval_of_everything_or_of_nothing(api: ApiHarness) -> None:
    before = await api.submit(text="before")
    assert before["approval"] is None
    expect_problem(await approve(api, before), 409, "NO_APPROVAL_ASKED")
    await api.patch("/v1/brands/acme", {"approval": "always"})
    held = await api.try_submit(idempotency_key="k")
    assert held.json()["approval"]["status"] == "requested"
    assert (await api.try_submit(idempotency_key="k")).content == held.content
    edited = (await api.edit(before["id"], {"text": "after"})).json()
    assert edited["approval"]["status"] == "requested", "words that nobody approved"
    await api.patch("/v1/brands/acme", {"approval": "never"})
    assert (await api.submit(text="free"))["approval"] is None
    refused = await api.try_submit(key=await api.key(PROPOSE))
    expect_errors(refused, ("/brandRef", "NO_PROPOSALS"))
    assert not (await api.validate(key=await api.key(PROPOSE)))["valid"]
    assert (await api.validate(key=await api.key(Scope.DRAFTS_WRITE)))["valid"]
    assert (await api.patch("/v1/brands/acme", {"approval": None})).json()["approval"] == "proposals"


async def test_who_may_only_propose_changes_proposals_and_nothing_else(api: ApiHarness) -> None:
    key, other, own = await api.key(PROPOSE), await api.submit(text="not proposed"), await propose(api)
    for path in (f"/v1/contents/{other['id']}", f"/v1/contents/{own['id']}"):
        answers = [
            await api.patch(path, {"text": "x"}, if_match='"1"', key=key),
            await api.post(f"{path}/reschedule", {"scheduledAt": later(days=1)}, key=key),
            await api.post(f"{path}/cancel", key=key),
        ]
        expected = [403] * 3 if other["id"] in path else [200] * 3
        assert [answer.status_code for answer in answers] == expected, path
        for action in ("publish-now", "retry", "withdraw"):
            expect_problem(await api.post(f"{path}/{action}", key=key), 403, "SCOPE_MISSING")
    writer = await api.key(Scope.CONTENTS_WRITE, Scope.CONTENTS_READ)
    again = await propose(api, text="again")
    for answer in (await approve(api, again, key=writer), await decline(api, again, key=writer)):
        expect_problem(answer, 403, "SCOPE_MISSING")


async def test_a_submitted_draft_of_a_proposer_waits_too(api: ApiHarness) -> None:
    key = await api.key(PROPOSE)
    draft = await api.create("/v1/drafts", api.body(), key=key)
    post = (await api.post(f"/v1/drafts/{draft['id']}/submit", key=key)).json()
    assert post["approval"]["status"] == "requested"


async def test_proposals_are_listed_until_they_end(api: ApiHarness) -> None:
    posts = [await propose(api, text=f"post {number}") for number in range(4)]
    await decline(api, posts[1])
    await approve(api, posts[2])
    await api.change(posts[3]["id"], "cancel")

    async def listed(query: str) -> list[str]:
        return [post["id"] for post in await api.read_list(f"/v1/contents?{query}")]

    assert await listed("proposed=requested") == [posts[0]["id"]]
    await look(api, posts[0])
    assert await listed("held=true") == [], "waits for a person, not for an account or a network"
    assert await listed("proposed=requested&proposed=declined&brandRef=acme") == [posts[1]["id"], posts[0]["id"]]
    assert await listed("proposed=declined&brandRef=acme&status=canceled") == []


async def test_of_an_approval_and_an_edit_of_one_version_the_edit_is_never_published(api: ApiHarness) -> None:
    for number in range(6):
        post = await propose(api, scheduledAt=..., text=f"post {number}")
        answers = await asyncio.gather(approve(api, post), api.edit(post["id"], {"text": "not approved"}))
        now = await api.read_content(post["id"])
        assert [answer.status_code for answer in answers] in ([200, 200], [412, 200]), "an approval changes no version"
        assert now["approval"]["status"] == "requested"
        assert (await claim(api, post)).attempt is None


def _wire(ahead: timedelta) -> str:
    return later(seconds=ahead.total_seconds()).replace("+00:00", "Z")


async def test_no_other_route_publishes_what_a_proposer_sends(api: ApiHarness) -> None:
    key, sent = await api.key(PROPOSE, Scope.CONTENTS_READ), api.body(text="in a batch")
    [batched] = (await api.post("/v1/contents/batch", {"contents": [sent]}, key=key)).json()["results"]
    approved, failed = (
        await propose(api, text="approved"),
        await propose(api, text="failed", scheduledAt=later(minutes=30), publishBy=later(hours=1)),
    )
    await approve(api, approved)
    edited = await api.patch(f"/v1/contents/{approved['id']}", {"text": "other"}, if_match='"1"', key=key)
    assert edited.json()["approval"]["status"] == "requested"
    async with api.dashboard(key) as dashboard:
        asked = await dashboard.client.post(f"/v1/contents/{approved['id']}/publish-now")
        assert asked.status_code == 403
    for post in (batched["content"], approved):
        assert (await claim(api, post)).attempt is None
    api.clock.ahead = timedelta(hours=2)
    ended = await look(api, failed)
    failure = ended["publications"][0]["failure"]
    assert (ended["status"], failure["reason"]) == ("failed", "APPROVAL_MISSING")
    assert "approve" in failure["remedy"]
    expect_problem(await api.post(f"/v1/contents/{failed['id']}/retry", key=key), 403, "SCOPE_MISSING")
    writer = await api.key(Scope.CONTENTS_WRITE)
    assert (await api.post(f"/v1/contents/{failed['id']}/retry", key=writer)).status_code == 202
    assert (await claim(api, failed)).attempt is None, "a retry asks for the approval again"
