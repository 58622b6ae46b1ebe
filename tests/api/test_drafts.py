"""A draft keeps an unfinished post: never refused for what is missing, and submitted once at most."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from munadi.db.contents import saved_drafts
from munadi.db.contents.saved_drafts import REMEMBERED, forget_submitted_drafts
from munadi.db.tables import ContentRow, SavedDraftRow
from munadi.domain.key import Scope
from tests.api.harness import ApiHarness
from tests.api.problems import expect_errors, expect_problem
from tests.api.test_audit import actions

pytestmark = pytest.mark.each_database
KEY = "submit-1"


async def save(api: ApiHarness, **content: Any) -> dict[str, Any]:
    return await api.create("/v1/drafts", {"brandRef": "acme", **content})


async def submit(api: ApiHarness, draft: dict[str, Any], **options: Any) -> Any:
    return await api.post(f"/v1/drafts/{draft['id']}/submit", **options)


def codes(draft: dict[str, Any]) -> list[tuple[str, str]]:
    return [(problem["pointer"], problem["code"]) for problem in draft["problems"]]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({}, ("/channels", "MISSING_FIELD")),
        ({"text": 5, "channels": ["bluesky"]}, ("/text", "INVALID_FIELD")),
        ({"nosuch": True, "channels": ["bluesky"], "text": "x"}, ("/nosuch", "UNKNOWN_FIELD")),
        ({"channels": ["bluesky"], "text": "x" * 301}, ("/text", "TEXT_TOO_LONG")),
        (
            {"channels": ["bluesky"], "text": "x", "scheduledAt": "2020-01-01T00:00:00Z"},
            ("/scheduledAt", "TIME_IN_PAST"),
        ),
        ({"channels": ["myspace"], "text": "x"}, ("/channels/0/channel", "CHANNEL_UNKNOWN")),
    ],
)
async def test_what_is_missing_or_wrong_is_listed_and_kept(
    api: ApiHarness, content: dict[str, Any], expected: tuple[str, str]
) -> None:
    draft = await save(api, **content)
    assert draft["valid"] is False
    assert expected in codes(draft), draft["problems"]
    assert draft["content"] == {"brandRef": "acme", **content}
    assert await api.read(f"/v1/drafts/{draft['id']}") == draft
    refusal = await submit(api, draft)
    expect_problem(refusal, 422, "INVALID_REQUEST")
    assert codes({"problems": refusal.json()["errors"]}) == codes(draft), "submitting finds the same problems"
    assert await api.count() == 0


async def test_only_the_brand_is_refused(api: ApiHarness) -> None:
    expect_errors(await api.post("/v1/drafts", {"text": "x"}), ("/brandRef", "MISSING_FIELD"))
    expect_errors(await api.post("/v1/drafts", {"brandRef": "nobody"}), ("/brandRef", "BRAND_UNKNOWN"))
    expect_errors(await api.post("/v1/drafts", {"brandRef": 7}), ("/brandRef", "INVALID_FIELD"))
    own = await api.key(Scope.CONTENTS_WRITE, brand_ref="rival")
    made = await api.create("/v1/drafts", {"text": "x"}, key=own)
    assert (made["brandRef"], made["content"]["brandRef"]) == ("rival", "rival")
    assert await api.read_list("/v1/drafts", params={"brandRef": "acme"}) == []


async def test_a_draft_is_finished_submitted_and_ends(api: ApiHarness) -> None:
    draft = await save(api, text="Monsoon", clientRef="cms-1", link="https://acme.example/")
    path = f"/v1/drafts/{draft['id']}"
    answer = await api.patch(path, {"channels": ["bluesky"], "link": None}, if_match='"1"')
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    changed = answer.json()
    assert (changed["valid"], changed["problems"], changed["version"]) == (True, [], 2)
    assert changed["content"] == {
        "brandRef": "acme", "text": "Monsoon", "clientRef": "cms-1", "channels": ["bluesky"],
    }  # fmt: skip
    accepted = await submit(api, draft, if_match='"2"')
    assert accepted.status_code == 202, accepted.text
    content = accepted.json()
    assert accepted.headers["location"] == f"/v1/contents/{content['id']}"
    assert (content["text"], content["clientRef"], content["status"]) == ("Monsoon", "cms-1", "accepted")
    assert (await api.read_content(content["id"]))["text"] == "Monsoon"
    assert await api.read_list("/v1/drafts") == []
    expect_problem(await api.get(path), 404, "NOT_FOUND")
    for refused in (await submit(api, draft), await api.patch(path, {}, if_match='"3"'), await api.delete(path)):
        expect_problem(refused, 409, "DRAFT_SUBMITTED")
        assert content["id"] in refused.json()["detail"]
    assert await actions(api, draft["id"]) == ["draft.submitted", "draft.updated", "draft.created"]
    assert await actions(api, content["id"]) == ["content.created"]
    async with api.services.database.read() as session:
        row = await session.get(SavedDraftRow, draft["id"])
    assert row is not None
    assert row.content == {}, "the text is in the post alone"


async def test_submits_at_the_same_time_make_one_post(api: ApiHarness) -> None:
    draft = await save(api, text="Once", channels=["bluesky"])
    answers = await asyncio.gather(*(submit(api, draft) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409, 409, 409]
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"DRAFT_SUBMITTED"}
    assert await api.count() == 1


async def test_a_repeated_submit_gets_the_first_answer(api: ApiHarness) -> None:
    draft = await save(api, text="Once", channels=["bluesky"])
    first = await submit(api, draft, idempotency_key=KEY)
    again = await submit(api, draft, idempotency_key=KEY)
    assert (again.status_code, again.content) == (202, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    expect_problem(await submit(api, draft, idempotency_key="other"), 409, "DRAFT_SUBMITTED")
    assert await api.count() == 1
    created = [await api.post("/v1/drafts", {"brandRef": "acme"}, idempotency_key="c") for _ in range(2)]
    assert created[0].content == created[1].content
    assert len(await api.read_list("/v1/drafts")) == 1


async def test_what_was_changed_meanwhile_is_not_submitted(api: ApiHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash or a refusal in the transaction leaves both: no post, and a draft that can be submitted."""
    draft = await save(api, text="Before", channels=["bluesky"])
    path, ending = f"/v1/drafts/{draft['id']}", saved_drafts.submit_draft

    async def change_first(*args: Any) -> bool:
        args[1].version -= 1  # as if it had been read before another person's change
        return await ending(*args)

    with monkeypatch.context() as patched:
        patched.setattr(saved_drafts, "submit_draft", change_first)
        expect_problem(await submit(api, draft), 409, "DRAFT_CHANGED")
    assert (await api.count(), await actions(api, draft["id"])) == (0, ["draft.created"])
    assert (await api.patch(path, {"text": "After"}, if_match='"1"')).status_code == 200
    assert (await submit(api, draft)).json()["text"] == "After"


