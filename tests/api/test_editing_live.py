"""Editing live posts: what is asked for, by whom, and what is refused before anything is done."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.edits import EditRule, EditStatus, PostEdit
from munadi.domain.failure import Reason
from munadi.domain.key import Scope
from munadi.domain.live_edit import Edited, LiveEdit, Stop
from munadi.domain.publication import PublicationStatus
from munadi.domain.reasons import failure_of
from munadi.publishing import live_editing
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.problems import expect_errors, expect_problem
from tests.api.test_dashboard_posts import expect_words
from tests.api.test_withdrawing import live
from tests.db.seeding import START

pytestmark = [pytest.mark.each_database, pytest.mark.usefixtures("editable")]
S = PublicationStatus


def allow(api: ApiHarness, rule: EditRule, **facts: Any) -> None:
    channel = api.services.channels["bluesky"]
    channel.spec = channel.spec.model_copy(update={"live_edit": (rule,), **facts})


def path_of(content: dict[str, Any]) -> str:
    return f"/v1/publications/{content['publications'][0]['id']}/edit"


async def edit(api: ApiHarness, content: dict[str, Any], **fields: Any) -> Any:
    return await api.post(path_of(content), fields)


async def test_an_edit_is_asked_for_and_shown_and_the_workflow_is_woken(api: ApiHarness) -> None:
    content = await live(api)
    answer = await edit(api, content, text="Corrected")
    assert answer.status_code == 202
    [found] = answer.json()["edits"]
    assert (found["version"], found["status"], found["text"], found["failure"]) == (2, "editing", "Corrected", None)
    async with api.locked(content["id"]) as post:
        assert post.content.wake_seq > post.content.wake_ack
        assert post.publications[0].edit_at is not None
    again = await edit(api, content, text="Corrected")
    assert (again.status_code, again.json()["edits"]) == (202, [found]), "a repetition changes nothing"
    expect_problem(await edit(api, content, text="Another"), 409, "STILL_EDITING")


async def test_one_of_many_at_once_asks(api: ApiHarness) -> None:
    content = await live(api)
    answers = await asyncio.gather(*(edit(api, content, text="Corrected") for _ in range(6)))
    assert {answer.status_code for answer in answers} == {202}
    assert (await api.read_content(content["id"]))["version"] == content["version"] + 1


async def test_what_it_says_already_is_not_asked_for(api: ApiHarness) -> None:
    content = await live(api, text="As it is")
    answer = await edit(api, content, text="As it is")
    assert (answer.status_code, answer.json()["edits"]) == (202, [])


@pytest.mark.parametrize("states", [(), (S.QUEUED,), (S.QUEUED, S.PUBLISHING)])
async def test_what_is_not_live_is_refused(api: ApiHarness, states: tuple[S, ...]) -> None:
    made = await api.submit()
    await api.move(made["id"], *states)
    expect_problem(await edit(api, made, text="Corrected"), 409, "NOT_LIVE")
    assert (await api.read_content(made["id"]))["publications"][0]["edits"] == []


async def test_what_is_being_published_or_withdrawn_is_refused(api: ApiHarness) -> None:
    content = await live(api)
    async with api.locked(content["id"]) as post:
        post.publications[0].steps_left = ["comment"]
    expect_problem(await edit(api, content, text="Corrected"), 409, "STILL_PUBLISHING")
    async with api.locked(content["id"]) as post:
        post.publications[0].steps_left = []
    assert (await api.post(path_of(content).replace("/edit", "/withdraw"))).status_code == 202
    expect_problem(await edit(api, content, text="Corrected"), 409, "BEING_WITHDRAWN")


async def test_a_withdrawal_ends_an_edit_that_is_under_way(api: ApiHarness) -> None:
    content = await live(api)
    await edit(api, content, text="Corrected")
    answer = await api.post(path_of(content).replace("/edit", "/withdraw"))
    assert (answer.status_code, answer.json()["edits"][0]["status"]) == (202, "refused")


async def test_a_text_over_the_limit_is_the_problem_of_acceptance(api: ApiHarness) -> None:
    content, text = await live(api), "x" * 301
    problem = expect_problem(await edit(api, content, text=text), 422)
    [found] = [one for one in problem["errors"] if one["code"] == "TEXT_TOO_LONG"]
    sent = {"brandRef": "acme", "text": text, "channels": ["bluesky"]}
    accepted = expect_problem(await api.post("/v1/contents", sent), 422)
    assert found in accepted["errors"]
    assert (await api.read_content(content["id"]))["publications"][0]["edits"] == []


@pytest.mark.parametrize("fields", [{"title": "A title"}, {"options": {"langs": ["hi"]}}, {"description": "A text"}])
async def test_a_field_that_cannot_be_edited_is_named_with_the_address(api: ApiHarness, fields: dict[str, Any]) -> None:
    problem = expect_problem(await edit(api, await live(api), **fields), 422, "EDIT_NOT_SUPPORTED")
    assert problem["permalink"] == "https://bsky.app/1"
    assert next(iter(fields)) in problem["detail"]
    [error] = problem["errors"]
    pointer = "/options/langs" if "options" in fields else f"/{next(iter(fields))}"
    assert (error["pointer"], error["limit"], error["channel"]) == (pointer, "text", "bluesky")


async def test_a_link_and_alt_texts_are_edited_where_the_network_lets_an_app(api: ApiHarness) -> None:
    channel = api.services.channels["bluesky"]
    rule = EditRule(fields=("text", "link", "altTexts"))
    channel.spec = channel.spec.model_copy(update={"live_edit": (rule,), "link_with_media": None})
    media = [{"url": api.site.url("/a.jpg"), "alt": "Umbrella"}]
    content = await live(api, text="Sale", link="https://acme.example/a", media=media)
    refused = expect_problem(await edit(api, content, altTexts=["One", "Two"]), 422)
    assert [(one["pointer"], one["limit"], one["actual"]) for one in refused["errors"]] == [("/altTexts", 1, 2)]
    refused = expect_problem(await edit(api, content, altTexts=["x" * 2001]), 422)
    assert [one["pointer"] for one in refused["errors"]] == ["/altTexts/0"]
    refused = expect_problem(await edit(api, content, link="not an address"), 422)
    assert [one["pointer"] for one in refused["errors"]] == ["/link"]
    changes = {"link": "https://acme.example/b", "altTexts": ["Red"]}
    [shown] = (await edit(api, content, **changes)).json()["edits"]
    assert (shown["text"], shown["link"], shown["altTexts"]) == ("Sale", changes["link"], ["Red"])
    again = await edit(api, content, **changes)
    assert again.json()["edits"] == [shown], "a repetition changes nothing"
    async with api.locked(content["id"]) as post:
        [row] = post.publications
        [known] = live_editing.edits_of(row)
        version = live_editing.version_of(post, row, known)
        live_editing.keep(
            row, known.model_copy(update={"shown": known.shown.model_copy(update={"status": EditStatus.EDITED})})
        )
    assert [(one.link, one.media[0].alt) for one in (version.new, *version.old)] == [
        ("https://acme.example/b", "Red"),
        ("https://acme.example/a", "Umbrella"),
    ]
    [_, shown] = (await edit(api, content, link="", altTexts=[""])).json()["edits"]
    assert (shown["text"], shown["link"], shown["altTexts"]) == ("Sale", None, [""]), "an empty one removes it"


async def test_it_is_too_late_after_the_networks_time(api: ApiHarness) -> None:
    content = await live(api)
    async with api.locked(content["id"]) as post:
        post.publications[0].published_at = post.now - timedelta(hours=1)
    problem = expect_problem(await edit(api, content, text="Corrected"), 422, "EDIT_NOT_SUPPORTED")
    assert "after 60 minutes" in problem["detail"]


async def test_a_network_without_a_way_is_refused_with_what_to_do(api: ApiHarness) -> None:
    content = await live(api)
    channel = api.services.channels["bluesky"]
    channel.spec = channel.spec.model_copy(update={"live_edit": (EditRule(because="Withdraw it."),)})
    problem = expect_problem(await edit(api, content, text="Corrected"), 422, "EDIT_NOT_SUPPORTED")
    assert (problem["permalink"], "Withdraw it." in problem["detail"]) == ("https://bsky.app/1", True)


@pytest.mark.parametrize("fields", [{}, {"text": None, "options": {}}])
async def test_an_edit_that_says_nothing_is_refused(api: ApiHarness, fields: dict[str, Any]) -> None:
    problem = expect_problem(await edit(api, await live(api), **fields), 422)
    assert problem["errors"][0]["code"] == "MISSING_FIELD"


async def test_an_option_has_one_name(api: ApiHarness) -> None:
    await api.add_account(ChannelName.MASTODON)
    options = {"content_warning": "Rain"}
    content = await live(api, channels=[{"channel": "mastodon", "options": options}])
    same = await edit(api, content, options={"contentWarning": "Rain"})
    assert (same.status_code, same.json()["edits"]) == (202, []), "it says so already"
    both = {"content_warning": "Sun", "contentWarning": "Snow"}
    assert [each["pointer"] for each in expect_errors(await edit(api, content, options=both))] == ["/options"]
    refused = expect_problem(await edit(api, content, options={"quote_policy": "nobody"}), 422, "EDIT_NOT_SUPPORTED")
    assert [each["pointer"] for each in refused["errors"]] == ["/options/quote_policy"]
    assert (await edit(api, content, options={"content_warning": "Sun"})).status_code == 202
    async with api.locked(content["id"]) as post:
        [found] = live_editing.edits_of(post.publications[0])
    assert found.options == {"contentWarning": "Sun"}


async def test_a_key_is_for_one_edit(api: ApiHarness) -> None:
    content, key = await live(api), {"Idempotency-Key": "correct-1"}
    for _ in range(2):
        assert (await api.post(path_of(content), {"text": "Corrected"}, headers=key)).status_code == 202
    expect_problem(await api.post(path_of(content), {"text": "Other"}, headers=key), 422, "IDEMPOTENCY_KEY_REUSED")
    [shown] = (await api.read_content(content["id"]))["publications"][0]["edits"]
    assert shown["text"] == "Corrected"


async def test_it_needs_the_permission_to_write(api: ApiHarness) -> None:
    content = await live(api)
    weak = await api.key(Scope.CONTENTS_READ, Scope.CONTENTS_WITHDRAW)
    expect_problem(await api.post(path_of(content), {"text": "Corrected"}, key=weak), 403)
    strong = await api.key(Scope.CONTENTS_READ, Scope.CONTENTS_WRITE)
    assert (await api.post(path_of(content), {"text": "Corrected"}, key=strong)).status_code == 202


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (None, ["Edit at the network"]),
        ("editing", ["Version 2: being edited.", "Corrected"]),
        ("edited", ["Version 2: edited at the network.", "Corrected"]),
        ("refused", ["Version 2: not edited.", "EDIT_CONFLICT"]),
        ("unconfirmed", ["keep reading", "Corrected"]),
    ],
)
async def test_the_page_of_a_post_shows_its_versions(
    api: ApiHarness, dashboard: DashboardBrowser, status: str | None, words: list[str]
) -> None:
    content = await live(api)
    if status is not None:
        failure = failure_of(Reason.EDIT_CONFLICT) if status in ("refused", "unconfirmed") else None
        shown = PostEdit(version=2, at=START, status=EditStatus(status), text="Corrected", failure=failure)
        async with api.locked(content["id"]) as post:
            live_editing.keep(post.publications[0], LiveEdit(shown=shown))
    page = await dashboard.page(f"/contents/{content['id']}")
    assert faults(page) == []
    expect_words(page, *words)
    assert path_of(content) in page
    async with api.dashboard(await api.key(Scope.CONTENTS_READ)) as reader:
        assert path_of(content) not in await reader.page(f"/contents/{content['id']}")


@pytest.mark.parametrize("result", [Stop.CHANGED, timedelta(minutes=1)], ids=["refused", "unconfirmed"])
async def test_an_edit_that_was_not_made_needs_a_person_until_it_is_dismissed(
    api: ApiHarness, dashboard: DashboardBrowser, result: Stop | timedelta
) -> None:
    content = await live(api)
    dismiss = path_of(content).replace("/edit", "/dismiss")
    expect_problem(await api.post(dismiss), 409, "NOT_FAILED")
    assert (await edit(api, content, text="Corrected")).status_code == 202
    assert "all caught up" in await dashboard.page("/attention")
    await settled(api, content, result)
    page = await dashboard.page("/attention")
    assert faults(page) == []
    expect_words(page, "Not edited", "Open on Bluesky", "Edit it again", "EDIT_", "Dismiss")
    assert (await api.post(dismiss)).status_code == 200
    assert "Not edited" not in await dashboard.page("/attention")
    assert (await edit(api, content, text="Corrected again")).status_code == 202
    assert (await api.read_content(content["id"]))["publications"][0]["dismissal"] is None
    await settled(api, content, result)
    assert "Not edited" in await dashboard.page("/attention"), "a new one needs attention again"
    await settled(api, content, Edited("look"))
    assert "all caught up" in await dashboard.page("/attention")


async def settled(api: ApiHarness, content: dict[str, Any], result: Edited | Stop | timedelta) -> None:
    """The last edit after a read, four minutes after it was asked for."""
    async with api.locked(content["id"]) as post:
        [row] = post.publications
        post.now += timedelta(minutes=4)
        await live_editing.settle(post, row, live_editing.edits_of(row)[-1], result, None)