async def test_a_change_names_the_version_that_it_is_based_on(api: ApiHarness) -> None:
    draft = await save(api, text="x")
    path = f"/v1/drafts/{draft['id']}"
    expect_problem(await api.patch(path, {"text": "y"}), 428, "IF_MATCH_REQUIRED")
    answers = await asyncio.gather(*(api.patch(path, {"text": f"y{n}"}, if_match='"1"') for n in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
    assert (await api.get(path)).headers["etag"] == '"2"'
    expect_problem(await submit(api, draft, if_match='"1"'), 412, "STALE")
    expect_problem(await api.delete(path, if_match='"1"'), 412, "STALE")
    expect_errors(await api.patch(path, {"brandRef": "rival"}, if_match='"2"'), ("/brandRef", "BRAND_FIXED"))
    assert (await api.delete(path)).status_code == 204
    expect_problem(await api.get(path), 404, "NOT_FOUND")
    expect_problem(await submit(api, draft), 404, "NOT_FOUND")


async def test_a_quota_refuses_a_draft_as_it_refuses_a_post(api: ApiHarness) -> None:
    await api.limit(publicationsPerMonth=0)
    draft = await save(api, text="x", channels=["bluesky"])
    assert [code for _, code in codes(draft)] == ["QUOTA_EXCEEDED"]
    expect_problem(await submit(api, draft), 429, "QUOTA_EXCEEDED")
    await api.limit(publicationsPerMonth=1)
    assert (await submit(api, draft)).status_code == 202


async def test_the_list_has_pages_the_newest_first(api: ApiHarness) -> None:
    made = [await save(api, text=str(number)) for number in range(3)]
    first = await api.read("/v1/drafts", params={"limit": 2, "brandRef": "acme"})
    rest = await api.read("/v1/drafts", params={"limit": 2, "brandRef": "acme", "cursor": first["nextCursor"]})
    assert [each["id"] for each in first["data"] + rest["data"]] == [each["id"] for each in reversed(made)]
    assert rest["nextCursor"] is None


async def test_submitted_drafts_are_forgotten_after_a_while(api: ApiHarness) -> None:
    draft, stays = await save(api, text="x", channels=["bluesky"]), await save(api, text="y")
    await submit(api, draft)
    now, database = api.clock.now(), api.services.database
    assert await forget_submitted_drafts(database, now + REMEMBERED) == 0
    assert await forget_submitted_drafts(database, now + REMEMBERED + timedelta(seconds=1)) == 1
    assert (await api.count(SavedDraftRow), await api.count(ContentRow)) == (1, 1)
    expect_problem(await submit(api, draft), 404, "NOT_FOUND")
    assert [each["id"] for each in await api.read_list("/v1/drafts")] == [stays["id"]]


async def test_changes_do_not_make_a_draft_larger_than_a_request(api: ApiHarness) -> None:
    draft = await save(api, first="x" * 600_000)
    path = f"/v1/drafts/{draft['id']}"
    refusal = await api.patch(path, {"second": "x" * 600_000}, if_match="*")
    expect_errors(refusal, ("", "INVALID_FIELD"))
    assert "1000000" in refusal.json()["errors"][0]["message"]
    assert (await api.patch(path, {"first": None, "second": [0] * 6_000}, if_match="*")).status_code == 200
    expect_errors(await api.patch(path, {"third": [0] * 6_000}, if_match="*"), ("", "INVALID_FIELD"))
    assert (await api.read(path))["content"].keys() == {"brandRef", "second"}


async def test_a_page_of_long_drafts_ends_early(api: ApiHarness) -> None:
    made = [(await save(api, text="x" * 900_000))["id"] for _ in range(5)]
    seen: list[str] = []
    cursor = ""
    while True:
        page = await api.read(f"/v1/drafts?limit=5{cursor}")
        assert len(page["data"]) <= 2
        seen += [draft["id"] for draft in page["data"]]
        if page["nextCursor"] is None:
            break
        cursor = f"&cursor={page['nextCursor']}"
    assert seen == made[::-1]
